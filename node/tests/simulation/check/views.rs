//! What the nodes have been told is what the hub would tell them now, and they agree with each other.

use std::collections::BTreeMap;

use meldeverbund_proto::v1::{Responsibility, Role, Stage, TargetView};

use super::ledger::Ledger;
use crate::world::{AGENCIES, NODES, World};

/// Compares every node's view of every target with the hub's, field by field.
pub(super) async fn agree(world: &World, ledger: &Ledger) {
    let mut seen: BTreeMap<String, (String, Stage, u32)> = BTreeMap::new();
    for (office, node) in world.offices.iter().zip(NODES) {
        let mut stored: BTreeMap<String, (TargetView, i64)> = (office.targets().await.into_iter())
            .map(|row| (row.view.unwrap(), row.told_at_us))
            .map(|(view, told_us)| (view.target_id.clone(), (view, told_us)))
            .collect();
        let central = office.agency == AGENCIES[0];
        for shown in world.hub.show(office.line.peer(), ledger.targets()).await {
            let id = &shown.target_id;
            assert!(AGENCIES.contains(&&*shown.owner_agency_id), "{id} is nobody's");
            let told = stored.remove(id);
            let is_told = told.as_ref().is_some_and(|(view, _)| is_view(view));
            assert!(
                is_told || !central || !is_the_centres(&shown),
                "{node:?} was not told of {id}: {shown:?}"
            );
            let Some((stored, told_us)) = told else {
                // The central office may look at everything, and is told of what is its business.
                assert!(central && shown.role() == Role::Unspecified, "{node:?} was never told of its {id}");
                continue;
            };
            if !is_told && shown.role() == Role::Unspecified {
                is_forgotten(&stored);
                continue;
            }
            let joined = office.joined(id).await;
            // Of some targets no more is known than the answer to a referral.
            let (stored, shown) =
                if is_told { (stored, shown.clone()) } else { (answered(&stored), answered(&shown)) };
            let differences = differences(&stored, &shown, &joined, is_told && told_us >= world.moved_us);
            assert!(
                differences.is_empty(),
                "{node:?} {id}: {differences:?}\nstored {stored:?}\nshown {shown:?}"
            );
            let common = (shown.owner_agency_id.clone(), shown.stage(), shown.round);
            let before = seen.entry(id.clone()).or_insert_with(|| common.clone());
            assert_eq!(*before, common, "of {id}");
        }
        for (view, _) in stored.values() {
            is_forgotten(view);
        }
    }
}

/// True if the target was told in full; else its own referrals were answered and no more.
fn is_view(stored: &TargetView) -> bool {
    stored.responsibility() != Responsibility::Unspecified
}

/// Of what is not its business any more a node keeps that it referred it, and nothing else.
fn is_forgotten(stored: &TargetView) {
    assert!(!is_view(stored) && stored.due.is_empty(), "kept: {stored:?}");
}

/// True if the central office may have to see to it.
fn is_the_centres(shown: &TargetView) -> bool {
    let lapsed = shown.holds.iter().any(|hold| hold.lapsed);
    let disputed = matches!(shown.responsibility(), Responsibility::Disputed | Responsibility::Escalated);
    let unresolved = shown.intent.as_ref().is_some_and(|intent| intent.in_doubt || intent.failed);
    lapsed || shown.stage() != Stage::Closed && (disputed || unresolved || shown.incidents > 0)
}

/// What an answer to a referral tells.
fn answered(shown: &TargetView) -> TargetView {
    let TargetView { target_id, role, stage, round, owner_agency_id, owner_basis, .. } = shown.clone();
    TargetView { target_id, role, stage, round, owner_agency_id, owner_basis, ..TargetView::default() }
}

/// The fields that differ. What time alone changes is compared only if the clock has not moved since the node was told.
/// A mere join is told by itself: a window in `shown` may be that of an agency that the node knows as `joined`. When a
/// window begins is said by nobody but the clock of who acknowledges.
fn differences(
    stored: &TargetView,
    shown: &TargetView,
    joined: &[String],
    is_fresh: bool,
) -> Vec<&'static str> {
    let window = |view: &TargetView, agency: &str| {
        view.windows.iter().find(|window| window.agency_id == agency).map(|window| window.until_us)
    };
    let (added, kept): (Vec<_>, Vec<_>) =
        shown.windows.iter().partition(|one| window(stored, &one.agency_id).is_none());
    let told = added.iter().all(|one| joined.contains(&one.agency_id));
    let same = kept.len() == stored.windows.len()
        && kept.iter().all(|one| [Some(0), Some(one.until_us)].contains(&window(stored, &one.agency_id)));
    let is_fresh = is_fresh && stored.windows == shown.windows;
    let pairs = [
        ("role", stored.role == shown.role, true),
        ("stage", stored.stage == shown.stage, true),
        ("round", stored.round == shown.round, true),
        ("owner", stored.owner_agency_id == shown.owner_agency_id, true),
        ("basis", stored.owner_basis == shown.owner_basis, true),
        ("responsibility", stored.responsibility == shown.responsibility, true),
        ("claimed", stored.claimed_agency_id == shown.claimed_agency_id, true),
        ("gates", stored.gates == shown.gates, true),
        ("holds", stored.holds == shown.holds, true),
        ("windows", told && same, true),
        ("fence", stored.fence == shown.fence, true),
        ("grant", stored.grant_until_us == shown.grant_until_us, true),
        ("intent", stored.intent == shown.intent, true),
        ("notices", stored.notices == shown.notices, true),
        ("incidents", stored.incidents == shown.incidents, true),
        ("elsewhere", stored.notified_elsewhere == shown.notified_elsewhere, true),
        ("complaint", stored.complaint_open == shown.complaint_open, true),
        ("outcome", stored.outcome == shown.outcome, true),
        ("missing", stored.missing == shown.missing, is_fresh),
        ("due", stored.due == shown.due, is_fresh),
        ("urgent", stored.urgent == shown.urgent, true),
    ];
    pairs.into_iter().filter(|(_, same, counts)| *counts && !same).map(|(name, ..)| name).collect()
}
