//! What can go wrong, as values; a seed says which, in which order, and how long.

use std::ops::Range;

use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};

use crate::{
    hub_house::Injection,
    proxy::{FAILING, Quality},
    world::NODES,
};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9` of a hub, and started again at once.
    KillHub(usize),
    /// SIGTERM, and started again at once.
    RestartHub(usize),
    KillNode(usize),
    /// Hub and node at once.
    KillBoth {
        hub: usize,
        node: usize,
    },
    /// Everything at once, as when the power fails.
    KillAll,
    /// SIGSTOP and, later, SIGCONT: for everybody else the hub is there and says nothing.
    PauseHub(usize),
    /// A node's line, or everybody's.
    Line(Option<usize>, Quality),
    /// No file of the hub's may grow beyond so many bytes.
    DiskFull(u64),
    /// A system call fails.
    Call(Injection),
    /// `kill -9` of the database's server, and started again at once.
    KillServer,
    /// The database's server refuses connections for a while.
    ServerAway,
    /// The server is lost, and its standby takes its place.
    FailOver,
    /// The server is there and says nothing, for longer than a hub waits for COMMIT.
    PauseServer,
    /// Nothing of the server's can grow.
    FullServer,
    /// Each write of the server's takes its time.
    SlowServer,
    /// The line of the second hub to the server.
    ServerLine(Quality),
    /// The hub's clock is so many seconds away from the machine's.
    Clock(i64),
}

/// How a theme's faults are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Processes,
    Disk,
    Clock,
    /// Two hubs on a server with a standby.
    Servers,
}

/// The calls that SQLite makes on the hub's files, and which of a thread's fails. `strace -c` lists them. Renaming is how
/// the high-water mark is written, between COMMIT and the answer.
const CALLS: [(&str, &str, Range<u32>); 15] = [
    ("pwrite64", "EIO", 1..100),
    ("pwrite64", "ENOSPC", 1..100),
    ("fsync", "EIO", 1..8),
    ("fsync", "ENOSPC", 1..8),
    ("pread64", "EIO", 1..60),
    ("pread64", "EIO", 60..200),
    ("ftruncate", "EIO", 1..2),
    ("openat", "EIO", 1..4),
    ("openat", "EMFILE", 1..4),
    ("unlink", "EIO", 1..2),
    ("mmap", "ENOMEM", 1..2),
    ("newfstatat", "EIO", 1..8),
    ("fcntl", "ENOLCK", 1..90),
    ("close", "EIO", 1..3),
    ("fchown", "EPERM", 1..3),
];

/// Calls that fail from an early one of each thread on, so that nothing can be written any more.
const GONE: [(&str, &str, Range<u32>, bool); 3] =
    [("pwrite64", "EIO", 3..12, true), ("pwrite64", "ENOSPC", 3..12, true), ("rename", "EIO", 1..3, false)];

impl Theme {
    /// Hubs that share one database.
    pub(crate) fn hubs(self) -> usize {
        match self {
            Self::Processes | Self::Disk | Self::Clock => 1,
            Self::Servers => 2,
        }
    }

    /// One round: each kind at least once, in an order of the seed's.
    pub(crate) fn round(self, random: &mut StdRng) -> Vec<Fault> {
        let mut faults = match self {
            Self::Processes => processes(random, self.hubs()),
            Self::Disk => disk(random),
            Self::Clock => clock(random),
            Self::Servers => servers(random),
        };
        faults.shuffle(random);
        faults
    }
}

fn processes(random: &mut StdRng, hubs: usize) -> Vec<Fault> {
    let mut hub = || random.random_range(0..hubs);
    let mut faults = vec![Fault::KillAll];
    faults.extend([Fault::KillHub(hub()), Fault::KillHub(hub()), Fault::RestartHub(hub())]);
    let (both, paused) = (hub(), hub());
    let mut node = || random.random_range(0..NODES.len());
    faults.extend([Fault::KillNode(node()), Fault::KillNode(node())]);
    faults.extend([Fault::KillBoth { hub: both, node: node() }, Fault::PauseHub(paused)]);
    for quality in FAILING {
        faults.extend([Fault::Line(Some(node()), quality), Fault::Line(None, quality)]);
    }
    faults
}

fn disk(random: &mut StdRng) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (call, error, range) in CALLS {
        let when = random.random_range(range).to_string();
        faults.push(Fault::Call(Injection { call, error, when, on_database: true }));
    }
    for (call, error, range, on_database) in GONE {
        let when = format!("{}+", random.random_range(range));
        faults.push(Fault::Call(Injection { call, error, when, on_database }));
    }
    let growth = random.random_range(1..20) * 4_096;
    faults.extend([Fault::DiskFull(1), Fault::DiskFull(4_096), Fault::DiskFull(growth)]);
    faults
}

fn clock(random: &mut StdRng) -> Vec<Fault> {
    let mut minutes = |range: Range<i64>| Fault::Clock(60 * random.random_range(range));
    vec![
        minutes(1..50),
        minutes(61..600),
        minutes(-600..-61),
        minutes(-50..-1),
        minutes(2_900..4_000),
        Fault::Clock(0),
    ]
}

fn servers(random: &mut StdRng) -> Vec<Fault> {
    let mut faults =
        vec![Fault::KillServer, Fault::ServerAway, Fault::FailOver, Fault::PauseServer, Fault::KillAll];
    faults.extend([Fault::FullServer, Fault::SlowServer]);
    faults.extend(FAILING.map(Fault::ServerLine));
    for hub in 0..Theme::Servers.hubs() {
        faults.extend([Fault::KillHub(hub), Fault::RestartHub(hub), Fault::PauseHub(hub)]);
        faults.push(Fault::KillBoth { hub, node: random.random_range(0..NODES.len()) });
    }
    faults.push(Fault::Line(Some(random.random_range(0..NODES.len())), Quality::Cut));
    faults
}
