//! What can happen to a federation, as values that a failed run can shrink.

use std::ops::Range;

use proptest::{
    bool::weighted,
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use crate::{
    acts::{Act, act},
    line::Cut,
    world::{AGENCIES, NODES},
};

/// Different links. Few, so that histories meet.
const LINKS: usize = 12;

/// Cases of an agency.
pub(crate) const CASES: usize = 2;

/// One operation.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Hands in links in a case; some say whose they should be, or that it is urgent.
    Refer { node: usize, case: usize, links: Vec<Link>, proposed: Option<usize>, urgent: bool },
    /// Decides, on everything or on the targets of some links.
    Decide { node: usize, act: Act, links: Option<Vec<usize>> },
    /// An officer does what the work list says is due; a hesitant one gives grants back.
    Work { node: usize, hesitant: bool },
    /// In every office an officer does so, and all that is told.
    Day { hesitant: bool },
    /// The central office suspends an agency, one of [`AGENCIES`] but the first.
    Suspend { agency: usize },
    /// The central office lets it in again.
    Resume { agency: usize },
    /// The central office sets aside what suspended agencies have left.
    SetAside,
    /// The central office finds that two links are one thing.
    Merge { links: (usize, usize) },
    /// The central office finds that a link is another thing than what it was merged into.
    Split { link: usize },
    /// The central office takes back one of its decisions on what is one.
    Undo { which: usize },
    /// A release needs a second officer from now on, or does not any more.
    FourEyes { on: bool },
    /// Two links become one thing while something stands on both, and may be parted again after somebody has decided on
    /// the whole.
    Duplicates { node: usize, links: (usize, usize), before: Act, after: Act, undone: bool },
    /// An office leaves a link, which becomes one with another; and then it has a part in that other, by a referral or as its
    /// owner.
    Returns { node: usize, links: (usize, usize), named: bool },
    /// The line breaks once, at the next occasion.
    Cut { node: usize, cut: Cut },
    /// The line is down.
    Down { node: usize },
    /// The line works again.
    Up { node: usize },
    /// The node is stopped, in good order or not, and started on its files.
    Restart { node: usize, drain: bool },
    /// The hub is dropped where it stands.
    HubDown,
    /// The hub is started on its files.
    HubUp,
    /// The clock moves on by so many hours, and the deadlines are looked at.
    Clock { hours: i64 },
    /// Everybody who has a line is left alone until nothing moves.
    Settle,
}

/// A link in one of its spellings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) link: usize,
    pub(crate) spelling: usize,
}

/// What a list is mostly about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Theme {
    /// Requests and answers get lost.
    Lines,
    /// Nodes and hub go down and come back.
    Houses,
    /// Hours and weeks pass.
    Clock,
}

/// A list of operations.
pub(crate) fn list(theme: Theme, length: Range<usize>) -> impl Strategy<Value = Vec<Op>> {
    let (lines, houses, clock) = match theme {
        Theme::Lines => (16, 1, 2),
        Theme::Houses => (3, 10, 2),
        Theme::Clock => (3, 1, 12),
    };
    let node = 0..NODES.len();
    let others = 1..AGENCIES.len();
    let cut = select(vec![Cut::Request, Cut::InRequest, Cut::Answer, Cut::InAnswer]);
    let op = prop_oneof![
        14 => refer(),
        40 => decide(),
        8 => (node.clone(), weighted(0.3)).prop_map(|(node, hesitant)| Op::Work { node, hesitant }),
        14 => weighted(0.3).prop_map(|hesitant| Op::Day { hesitant }),
        lines => (node.clone(), cut).prop_map(|(node, cut)| Op::Cut { node, cut }),
        lines.div_ceil(3) => node.clone().prop_map(|node| Op::Down { node }),
        lines.div_ceil(2) => node.clone().prop_map(|node| Op::Up { node }),
        houses => (node, any::<bool>()).prop_map(|(node, drain)| Op::Restart { node, drain }),
        houses.div_ceil(3) => Just(Op::HubDown),
        houses.div_ceil(2) => Just(Op::HubUp),
        4 => others.clone().prop_map(|agency| Op::Suspend { agency }),
        3 => others.prop_map(|agency| Op::Resume { agency }),
        6 => Just(Op::SetAside),
        2 => any::<bool>().prop_map(|on| Op::FourEyes { on }),
        5 => (0..LINKS, 0..LINKS).prop_map(|links| Op::Merge { links }),
        2 => (0..LINKS).prop_map(|link| Op::Split { link }),
        2 => (0_usize..4).prop_map(|which| Op::Undo { which }),
        7 => duplicates(),
        3 => returns(),
        clock => hours().prop_map(|hours| Op::Clock { hours }),
        14 => Just(Op::Settle),
    ];
    // The start is not left to chance: without targets there is nothing to decide.
    (refer(), refer(), vec(op, length))
        .prop_map(|(first, second, ops)| [first, second, Op::Settle].into_iter().chain(ops).collect())
}

