//! What can happen to a hub, as values that a failed run can shrink.

use std::fmt;

use proptest::{bool::weighted, collection::vec, prelude::*, sample::Index};

/// Agencies of the model: the central office, three state offices and a liaison body.
pub(super) const AGENCIES: [&str; 5] = ["de-bka", "de-nw-lka", "de-by-lka", "de-hh-lka", "eu-europol"];

/// The agency that decides on duplicates.
pub(super) const CENTRAL: usize = 0;

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
    /// Somebody decides on a target.
    Decide {
        who: Who,
        target: usize,
        act: Act,
    },
    /// Its owner does all that a grant needs, the others consent and lift their holds; and the owner asks for it.
    Ready {
        target: usize,
    },
    /// The central office finds of pairs that they are one, or none; `ready`: after both of the first pair were made ready.
    Judge {
        merges: bool,
        ready: bool,
        pairs: Vec<(usize, usize)>,
        dry_run: bool,
    },
    /// It finds that targets are other things than what they are names of; or than another target.
    Split {
        names: Vec<(usize, Option<usize>)>,
        dry_run: bool,
    },
    /// It takes back one of its decisions on pairs, the newest or any.
    Undo {
        which: Option<Index>,
    },
    /// One of them again, word for word.
    ReplayJudged(Index),
    Restart,
    /// The clock jumps by so many seconds, also back.
    Clock(i64),
}

/// Who decides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    Owner,
    /// One of those whose cases are bound.
    Bound(usize),
    Any(usize),
}

/// What somebody decides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Hold,
    Renew { days: i64 },
    Lift,
    Gate(usize),
    Adopt,
    Consent,
    Accept,
    Grant,
    ReturnGrant,
    Close,
    Reopen,
    Elsewhere,
    Assign { to: usize, by_prosecutor: bool },
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
        16 => (who(), target(), act()).prop_map(|(who, target, act)| Op::Decide { who, target, act }),
        4 => target().prop_map(|target| Op::Ready { target }),
        7 => judge(),
        5 => split(),
        4 => prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)].prop_map(|which| Op::Undo { which }),
        1 => any::<Index>().prop_map(Op::ReplayJudged),
        1 => Just(Op::Restart),
        2 => (-900_i64..900).prop_map(Op::Clock),
    ]
}

/// Few are worked on, so that what is decided meets.
fn target() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..6_usize, 1 => 0..TARGETS]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        4 => Just(Who::Owner),
        4 => (0..LIAISON).prop_map(Who::Bound),
        1 => (0..AGENCIES.len()).prop_map(Who::Any),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let assign = (0..AGENCIES.len(), any::<bool>());
    prop_oneof![
        6 => Just(Act::Hold),
        1 => (1..90_i64).prop_map(|days| Act::Renew { days }),
        2 => Just(Act::Lift),
        3 => (0..GATES).prop_map(Act::Gate),
        1 => Just(Act::Adopt),
        1 => Just(Act::Consent),
        1 => Just(Act::Accept),
        2 => Just(Act::Grant),
        1 => Just(Act::ReturnGrant),
        3 => Just(Act::Close),
        1 => Just(Act::Reopen),
        1 => Just(Act::Elsewhere),
        6 => assign.prop_map(|(to, by_prosecutor)| Act::Assign { to, by_prosecutor }),
    ]
}

/// Gates that somebody sets.
pub(super) const GATES: usize = 4;

fn judge() -> impl Strategy<Value = Op> {
    let merges = prop_oneof![8 => Just(true), 1 => Just(false)];
    let pairs = vec((target(), target()), 1..4);
    (merges, weighted(0.3), pairs, weighted(0.1)).prop_map(|(merges, ready, pairs, dry_run)| Op::Judge {
        merges,
        ready,
        pairs,
        dry_run,
    })
}

fn split() -> impl Strategy<Value = Op> {
    let from = prop_oneof![6 => Just(None), 1 => target().prop_map(Some)];
    (vec((target(), from), 1..3), weighted(0.1)).prop_map(|(names, dry_run)| Op::Split { names, dry_run })
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
            Self::Decide { who, target, act } => write!(f, "{act:?} on {target} by {who:?}"),
            Self::Ready { target } => write!(f, "ready {target}"),
            Self::Judge { merges, ready, pairs, dry_run } => {
                let what = if *merges { "merge" } else { "reject" };
                write!(f, "{what} {pairs:?} ready {ready} dry {dry_run}")
            }
            Self::Split { names, dry_run } => write!(f, "split {names:?} dry {dry_run}"),
            Self::Undo { which } => write!(f, "undo {which:?}"),
            Self::ReplayJudged(which) => write!(f, "replay judged {which:?}"),
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
