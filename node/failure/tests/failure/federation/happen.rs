//! What each fault does, from its beginning to its end.

use std::{ops::Range, thread, time::Duration};

use rand::RngExt as _;

use super::{Federation, start_node};
use crate::{
    PATIENCE,
    fault::Fault,
    hub_house::{HubHouse, Injection},
    patience, patiently,
    probe::Found,
    proxy::Quality,
    server::Server,
    world::NODES,
};

/// How long a fault lasts, and how long until the next one, ms.
const HOLD_MS: Range<u64> = 200..1_200;

/// Within this time a call fails that is made at all.
const INJECTED_WITHIN: Duration = Duration::from_secs(3);

/// The call that SQLite makes when the last one closes a database: it removes the log.
const AT_THE_END: &str = "unlink";

/// What SQLite could not unlock stays locked until its process ends, and what it could open for reading alone stays so:
/// nobody can go on without a new one.
const NEEDS_A_NEW_PROCESS: [&str; 2] = ["fcntl", "openat"];

/// What a shell ends with that does not find a program.
const NOT_FOUND: i32 = 127;

impl Federation {
    /// Something happens, a while after whatever happened before.
    pub(super) fn happens(&mut self, fault: &Fault) {
        self.hold_on();
        self.happen(fault);
    }

    /// The fault from its beginning to its end.
    fn happen(&mut self, fault: &Fault) {
        match fault {
            Fault::KillHub(hub) => {
                self.hubs[*hub].kill();
                self.start_hub(*hub);
            }
            Fault::RestartHub(hub) => {
                self.hubs[*hub].terminate();
                self.start_hub(*hub);
            }
            Fault::KillNode(node) => self.kill_node(*node),
            Fault::KillBoth { hub, node } => {
                self.hubs[*hub].kill();
                self.kill_node(*node);
                self.start_hub(*hub);
            }
            Fault::KillAll => {
                self.hubs.iter_mut().for_each(HubHouse::kill);
                self.nodes.iter_mut().for_each(|node| node.take().unwrap().kill());
                if let Some(server) = &self.server {
                    server.kill();
                }
                for node in 0..NODES.len() {
                    self.nodes[node] = Some(start_node(&self.home(node)));
                }
                (0..self.hubs.len()).for_each(|hub| self.start_hub(hub));
            }
            Fault::PauseHub(hub) => {
                self.hubs[*hub].pause();
                self.hold_on();
                self.hold_on();
                self.hubs[*hub].go_on();
            }
            Fault::Line(node, quality) => {
                let lines = node.map_or(0..NODES.len(), |node| node..node + 1);
                self.proxies[lines.clone()].iter().flatten().for_each(|line| line.set(*quality));
                self.hold_on();
                self.hold_on();
                self.proxies[lines].iter().flatten().for_each(|line| line.set(Quality::Good));
            }
            Fault::DiskFull(bytes) => {
                self.hubs[0].limit_files(Some(*bytes));
                self.refuses_and_reads(0);
                self.hubs[0].limit_files(None);
            }
            Fault::KillServer => self.server().kill(),
            Fault::ServerAway => {
                self.server().stop();
                (0..self.hubs.len()).for_each(|hub| self.refuses(hub));
                self.server().start_again();
            }
            Fault::FailOver => self.server().fail_over(),
            Fault::PauseServer => {
                self.server().pause();
                (0..self.hubs.len()).for_each(|hub| self.refuses(hub));
                self.server().go_on();
            }
            Fault::FullServer => {
                self.server().fill_disk();
                (0..self.hubs.len()).for_each(|hub| self.refuses_and_reads(hub));
                self.server().heal_disk();
            }
            Fault::SlowServer => {
                self.server().slow_disk();
                self.recovers();
                self.hold_on();
                self.server().heal_disk();
            }
            Fault::ServerLine(quality) => {
                self.server().set_line(*quality);
                self.hold_on();
                self.hold_on();
                self.server().set_line(Quality::Good);
            }
            Fault::Call(injection) => self.fail_calls(injection),
            Fault::Clock(offset_s) => {
                self.recorder.clock_moves();
                self.hubs[0].set_clock(*offset_s);
                self.hold_on();
            }
        }
    }

    /// The hub runs, from its start on, with calls that fail; then without, if it is still there.
    fn fail_calls(&mut self, injection: &Injection) {
        self.hubs[0].kill();
        match self.hubs[0].start(&self.houses, Some(injection)) {
            Err(gone) => {
                let log = gone.log.join("\n");
                assert!(gone.status.code() != Some(NOT_FOUND), "{log}: apt-get install strace");
                assert!(gone.status.code() == Some(1) && !log.contains("panicked"), "{}: {log}", gone.status);
                println!("           the hub did not start: {}", gone.log.last().map_or("", |line| line));
            }
            Ok(()) => {
                let (hub, random) = (&self.hubs[0], self.random.random_range(HOLD_MS));
                // Enough calls happen by themselves: the hub looks at itself, and officers go on.
                if injection.call == AT_THE_END {
                    self.hubs[0].terminate();
                    self.injected += self.hubs[0].injected();
                    return self.start_hub(0);
                }
                if patience(INJECTED_WITHIN, || hub.injected() > 0) && injection.when.ends_with('+') {
                    self.refuses_and_reads(0);
                } else {
                    thread::sleep(Duration::from_millis(random));
                }
                self.hubs[0].stop_injecting();
            }
        }
        let injected = self.hubs[0].injected();
        println!("           {injected} calls failed");
        self.injected += injected;
        if !self.hubs[0].is_up() || NEEDS_A_NEW_PROCESS.contains(&injection.call) {
            self.hubs[0].kill();
            self.start_hub(0);
        }
    }

    /// A hub that cannot write says so, and when to come again.
    fn refuses(&self, hub: usize) {
        let Self { runtime, probe, .. } = self;
        patiently("the hub refuses", PATIENCE, || runtime.block_on(probe.write(hub)) == Found::WaitsWithHint);
    }

    /// The same; and it answers what needs no writing.
    fn refuses_and_reads(&self, hub: usize) {
        self.refuses(hub);
        let read = self.runtime.block_on(self.probe.read(hub, Vec::new()));
        read.expect("what needs no writing is answered");
    }

    fn hold_on(&mut self) {
        thread::sleep(Duration::from_millis(self.random.random_range(HOLD_MS)));
    }

    fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("this theme has one")
    }

    fn kill_node(&mut self, node: usize) {
        self.nodes[node].take().unwrap().kill();
        self.nodes[node] = Some(start_node(&self.home(node)));
    }
}