fn refer() -> impl Strategy<Value = Op> {
    let link = |link| (0..SPELLINGS).prop_map(move |spelling| Link { link, spelling });
    let links = subsequence((0..LINKS).collect::<Vec<_>>(), 1..=LINKS)
        .prop_flat_map(move |links| links.into_iter().map(link).collect::<Vec<_>>());
    let proposed = prop_oneof![8 => Just(None), 1 => (0..AGENCIES.len()).prop_map(Some)];
    let referral = (0..NODES.len(), 0..CASES, links, proposed, weighted(0.2));
    referral.prop_map(|(node, case, links, proposed, urgent)| Op::Refer {
        node,
        case,
        links,
        proposed,
        urgent,
    })
}

fn decide() -> impl Strategy<Value = Op> {
    let some = subsequence((0..LINKS).collect::<Vec<_>>(), 1..=4);
    let links = prop_oneof![Just(None), some.prop_map(Some)];
    (0..NODES.len(), act(), links).prop_map(|(node, act, links)| Op::Decide { node, act, links })
}

/// What chance rarely brings about in this order: something stands on both sides of a merge, something is decided between a merge
/// and its undoing.
fn duplicates() -> impl Strategy<Value = Op> {
    let before = prop_oneof![3 => (1_i64..60).prop_map(|days| Act::Hold { days }), 1 => act()];
    // Of what the central office is a party to it does not assign.
    let after = prop_oneof![3 => (1..AGENCIES.len()).prop_map(|to| Act::Assign { to }), 1 => act()];
    (0..NODES.len(), (0..LINKS, 0..LINKS), before, after, weighted(0.8)).prop_map(
        |(node, links, before, after, undone)| Op::Duplicates { node, links, before, after, undone },
    )
}

/// What becomes a name while an office has no part in it.
fn returns() -> impl Strategy<Value = Op> {
    let links = (0..LINKS, 0..LINKS);
    (0..NODES.len(), links, any::<bool>()).prop_map(|(node, links, named)| Op::Returns { node, links, named })
}

/// From an hour to three weeks; the deadlines of the policy lie between.
fn hours() -> impl Strategy<Value = i64> {
    prop_oneof![2 => 1_i64..5, 3 => 5_i64..80, 1 => 80_i64..504]
}

/// How many spellings each link has.
const SPELLINGS: usize = 4;

impl Link {
    /// As it is handed in: spellings differ in what must not keep links apart.
    pub(crate) fn text(self) -> String {
        let Self { link, spelling } = self;
        match spelling {
            0 => format!("https://files.example/{link}~a"),
            1 => format!("http://FILES.example:80/{link}~a"),
            2 => format!("https://files.example./{link}%7ea"),
            _ => format!("https://files.example/{link}~a#top"),
        }
    }
}
