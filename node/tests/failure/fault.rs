//! What can go wrong, as values; a seed says which, in which order, and how long.

use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};

use crate::{hub_house::Injection, proxy::Quality, world::NODES};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9`, and started again at once.
    KillHub,
    /// SIGTERM, and started again at once.
    RestartHub,
    KillNode(usize),
    /// Hub and node at once.
    KillBoth(usize),
    /// SIGSTOP and, later, SIGCONT: for everybody else the hub is there and says nothing.
    PauseHub,
    /// A node's line, or everybody's.
    Line(Option<usize>, Quality),
    /// No file of the hub's may grow beyond so many bytes.
    DiskFull(u64),
    /// A system call fails.
    Call(Injection),
    /// The hub's clock is so many seconds away from the machine's.
    Clock(i64),
}

/// How a theme's faults are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Processes,
    Disk,
    Clock,
}

/// The calls that SQLite makes on the hub's files, and which of a thread's may fail. `strace -c` lists them.
const CALLS: [(&str, &str, u32); 14] = [
    ("pwrite64", "EIO", 60),
    ("pwrite64", "ENOSPC", 60),
    ("fsync", "EIO", 12),
    ("fsync", "ENOSPC", 6),
    ("pread64", "EIO", 40),
    ("ftruncate", "EIO", 2),
    ("openat", "EIO", 4),
    ("openat", "EMFILE", 3),
    ("unlink", "EIO", 1),
    ("mmap", "ENOMEM", 2),
    ("newfstatat", "EIO", 8),
    ("fcntl", "ENOLCK", 30),
    ("close", "EIO", 3),
    ("fchown", "EPERM", 2),
];

impl Theme {
    /// One round: each kind at least once, in an order of the seed's.
    pub(crate) fn round(self, random: &mut StdRng) -> Vec<Fault> {
        let mut faults = match self {
            Self::Processes => processes(random),
            Self::Disk => disk(random),
            Self::Clock => clock(random),
        };
        faults.shuffle(random);
        faults
    }
}

fn processes(random: &mut StdRng) -> Vec<Fault> {
    let mut node = || random.random_range(0..NODES.len());
    let mut faults = vec![Fault::KillHub, Fault::KillHub, Fault::KillHub, Fault::RestartHub];
    faults.extend([Fault::PauseHub, Fault::PauseHub, Fault::KillBoth(node()), Fault::KillBoth(node())]);
    faults.extend([Fault::KillNode(node()), Fault::KillNode(node()), Fault::KillNode(node())]);
    for quality in [Quality::Cut, Quality::StalledToHub, Quality::StalledToNode, Quality::Slow] {
        faults.extend([Fault::Line(Some(node()), quality), Fault::Line(Some(node()), quality)]);
        faults.push(Fault::Line(None, quality));
    }
    faults
}

fn disk(random: &mut StdRng) -> Vec<Fault> {
    let mut faults: Vec<Fault> = CALLS
        .iter()
        .map(|(call, error, most)| {
            let first = random.random_range(1..=*most);
            // One, or all from there on: a disk that hiccups, and one that is gone.
            let when = format!("{first}{}", if random.random_range(0..2) == 0 { "" } else { "+" });
            Fault::Call(Injection { call, error, when, file: None })
        })
        .collect();
    for call in ["pwrite64", "fsync"] {
        let when = format!("{}+", random.random_range(20..40) / if call == "fsync" { 4 } else { 1 });
        faults.push(Fault::Call(Injection { call, error: "EIO", when, file: None }));
    }
    // The high-water mark is a file of its own, written between COMMIT and the answer.
    let when = format!("{}+", random.random_range(2..10));
    faults.push(Fault::Call(Injection { call: "rename", error: "EIO", when, file: Some("ledger.mark") }));
    let growth = random.random_range(1..20) * 4_096;
    faults.extend([Fault::DiskFull(1), Fault::DiskFull(4_096), Fault::DiskFull(growth)]);
    faults
}

fn clock(random: &mut StdRng) -> Vec<Fault> {
    let mut minutes = |range: std::ops::Range<i64>| Fault::Clock(60 * random.random_range(range));
    vec![
        minutes(1..50),
        minutes(61..600),
        minutes(-600..-61),
        minutes(-50..-1),
        minutes(2_900..4_000),
        Fault::Clock(0),
    ]
}
