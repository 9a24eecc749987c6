//! What can happen to a hub, as values that a failed run can shrink.

use std::fmt;

use proptest::{collection::vec, prelude::*, sample::Index};

/// Agencies of the model: the central office, three state offices and a liaison body.
pub(super) const AGENCIES: [&str; 5] = ["de-bka", "de-nw-lka", "de-by-lka", "de-hh-lka", "eu-europol"];

/// The agency that may not refer.
pub(super) const LIAISON: usize = 4;

/// Things to delete. Few, so that histories meet.
const TARGETS: usize = 24;

/// Case numbers of one agency; number 0 is the same text at all of them.
const CASES: usize = 4;

/// One step of a history.
#[derive(Clone)]
pub(super) enum Op {
    OpenCase {
        agency: usize,
        case: usize,
    },
    CloseCase {
        agency: usize,
        case: usize,
    },
    /// Submissions that wait together, and so may share a transaction.
    Submit(Vec<Batch>),
    /// A submission again, word for word.
    Replay(Index),
    /// A submission's id with other content.
    Conflict(Index, Change),
    /// Another agency uses the id of a submission for one of its own.
    SameId(Index, Batch),
    /// A case's command again, word for word or with another salt.
    ReplayCase(Index, bool),
    Suspend {
        agency: usize,
    },
    Resume {
        agency: usize,
    },
    /// A target's round gets its outcome, which no command brings yet.
    CloseRound {
        target: usize,
    },
    Restart,
    /// The clock jumps by so many seconds, also back.
    Clock(i64),
}

/// One submission.
#[derive(Clone)]
pub(super) struct Batch {
    pub(super) agency: usize,
    pub(super) case: usize,
    pub(super) links: Vec<Link>,
}

/// One link of a submission.
#[derive(Clone, Copy)]
pub(super) enum Link {
    Good { target: usize, spelling: usize },
    Bad(usize),
}

/// What differs when an id comes again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Spelling,
    Note,
    Salt,
    Case,
    OneLess,
}

/// A whole history. The start is not left to chance: without a case nothing else can happen.
pub(super) fn history() -> impl Strategy<Value = Vec<Op>> {
    let start = (0..LIAISON).map(|agency| Op::OpenCase { agency, case: 0 }).collect::<Vec<_>>();
    vec(op(), 1..200).prop_map(move |ops| start.iter().cloned().chain(ops).collect())
}

fn op() -> impl Strategy<Value = Op> {
    let (agency, case) = (0..AGENCIES.len(), 0..CASES);
    prop_oneof![
        3 => (agency.clone(), case.clone()).prop_map(|(agency, case)| Op::OpenCase { agency, case }),
        1 => (agency.clone(), case).prop_map(|(agency, case)| Op::CloseCase { agency, case }),
        16 => batch().prop_map(|batch| Op::Submit(vec![batch])),
        4 => vec(batch(), 2..6).prop_map(Op::Submit),
        5 => any::<Index>().prop_map(Op::Replay),
        3 => (any::<Index>(), change()).prop_map(|(which, change)| Op::Conflict(which, change)),
        1 => (any::<Index>(), batch()).prop_map(|(which, batch)| Op::SameId(which, batch)),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(which, same)| Op::ReplayCase(which, same)),
        1 => agency.clone().prop_map(|agency| Op::Suspend { agency }),
        3 => agency.prop_map(|agency| Op::Resume { agency }),
        4 => (0..TARGETS).prop_map(|target| Op::CloseRound { target }),
        1 => Just(Op::Restart),
        2 => (-900_i64..900).prop_map(Op::Clock),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    // Liaison tries too, but rarely; large batches go the bulk way.
    let agency = prop_oneof![12 => 0..LIAISON, 1 => Just(LIAISON)];
    let links = prop_oneof![8 => vec(link(), 1..9), 1 => vec(link(), 9..30)];
    (agency, 0..CASES, links).prop_map(|(agency, case, links)| Batch { agency, case, links })
}

fn link() -> impl Strategy<Value = Link> {
    let good = (0..TARGETS, 0..SPELLINGS).prop_map(|(target, spelling)| Link::Good { target, spelling });
    prop_oneof![14 => good, 1 => (0..BAD.len()).prop_map(Link::Bad)]
}

fn change() -> impl Strategy<Value = Change> {
    prop::sample::select(vec![Change::Spelling, Change::Note, Change::Salt, Change::Case, Change::OneLess])
}

/// How many spellings each target has.
const SPELLINGS: usize = 8;

/// Links that are refused, each for another reason.
const BAD: [&str; 5] = ["", "gopher://a.test/x", "data:text/plain,hello", "https://", "not a link"];

impl Link {
    /// The link as it is handed in. Targets differ by what must keep links apart (case, order, slashes, `www.`),
    /// spellings by what must not (scheme, host's case, port, escapes, user, fragment).
    pub(super) fn text(self) -> String {
        let (target, spelling) = match self {
            Self::Bad(n) => return BAD[n].to_owned(),
            Self::Good { target, spelling } => (target, spelling),
        };
        let n = target / 6;
        let (host, path) = match target % 6 {
            0 => ("files.example", format!("/f/{n}~a")),
            1 => ("files.example", format!("/F/{n}~a")),
            2 => ("www.files.example", format!("/f/{n}~a")),
            3 => ("files.example", format!("/f/{n}~a/")),
            4 => ("files.example", format!("/f?a={n}~a&b=2")),
            _ => ("files.example", format!("/f?b=2&a={n}~a")),
        };
        match spelling {
            0 => format!("https://{host}{path}"),
            1 => format!("http://{host}{path}"),
            2 => format!("HTTPS://{}{path}", host.to_uppercase()),
            3 => format!("http://{host}:80{path}"),
            4 => format!("https://{host}.:443{path}"),
            5 => format!("https://user:word@{host}{path}"),
            6 => format!("https://{host}{path}#top"),
            _ => format!("https://{host}{}", path.replace('~', "%7e")),
        }
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenCase { agency, case } => write!(f, "open {case} of {}", AGENCIES[*agency]),
            Self::CloseCase { agency, case } => write!(f, "close {case} of {}", AGENCIES[*agency]),
            Self::Submit(batches) => write!(f, "submit {batches:?}"),
            Self::Replay(which) => write!(f, "replay {which:?}"),
            Self::Conflict(which, change) => write!(f, "conflict {change:?} {which:?}"),
            Self::SameId(which, batch) => write!(f, "same id {which:?} {batch:?}"),
            Self::ReplayCase(which, same) => write!(f, "replay case {which:?} same {same}"),
            Self::Suspend { agency } => write!(f, "suspend {}", AGENCIES[*agency]),
            Self::Resume { agency } => write!(f, "resume {}", AGENCIES[*agency]),
            Self::CloseRound { target } => write!(f, "close round of {target}"),
            Self::Restart => write!(f, "restart"),
            Self::Clock(seconds) => write!(f, "clock {seconds:+} s"),
        }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {:?}", AGENCIES[self.agency], self.case, self.links)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good { target, spelling } => write!(f, "{target}.{spelling}"),
            Self::Bad(n) => write!(f, "bad{n}"),
        }
    }
}
