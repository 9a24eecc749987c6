//! What becomes of two targets that are one, and of one that is two: one owner and one grant stay, holds are on both sides, a gate is
//! set where both had it, and nothing that left can leave again (docs/duplicates.md).

use std::collections::HashSet;

use meldeverbund_proto::v1::{GateKind, OwnerBasis, Stage, TargetRecord};

use super::{
    ledger::id_of,
    life::{Gates, Hold, Life},
};

/// A target that is another name of one, and how both were before.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    /// Of which it became the name then; that one may have become a name since.
    pub(super) into: String,
    pub(super) leaf: u64,
    /// Who was made responsible for both.
    owner: String,
    part: Life,
    whole: Life,
}

impl Alias {
    /// How what was merged was before, and what it was merged into if that was not the same.
    pub(super) fn befores(&self, with_whole: bool) -> impl Iterator<Item = &Life> {
        std::iter::once(&self.part).chain(with_whole.then_some(&self.whole))
    }
}

/// Both sides become the whole.
pub(super) fn merged(leaf: u64, whole: Life, part: Life, records: [&TargetRecord; 2]) -> (Life, Alias) {
    let [record, name] = records;
    for side in [&whole, &part] {
        assert_eq!(side.intended, None, "leaf {leaf}: merged under a notice: {side:?}");
        assert!(side.fence <= record.fence, "leaf {leaf}: fence {} of {side:?}", record.fence);
    }
    assert_ne!(name.stage(), Stage::Granted, "leaf {leaf}: a name has a grant");
    assert_eq!(record.owner_agency_id, name.owner_agency_id, "leaf {leaf}: two owners");
    if whole.owner == part.owner {
        assert_eq!(record.owner_agency_id, whole.owner, "leaf {leaf}: it was theirs on both sides");
    }
    let after = |one: &Life, other: &Life| one.round + u32::from(!one.is_open && other.is_open);
    let round = after(&whole, &part).max(after(&part, &whole));
    assert_eq!(record.round, round, "leaf {leaf}: {whole:?} and {part:?}");

    let mut both = Life { round, gates: gates(&whole, &part, record), ..Life::default() };
    both.stands(record);
    both.granted = granted(leaf, &whole, &part, record);
    for hold in whole.holds.iter().chain(&part.holds) {
        if !both.holds.iter().any(|known| (&known.id, known.by) == (&hold.id, hold.by)) {
            both.holds.push(hold.clone());
        }
    }
    for (side, other) in [(&whole, &part), (&part, &whole)] {
        // What left in a round that is over belongs to that one.
        if side.is_open || !other.is_open {
            let now = side.left.iter().filter(|(_, round)| **round == side.round);
            both.left.extend(now.map(|(leaf, _)| (*leaf, round)));
        }
    }
    assert!(both.granted.is_none() || !both.is_notified(), "leaf {leaf}: a grant behind a notice: {both:?}");
    let owner = both.owner.clone();
    (both, Alias { name: id_of(name), into: id_of(record), leaf, owner, part, whole })
}

/// The owner's grant survives with a fence that nobody else has; none is made.
fn granted(leaf: u64, whole: &Life, part: &Life, record: &TargetRecord) -> Option<u64> {
    if record.stage() != Stage::Granted {
        return None;
    }
    let fence = record.fence;
    let sides = [whole, part].map(|side| (side.granted, side.owner == record.owner_agency_id));
    let own = sides.iter().any(|(granted, own)| *own && granted.is_some());
    assert!(own, "leaf {leaf}: a grant for who had none: {whole:?} and {part:?}");
    for (granted, own) in sides {
        let fenced_off = granted.is_none_or(|granted| granted < fence);
        assert!(
            fenced_off || own && granted == Some(fence),
            "leaf {leaf}: {granted:?} lives on beside {fence}"
        );
    }
    // One decision gives its grants one fence.
    let keeps = |side: &Life| side.granted == Some(fence);
    assert!(!(keeps(whole) && keeps(part)), "leaf {leaf}: both sides keep {fence}");
    Some(fence)
}

/// Set is what both had under the one owner that both had.
fn gates(whole: &Life, part: &Life, record: &TargetRecord) -> Gates {
    let sides: Vec<&Life> = [whole, part].into_iter().filter(|side| side.is_open).collect();
    let same_owner = sides.iter().all(|side| side.owner == record.owner_agency_id);
    let set: HashSet<GateKind> = match sides[..] {
        [one, other] if same_owner => one.gates.set.intersection(&other.gates.set).copied().collect(),
        _ => Default::default(),
    };
    let all = sides.iter().flat_map(|side| side.gates.set.iter().chain(&side.gates.waiting)).copied();
    // A release is always new.
    let waiting = all.filter(|gate| *gate != GateKind::Released && !set.contains(gate)).collect();
    Gates { set, waiting }
}

/// What the whole and the target that leaves it are from then on. `later`: how what was merged into the whole since was before.
pub(super) fn parted(
    leaf: u64,
    whole: &Life,
    alias: &Alias,
    later: &[&Life],
    [record, name]: [&TargetRecord; 2],
) -> (Life, Life) {
    assert_eq!(whole.intended, None, "leaf {leaf}: split under a notice: {whole:?}");
    for record in [record, name] {
        assert!(whole.fence <= record.fence, "leaf {leaf}: fence {} after {whole:?}", record.fence);
        assert_ne!(record.stage(), Stage::Granted, "leaf {leaf}: a grant was for the whole");
    }
    assert_eq!((record.round, name.round), (whole.round, alias.part.round), "leaf {leaf}: {alias:?}");
    let decided = [OwnerBasis::Prosecutor, OwnerBasis::Assignment, OwnerBasis::Agreement];
    if whole.owner != alias.owner && decided.map(i32::from).contains(&whole.basis) {
        assert_eq!(record.owner_agency_id, whole.owner, "leaf {leaf}: it was decided since: {alias:?}");
    }

    let Alias { part, whole: before, .. } = alias;
    let stays = |of: &dyn Fn(&Life) -> bool| !of(part) || of(before) || later.iter().any(|life| of(life));
    let mut rest = whole.clone();
    rest.holds.retain(|hold| stays(&|life| has(life, hold)));
    rest.left.retain(|leaf, _| stays(&|life| life.left.contains_key(leaf)));
    rest.stands(record);

    let waiting = whole.gates.set.iter().chain(&whole.gates.waiting).copied();
    let waiting = waiting.filter(|gate| *gate != GateKind::Released).collect();
    let mut own = Life {
        round: part.round,
        gates: Gates { waiting, ..Gates::default() },
        // Its own as their makers have left them, and those that were placed since.
        holds: whole.holds.iter().filter(|hold| has(part, hold) || hold.leaf > alias.leaf).cloned().collect(),
        left: part.left.clone(),
        ..Life::default()
    };
    // What left since may have named its link.
    let came_later = |leaf: &u64| later.iter().any(|life| life.left.contains_key(leaf));
    if part.is_open {
        let since = whole.left.keys().filter(|leaf| **leaf > alias.leaf && !came_later(leaf));
        own.left.extend(since.map(|leaf| (*leaf, part.round)));
    }
    own.stands(name);
    (rest, own)
}

fn has(life: &Life, hold: &Hold) -> bool {
    life.holds.iter().any(|known| known.id == hold.id)
}
