//! A hub and four nodes as processes, with officers at work and a line of its own for each node.

mod happen;

use std::{fs, path::Path, sync::Arc, thread};

use meldeverbund_hub::store::{AgencyRow, Database, Store};
use rand::{RngExt as _, rngs::StdRng};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    PATIENCE,
    fault::{Fault, Theme},
    history::{Notes, Recorder},
    hub_house::HubHouse,
    officer::{Officer, Town},
    patience, patiently,
    probe::{Found, Probe},
    processes::{
        houses::{CENTRE, HUB, Houses, free_port, node_command, succeed},
        process::Process,
    },
    proxy::{Place, Proxy},
    server::Server,
    world::{AGENCIES, NODES, home, number},
};

/// Nodes come back soon, and notice a dead line soon.
const SYNC: &str = "\n[sync]\npause_min_ms = 20\npause_max_ms = 300\nacknowledge_s = 1\n";

/// Witnesses see the ledger grow while it is worked on.
const HUB_SETTINGS: &str = "\n[ledger]\npublish_ms = 200\n";

/// A federation at work.
pub(crate) struct Federation {
    folder: TempDir,
    /// None: the database is a file.
    server: Option<Server>,
    database: Database,
    houses: Houses,
    hubs: Vec<HubHouse>,
    nodes: Vec<Option<Process>>,
    /// A line from each node to each hub.
    proxies: Vec<Vec<Proxy>>,
    witnesses: Vec<String>,
    probe: Probe,
    runtime: Runtime,
    store: Store,
    recorder: Recorder,
    random: StdRng,
    /// How many calls were made to fail.
    injected: usize,
}

/// What a run has left.
pub(crate) struct Left {
    pub(crate) folder: TempDir,
    /// Runs as long as somebody looks at its database.
    _server: Option<Server>,
    pub(crate) database: Database,
    pub(crate) notes: Notes,
    pub(crate) end_us: u64,
    pub(crate) witnesses: Vec<String>,
    pub(crate) injected: usize,
}

