//! After every step: the state is what the oracle says, and everybody sees what concerns it.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    AgencyNo, Policy,
    conditions::Conditions,
    life::{Life, NoticeKind, Record, Responsibility, Second, State, Takedown, Trouble},
    order::Context,
    view::view,
};
use meldeverbund_proto::v1::Stage;

use crate::oracle::{Firm, Oracle, Sending, Word};

pub(crate) fn check(state: &State, oracle: &Oracle, now_us: i64, policy: &Policy) {
    one_owner(state, oracle);
    one_grant(state, oracle);
    gates_first(state, oracle, now_us, policy);
    own_words(state, oracle);
    assert_eq!((state.target.round, state.life.complaint), (oracle.round, oracle.complaint));
    assert_eq!(state.target.is_open(), oracle.is_open, "the stage says whether the round is open");
    assert!(oracle.is_open || state.target.stage == Stage::Closed);
}

/// I1.
fn one_owner(state: &State, oracle: &Oracle) {
    assert_eq!(state.owner(), oracle.owner);
    assert!((1..=5).contains(&state.owner().0), "no liaison body owns, and nobody unknown");
    for agency in (1..=6).map(AgencyNo) {
        assert_eq!(state.is_bound(agency), oracle.is_bound(agency), "{agency:?}");
    }
    assert_eq!(state.is_abandoned(), oracle.bound.is_empty());
    let stays = oracle.sending.is_some() || oracle.was_notified();
    assert!(!oracle.is_open || stays || !oracle.bound.is_empty(), "an open round has a case");
    let firm = match state.life.responsibility {
        Responsibility::Confirmed => Firm::Accepted,
        Responsibility::Proposed { accept_by_us } => Firm::Proposed(accept_by_us),
        Responsibility::Offered { to, answer_by_us } => Firm::Offered(to, answer_by_us),
        Responsibility::Disputed { by, proposed, decide_by_us, escalated, .. } => {
            Firm::Disputed { by, was_accepted: !proposed, until_us: decide_by_us, escalated }
        }
    };
    assert_eq!(firm, oracle.firm);
}

/// I2.
fn one_grant(state: &State, oracle: &Oracle) {
    let life = &state.life;
    assert_eq!(life.fence, oracle.fences.last().copied().unwrap_or(0));
    let (mut live, mut sending) = (None, None);
    match &life.takedown {
        Takedown::Granted(grant) => live = Some((grant.fence, grant.until_us)),
        Takedown::UnderWay(intent) => sending = Some((intent, None)),
        Takedown::Unresolved(intent, trouble) => sending = Some((intent, Some(*trouble))),
        Takedown::Open => assert_eq!(oracle.left, 0),
        Takedown::Notified => assert!(oracle.left > 0),
        Takedown::Closed { .. } => assert!(!oracle.is_open),
    }
    let sending = sending.map(|(intent, trouble)| Sending {
        id: intent.id.0,
        node: intent.sender,
        kind: intent.kind,
        doubt_us: intent.doubt_us,
        in_doubt: trouble == Some(Trouble::InDoubt),
        failed: trouble == Some(Trouble::Failed),
    });
    assert_eq!((live, sending), (oracle.live, oracle.sending));
    let firsts = life.thread.iter().filter(|notice| notice.kind == NoticeKind::First).count();
    assert!(oracle.firsts <= oracle.brought.max(1) && firsts == oracle.firsts as usize);
    assert_eq!((life.thread.len(), life.elsewhere), (oracle.left, oracle.elsewhere));
    assert_eq!(life.incidents, oracle.incidents, "incidents are never lost");
}

/// I3.
fn gates_first(state: &State, oracle: &Oracle, now_us: i64, policy: &Policy) {
    let conditions = Conditions::of(state, policy, now_us);
    let missing = conditions.clone().into_missing();
    assert_eq!(conditions.are_met(), oracle.is_clear(policy, now_us), "{missing:?}");
}

/// I8.
fn own_words(state: &State, oracle: &Oracle) {
    let gates = &state.life.gates;
    let holds: BTreeSet<_> =
        state.life.holds.iter().map(|hold| (hold.id.0, hold.by, hold.until_us)).collect();
    assert_eq!(holds, oracle.holds.iter().copied().collect());
    let assessments: Vec<_> = gates
        .assessments
        .iter()
        .map(|record| word(record, (record.what.finding, record.what.automatic)))
        .collect();
    assert_eq!(assessments, oracle.assessments);
    let evidence: Vec<_> = gates.evidence.iter().map(|record| word(record, ())).collect();
    let provider_data: Vec<_> = gates.provider_data.iter().map(|record| word(record, ())).collect();
    assert_eq!([evidence, provider_data], oracle.secured);
    let release = gates.release.as_ref().map(|record| word(record, record.what.until_us));
    assert_eq!(release, oracle.release);
}

fn word<T, U>(record: &Record<T>, what: U) -> Word<U> {
    let first_officer = match &record.second {
        Second::Settled => None,
        Second::Awaited { first } => Some(first.clone()),
    };
    Word { by: record.by, what, first_officer }
}

/// I7: whom the target does not concern sees nothing, and everybody else no record but its own, unless it is the owner
/// or the central office.
pub(crate) fn need_to_know(state: &State, oracle: &Oracle, context: &Context<'_>) {
    let own = context.actor.no;
    let seen = view(state, context);
    assert_eq!(seen.is_some(), context.actor.is_central() || oracle.concerns(own), "{own:?}");
    let Some(seen) = seen else { return };
    if own == oracle.owner || context.actor.is_central() {
        assert_eq!(seen.holds.len(), oracle.holds.len());
    } else {
        assert!(seen.holds.iter().all(|hold| hold.by == own));
        assert!(seen.windows.iter().all(|window| window.agency == own));
        assert!(seen.grant.is_none() && seen.missing.is_empty());
    }
}

/// Nothing is sent, granted, released, consented to or lifted because time passed.
pub(crate) fn time_only_asks(before: &State, after: &State) {
    let (old, new) = (&before.life, &after.life);
    assert_eq!((&new.thread, new.fence, new.incidents), (&old.thread, old.fence, old.incidents));
    assert_eq!((new.elsewhere, &new.consented), (old.elsewhere, &old.consented));
    let ids = |state: &State| state.life.holds.iter().map(|hold| hold.id).collect::<Vec<_>>();
    assert_eq!(ids(before), ids(after));
    let lifted = |(old, new): (&meldeverbund_domain::life::Hold, _)| old.lapsed && !is_lapsed(new);
    assert!(!old.holds.iter().zip(&new.holds).any(lifted));
    assert_eq!(new.gates.assessments, old.gates.assessments);
    assert_eq!(
        (&new.gates.evidence, &new.gates.provider_data),
        (&old.gates.evidence, &old.gates.provider_data)
    );
    // That it has run out may have been noticed meanwhile.
    let said = |life: &Life| {
        life.gates.release.as_ref().map(|record| (record.by, record.leaf, record.what.until_us))
    };
    assert!(new.gates.release.is_none() || said(new) == said(old));
    let is_granted = |state: &State| matches!(state.life.takedown, Takedown::Granted(_));
    assert!(!is_granted(after) || is_granted(before));
    assert!(new.intent().is_none_or(|intent| old.intent() == Some(intent)));
    assert_eq!(before.target.round, after.target.round);
    assert_eq!(before.target.is_open(), after.target.is_open());
}

fn is_lapsed(hold: &meldeverbund_domain::life::Hold) -> bool {
    hold.lapsed
}
