//! Verbs as officers type them: an office and a liaison body with daemons and verbs as real processes, and the real hub between them.

use std::{fs, path::PathBuf, process::Output};

use meldeverbund_certs::authority::Order;
use meldeverbund_hub::store::LedgerKeyRow;
use meldeverbund_proto::v1::AgencyKind;
use serde_json::Value;

use crate::{
    binary::{Daemon, program, text},
    harness::{CASE, links},
    officers::token,
    real::{Federation, identity, now},
};

pub(crate) const EUROPOL: &str = "eu-europol";
const OFFICE: &str = "de-nw-lka";

/// A house whose verbs are called: its folder, and the token of whoever calls.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) folder: PathBuf,
    pub(crate) token: Option<String>,
}

/// An office with three links of a case, a liaison body that asked about them, and their daemons.
pub(crate) struct Scene {
    pub(crate) federation: Federation,
    pub(crate) owner: House,
    pub(crate) body: House,
    daemons: Vec<Daemon>,
}

impl House {
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = program();
        command.current_dir(&self.folder).args(arguments);
        if let Some(token) = &self.token {
            command.env("MELDEVERBUND_TOKEN", token);
        }
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    /// What a verb that must succeed shows.
    pub(crate) async fn shown(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The objects of such a verb.
    pub(crate) async fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        let shown = self.shown(&[arguments, &["--json"]].concat()).await;
        shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) async fn object(&self, arguments: &[&str]) -> Value {
        let [object] = self.objects(arguments).await.try_into().unwrap();
        object
    }

    /// A verb is refused: with this exit code, and words that say what is wrong.
    pub(crate) async fn refused(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let output = self.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {word} is not in: {said}");
        }
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let federation = Federation::start().await;
        let owner = House { folder: house(&federation, OFFICE, AgencyKind::StateOffice).await, token: None };
        let body = house(&federation, EUROPOL, AgencyKind::Liaison).await;
        let body = House { folder: body, token: Some(token(EUROPOL)) };
        let daemons = [&owner, &body].map(|house| {
            let folder = house.folder.clone();
            tokio::task::spawn_blocking(move || Daemon::start(&folder))
        });
        let mut started = Vec::new();
        for daemon in daemons {
            started.push(daemon.await.unwrap());
        }
        fs::write(owner.folder.join("list.txt"), links(3).join("\n")).unwrap();
        owner.shown(&["case", "open", CASE]).await;
        owner.shown(&["refer", "list.txt", "--case", CASE]).await;
        let why = ["--purpose", "investigation", "--case", "EP/7/26"];
        let [one, two] = &links(2)[..] else { panic!() };
        let asked = body.objects(&[&["query", one, two, "https://nobody.example/"], &why[..]].concat()).await;
        let answers: Vec<&str> = asked.iter().map(|row| row["answer"].as_str().unwrap()).collect();
        assert_eq!(answers, ["hit", "hit", "no_hit"]);
        Self { federation, owner, body, daemons: started }
    }

    /// Asks for details of a row; answers the disclosure's id.
    pub(crate) async fn request(&self, row: &str, reason: &str) -> String {
        let fields = ["--field", "case-number", "--field", "officer"];
        let request = [&["disclosure", "request", "1", row, "--reason", reason], &fields[..]].concat();
        let said = self.body.object(&request).await;
        assert_eq!(said["asked"]["agency"], OFFICE, "{said}");
        assert!(said["due_at"].is_string(), "{said}");
        said["disclosure"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn end(mut self) {
        drop(self.daemons);
        self.federation.end().await;
    }
}

/// The folder of a registered agency's node.
async fn house(federation: &Federation, agency: &str, kind: AgencyKind) -> PathBuf {
    federation.register(agency, kind).await;
    let folder = federation.node(agency, &federation.issue(&Order::node(identity(agency)), now()));
    let mut reader = federation.server().hub().reader().await.unwrap();
    let keys = LedgerKeyRow::all(&mut reader).await.unwrap();
    let file = folder.join("node.toml");
    let text = fs::read_to_string(&file).unwrap();
    let role = if kind == AgencyKind::Liaison { "role = \"liaison\"\n" } else { "" };
    let pinned = format!("{role}{text}\n[ledger]\nhub_keys = [\"{}\"]\n", keys[0].vkey);
    fs::write(&file, pinned).unwrap();
    folder
}