impl Federation {
    /// Makes everything, starts everything and opens a case at each office.
    pub(crate) fn set(theme: Theme, random: StdRng) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let ports: Vec<u16> = (0..theme.hubs()).map(|_| free_port()).collect();
        let server = (theme == Theme::Servers).then(|| Server::start(root));
        let url = server.as_ref().map(Server::url);
        let database: Database = match &url {
            Some(url) => url.parse().unwrap(),
            None => root.join(HUB).join("hub.sqlite").into(),
        };
        let houses = Houses::found_on(url, root, ports[0], HUB_SETTINGS);
        let folders: Vec<String> = (0..theme.hubs()).map(hub_folder).collect();
        for (folder, port) in folders.iter().zip(&ports).skip(1) {
            houses.build_hub(folder, *port, HUB_SETTINGS);
        }
        for agency in AGENCIES {
            houses.register(agency, if agency == CENTRE { "central-office" } else { "state-office" });
        }
        let lines = |_: &_| ports.iter().map(|port| Proxy::to(Place::Port(*port))).collect();
        let proxies: Vec<Vec<Proxy>> = NODES.iter().map(lines).collect();
        let mut witnesses = Vec::new();
        for ((agency, node), lines) in NODES.into_iter().zip(&proxies) {
            let ports: Vec<u16> = lines.iter().map(Proxy::port).collect();
            houses.settle(&home(agency, node), agency, node, &ports, SYNC);
            let keys = json(&root.join(home(agency, node)), &["keys"]);
            for (verb, key) in [("statement-key", "statement_key"), ("witness-key", "witness_key")] {
                let key = keys[key].as_str().unwrap();
                succeed(houses.hub_command().args(["agency", verb, "add", agency, key]));
            }
            witnesses.push(keys["witness_key"].as_str().unwrap().to_owned());
        }
        let mut hubs = Vec::new();
        for folder in &folders {
            // All hubs of a database sign with one key; the first one has made it.
            let key = root.join(folder).join("ledger.key");
            if !key.exists() {
                fs::copy(root.join(HUB).join("ledger.key"), key).unwrap();
            }
            let mut hub = HubHouse::new(root, folder, theme == Theme::Clock);
            if let Some(server) = server.as_ref().filter(|_| !hubs.is_empty()) {
                hub = hub.with_database(server.url_by_line());
            }
            hub.start(&houses, None).unwrap();
            hubs.push(hub);
        }
        let mut nodes = Vec::new();
        for (agency, node) in NODES {
            let home = root.join(home(agency, node));
            append(&home.join("node.toml"), &format!("\n[ledger]\nwitnesses = {witnesses:?}\n"));
            nodes.push(Some(start_node(&home)));
            succeed(node_command(&home).args(["case", "open", &number(0), "--kind", "proceedings"]));
        }
        let probe = Probe::new(&root.join(home(NODES[0].0, NODES[0].1)), &ports);
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(Store::open(&database)).unwrap();
        let recorder = Recorder::begin();
        Self {
            folder,
            server,
            database,
            houses,
            hubs,
            nodes,
            proxies,
            witnesses,
            probe,
            runtime,
            store,
            recorder,
            random,
            injected: 0,
        }
    }

    /// Officers work while these things happen, one after the other; in the end everything heals and nothing moves.
    pub(crate) fn suffer(mut self, faults: &[Fault]) -> Left {
        let town = Arc::new(Town::default());
        let officers: Vec<_> = (0..NODES.len())
            .map(|node| {
                let (recorder, town) = (self.recorder.clone(), Arc::clone(&town));
                let officer = Officer::new(node, self.folder.path(), self.random.random(), recorder, town);
                thread::spawn(move || officer.work())
            })
            .collect();
        patiently("somebody is granted something", PATIENCE, || self.recorder.has_a_grant());
        for (number, fault) in faults.iter().enumerate() {
            println!("{:>7} ms, fault {}: {fault:?}", self.recorder.now_us() / 1_000, number + 1);
            self.happens(fault);
            self.recovers();
            self.verify();
            assert!(!officers.iter().any(thread::JoinHandle::is_finished), "an officer went home");
        }
        town.close();
        officers.into_iter().for_each(|officer| officer.join().unwrap());
        self.end()
    }

    /// Every hub takes commands again, without being started again.
    fn recovers(&mut self) {
        let Self { runtime, probe, .. } = self;
        for (number, hub) in self.hubs.iter_mut().enumerate() {
            let writes = patience(PATIENCE, || runtime.block_on(probe.write(number)) == Found::Writes);
            assert!(writes, "hub {number} does not write again; it says:\n{}", hub.last_words());
            assert!(hub.is_up());
        }
    }

    /// The whole ledger, beside the running hub.
    fn verify(&self) {
        succeed(self.houses.hub_command().args(["ledger", "verify"]));
    }

    fn start_hub(&mut self, hub: usize) {
        self.hubs[hub]
            .start(&self.houses, None)
            .unwrap_or_else(|gone| panic!("the hub does not start: {gone:#?}"));
    }

    fn home(&self, node: usize) -> std::path::PathBuf {
        let (agency, name) = NODES[node];
        self.folder.path().join(home(agency, name))
    }

    /// Waits until all has been told, and ends everything in order.
    fn end(mut self) -> Left {
        loop {
            patiently("it becomes quiet", PATIENCE, || self.is_quiet());
            let ends = self.feed_ends();
            for node in &mut self.nodes {
                node.take().unwrap().terminate();
            }
            self.hubs.iter_mut().for_each(HubHouse::terminate);
            if self.feed_ends() == ends {
                break;
            }
            // A deadline passed while they ended, and no node has been told.
            (0..self.hubs.len()).for_each(|hub| self.start_hub(hub));
            (0..NODES.len()).for_each(|node| self.nodes[node] = Some(start_node(&self.home(node))));
        }
        self.verify();
        self.runtime.block_on(self.store.close());
        Left {
            folder: self.folder,
            _server: self.server,
            database: self.database,
            notes: self.recorder.notes(),
            end_us: self.recorder.now_us(),
            witnesses: self.witnesses,
            injected: self.injected,
        }
    }

    /// Every node has told everything, and knows everything. Where the feeds end is read when nobody has anything left to tell:
    /// whatever a node told before is behind that end or before it.
    fn is_quiet(&self) -> bool {
        let statuses =
            || (0..NODES.len()).map(|node| json(&self.home(node), &["status"])).collect::<Vec<_>>();
        let is_idle = |status: &Value| {
            assert_eq!(status["ledger"]["open_alarms"].as_u64().unwrap_or(0), 0, "{status}");
            ["case_commands", "submissions", "decisions"].iter().all(|one| status["queue"][*one] == 0)
        };
        if !statuses().iter().all(is_idle) {
            return false;
        }
        let ends = self.feed_ends();
        let knows = |(node, status): (usize, &Value)| {
            let (_, end) = ends.iter().find(|(agency, _)| agency == NODES[node].0).unwrap();
            is_idle(status) && status["hub"]["state"] == "connected" && status["feed"]["cursor"] == *end
        };
        statuses().iter().enumerate().all(knows) && self.feed_ends() == ends
    }

    /// Where each agency's feed ends.
    fn feed_ends(&self) -> Vec<(String, i64)> {
        let rows = self
            .runtime
            .block_on(async { AgencyRow::all(&mut self.store.reader().await.unwrap()).await.unwrap() });
        rows.into_iter().map(|row| (row.agency.id.to_string(), row.feed_sequence)).collect()
    }
}

/// The folder of one of the hubs.
fn hub_folder(number: usize) -> String {
    if number == 0 { HUB.to_owned() } else { format!("{HUB}-{}", number + 1) }
}

fn start_node(home: &Path) -> Process {
    let mut command = node_command(home);
    // A dead line is noticed soon.
    command.env("MELDEVERBUND_NODE_HUB__KEEPALIVE_S", "1").arg("serve");
    Process::start(command, "node.started")
}

fn json(home: &Path, arguments: &[&str]) -> Value {
    let output = node_command(home).args(arguments).arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn append(file: &Path, text: &str) {
    let before = fs::read_to_string(file).unwrap();
    fs::write(file, before + text).unwrap();
}
