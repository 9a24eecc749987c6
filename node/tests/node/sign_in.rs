//! An officer signs in at the body's issuer, through the real binary: the token is kept for one account, and seen by nobody.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    time::Duration,
};

use meldeverbund_certs::Clock;
use meldeverbund_people::{
    Role,
    testing::{Misdeed, TestIssuer},
};
use tempfile::TempDir;

use crate::binary::{program, text};

/// A body's folder, its issuer, and an officer's session on the machine.
struct Scene {
    folder: TempDir,
    session: TempDir,
    issuer: TestIssuer,
}

impl Scene {
    async fn new() -> Self {
        let (folder, session) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let issuer = TestIssuer::start().await;
        issuer.person("officer-9", &[Role::LiaisonOfficer]);
        let config = format!(
            "agency = \"eu-europol\"\nrole = \"liaison\"\ndata_dir = \"data\"\n\
             [hub]\naddress = \"https://127.0.0.1:9\"\nagency = \"de-bka\"\ntrust_domain = \"meldeverbund.test\"\n\
             [tls]\ncertificate = \"node.pem\"\nkey = \"node.key\"\ntrust_anchors = \"ca.pem\"\n\
             [sign_in]\nissuer = {:?}\nclient_id = \"meldeverbund\"\ninsecure_loopback = true\n\
             roles = {{ liaison-officer = \"liaison-officer\" }}\n",
            issuer.name()
        );
        fs::write(folder.path().join("node.toml"), config).unwrap();
        Self { folder, session, issuer }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.folder.path()).env("XDG_RUNTIME_DIR", self.session.path()).args(arguments);
        command
    }

    fn verb(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn token_file(&self) -> PathBuf {
        self.session.path().join("meldeverbund/token")
    }

    /// Begins to sign in; the program, and the address that the person is to open.
    fn begin(&self, arguments: &[&str]) -> (Child, BufReader<ChildStderr>, String) {
        let mut command = self.command(&[&["sign-in"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with(self.issuer.name()) {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "no address");
        }
        (child, said, line.trim().to_owned())
    }

    /// What the program said until it ended.
    fn end((child, mut said): (Child, BufReader<ChildStderr>)) -> (bool, String, String) {
        let output = child.wait_with_output().unwrap();
        let mut error = String::new();
        said.read_to_string(&mut error).unwrap();
        (output.status.success(), text(&output.stdout), error)
    }
}

/// The address to which the issuer sends the browser back.
fn approve(address: &str) -> String {
    let head = get(address).0;
    let location = head.lines().find_map(|line| line.strip_prefix("location: "));
    location.unwrap_or_else(|| panic!("no way back: {head}")).to_owned()
}

/// Opens an address on this machine as a browser does; the status and the page.
fn open(address: &str) -> (String, String) {
    let (head, page) = get(address);
    (head.split(' ').nth(1).unwrap().to_owned(), page)
}

fn get(address: &str) -> (String, String) {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), page.to_owned())
}

fn is_private(file: &Path) -> bool {
    fs::metadata(file).unwrap().permissions().mode() & 0o077 == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_token_is_seen_by_nobody() {
    let scene = Scene::new().await;
    let (child, said, address) = scene.begin(&["--json"]);
    let back = approve(&address);
    // Whatever else knocks does not end the attempt.
    let (here, _) = back.split_once("/signed-in").unwrap();
    assert_eq!(open(&format!("{here}/favicon.ico")).0, "404");
    assert_eq!(open(&format!("{here}/signed-in?code=code-1&state=another")).0, "400");
    let (status, page) = open(&back);
    assert_eq!(status, "200");
    assert!(page.contains("Signed in."), "{page}");
    let (done, out, error) = Scene::end((child, said));
    assert!(done, "{error}");
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(said["valid_until_us"].as_i64().unwrap() > 0, "{said}");

    let file = scene.token_file();
    let token = fs::read_to_string(&file).unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(is_private(&file) && is_private(file.parent().unwrap()));
    for seen in [&out, &error, &page] {
        assert!(!token.split('.').any(|part| seen.contains(part)), "part of the token in {seen}");
    }
    let left: Vec<_> =
        fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, std::slice::from_ref(&file));
    // A question finds it: the daemon is away, and not the token.
    let asked = ["query", "--purpose", "prevention", "--case", "EP/7/26", "https://a.example/"];
    assert_eq!(scene.verb(&asked).status.code(), Some(3), "{}", text(&scene.verb(&asked).stderr));
    assert!(file.exists());
    // A variable that is set and empty names no token, and hides none.
    let mut asked = scene.command(&asked);
    let empty = asked.env("MELDEVERBUND_TOKEN", "").output().unwrap();
    assert_eq!(empty.status.code(), Some(3), "{}", text(&empty.stderr));

    assert_eq!(text(&scene.verb(&["sign-out"]).stdout), "Signed out.\n");
    assert!(!file.exists());
    assert_eq!(text(&scene.verb(&["sign-out"]).stdout), "You were not signed in.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_is_removed() {
    let scene = Scene::new().await;
    let file = scene.token_file();
    fs::create_dir(file.parent().unwrap()).unwrap();
    let now = Clock::system().now();
    let ended = scene.issuer.token(&[Role::LiaisonOfficer], now).time("exp", now - Duration::from_secs(1));
    fs::write(&file, ended.sign()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut asked =
        scene.command(&["query", "--purpose", "prevention", "--case", "EP/7/26", "https://a.example/"]);
    asked.env("MELDEVERBUND_TOKEN", " ").output().unwrap();
    assert!(!file.exists(), "it is kept no longer than it is good for");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_issuer_does_not_vouch_for_gets_no_token() {
    let scene = Scene::new().await;
    for misdeed in [Misdeed::Declines, Misdeed::AnotherName] {
        scene.issuer.misbehave(misdeed);
        let (child, said, address) = scene.begin(&[]);
        assert_eq!(open(&approve(&address)).0, "403");
        let (done, _, error) = Scene::end((child, said));
        assert!(!done && error.contains("not signed in"), "{error}");
    }
    scene.issuer.misbehave(None);
    scene.issuer.person("officer-9", &[Role::Auditor]);
    let (child, said, address) = scene.begin(&[]);
    assert_eq!(open(&approve(&address)).0, "403");
    assert!(!Scene::end((child, said)).0, "a role that the configuration does not map is none");
    assert!(!scene.token_file().exists());
    // Without a session on the machine, and without an issuer.
    let mut homeless = scene.command(&["sign-in"]);
    assert!(!homeless.env_remove("XDG_RUNTIME_DIR").output().unwrap().status.success());
    let file = scene.folder.path().join("node.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.split("[sign_in]").next().unwrap()).unwrap();
    assert!(text(&scene.verb(&["sign-in"]).stderr).contains("[sign_in]"));
}
