//! The state diagram of `docs/lifecycle.md`: one table, proven against the rules, and drawn from.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use meldeverbund_proto::v1::{Outcome, OwnerBasis, Stage};

use super::{Finding, IntentId, NoticeKind, State, Takedown, Trouble};
use crate::{
    CaseNo,
    conditions::Gate,
    order::{Order, next_round},
    testing::{BKA, BY, Bench, HOLD, NW},
};

const GUIDE: &str = include_str!("../../../../docs/lifecycle.md");

/// How far a round is, as a person would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Referred,
    Cleared,
    Granted,
    UnderWay,
    Failed,
    InDoubt,
    Notified,
    Closed,
}

use Phase::{Cleared, Closed, Failed, Granted, InDoubt, Notified, Referred, UnderWay};

/// All ways from one phase to another, each with what leads there.
const TRANSITIONS: &[(Phase, &[&str], Phase)] = &[
    (Referred, &["conditions"], Cleared),
    (Cleared, &["conditions"], Referred),
    (Cleared, &["request_grant"], Granted),
    (Granted, &["return_grant", "time"], Cleared),
    (
        Granted,
        &[
            "answer_offer",
            "assign_owner",
            "dispute_ownership",
            "report_elsewhere",
            "return_grant",
            "time",
            "withdraw_referral",
        ],
        Referred,
    ),
    (Granted, &["intend"], UnderWay),
    (UnderWay, &["report_sent"], Notified),
    (UnderWay, &["report_failed"], Failed),
    (UnderWay, &["time"], InDoubt),
    (Failed, &["resolve_intent"], Cleared),
    (Failed, &["resolve_intent"], Referred),
    (Failed, &["resolve_intent"], Notified),
    (InDoubt, &["report_failed"], Failed),
    (InDoubt, &["resolve_intent"], Cleared),
    (InDoubt, &["resolve_intent"], Referred),
    (InDoubt, &["report_sent", "resolve_intent"], Notified),
    (Referred, &["report_incident"], Notified),
    (Cleared, &["report_incident"], Notified),
    (Granted, &["report_incident"], Notified),
    (Notified, &["intend"], UnderWay),
    (Referred, &["close_round", "settle_complaint", "withdraw_referral"], Closed),
    (Cleared, &["close_round", "settle_complaint", "withdraw_referral"], Closed),
    (Granted, &["close_round", "settle_complaint", "withdraw_referral"], Closed),
    (Notified, &["close_round", "settle_complaint"], Closed),
    (Closed, &["referral", "reopen_round"], Referred),
];

impl Phase {
    fn of(state: &State) -> Self {
        match &state.life.takedown {
            Takedown::Open if state.target.stage == Stage::Cleared => Cleared,
            Takedown::Open => Referred,
            Takedown::Granted(_) => Granted,
            Takedown::UnderWay(_) => UnderWay,
            Takedown::Unresolved(_, Trouble::Failed) => Failed,
            Takedown::Unresolved(_, Trouble::InDoubt) => InDoubt,
            Takedown::Notified => Notified,
            Takedown::Closed { .. } => Closed,
        }
    }
}

/// Benches in all phases, and in what makes a difference within them.
fn benches() -> Vec<Bench> {
    let mut alone = Bench::alone();
    alone.set_gates(NW);
    let failed = |bench: Bench| {
        let intent = bench.intent();
        bench.then(NW, Order::ReportFailed { intent })
    };
    let doubtful = |mut bench: Bench| {
        bench.wait_hours(1);
        bench.pass();
        bench
    };
    let reminding = || {
        let bench = Bench::notified();
        let intend = bench.intend(NoticeKind::Reminder);
        bench.then(NW, intend)
    };
    let short = |order| Bench::cleared().then(NW, order);
    let benches = [
        Bench::alone(),
        alone.clone(),
        alone.then(NW, Order::RequestGrant),
        Bench::new(),
        Bench::proposed_to_by(),
        Bench::cleared(),
        Bench::cleared().then(BY, HOLD),
        short(Order::WithdrawGate(Gate::Assessed)),
        short(Order::WithdrawGate(Gate::Evidence)),
        short(Order::WithdrawGate(Gate::ProviderData)),
        short(Order::WithdrawGate(Gate::Released)),
        short(Order::ReportElsewhere),
        Bench::granted(),
        Bench::granted().then(BY, HOLD),
        Bench::under_way(),
        failed(Bench::under_way()),
        failed(Bench::under_way().then(BY, HOLD)),
        failed(reminding()),
        doubtful(Bench::under_way()),
        doubtful(Bench::under_way().then(BY, HOLD)),
        Bench::notified(),
        reminding(),
        Bench::notified().then(NW, Order::CloseRound(Outcome::Gone)),
    ];
    let mut all = Vec::new();
    for bench in benches {
        let mut complained = bench.clone();
        if complained.act(BY, Order::ReportComplaint).is_ok() {
            all.push(complained);
        }
        let mut offered = bench.clone();
        if offered.act(NW, Order::OfferOwnership { to: BY }).is_ok() {
            all.push(offered);
        }
        all.push(bench);
    }
    all
}

/// Every order, as far as it can be right, by its name in the contract.
fn orders(bench: &Bench) -> Vec<(&'static str, Order)> {
    let intent = bench.state.life.intent().map_or(IntentId(0), |intent| intent.id);
    let kinds = [NoticeKind::First, NoticeKind::Reminder, NoticeKind::Recall];
    let mut orders = vec![
        ("assess", Order::Assess { finding: Finding::Unlawful(1), automatic: false }),
        ("assess", Order::Assess { finding: Finding::NotUnlawful, automatic: false }),
        ("secure_evidence", Order::SecureEvidence),
        ("settle_provider_data", Order::SettleProviderData),
        ("release", Order::Release { until_us: None }),
        ("adopt_gates", Order::AdoptGates(Vec::new())),
        ("place_hold", HOLD),
        ("renew_hold", Order::RenewHold { hold: None, until_us: None }),
        ("lift_hold", Order::LiftHold { hold: None }),
        ("consent", Order::Consent { of: None }),
        ("request_grant", Order::RequestGrant),
        ("return_grant", Order::ReturnGrant),
        ("report_sent", Order::ReportSent { intent, sent_us: 5 }),
        ("report_failed", Order::ReportFailed { intent }),
        ("resolve_intent", Order::ResolveIntent { intent, sent_us: None }),
        ("resolve_intent", Order::ResolveIntent { intent, sent_us: Some(5) }),
        ("report_incident", Order::ReportIncident { sent_us: 5 }),
        ("report_elsewhere", Order::ReportElsewhere),
        ("report_answer", Order::ReportAnswer { settles: true }),
        ("report_check", Order::ReportCheck { available: true }),
        ("report_complaint", Order::ReportComplaint),
        ("settle_complaint", Order::SettleComplaint { upheld: true }),
        ("settle_complaint", Order::SettleComplaint { upheld: false }),
        ("reopen_round", Order::ReopenRound),
        ("accept_ownership", Order::AcceptOwnership),
        ("decline_ownership", Order::DeclineOwnership),
        ("offer_ownership", Order::OfferOwnership { to: BY }),
        ("answer_offer", Order::AnswerOffer { accepted: true }),
        ("answer_offer", Order::AnswerOffer { accepted: false }),
        ("withdraw_offer", Order::WithdrawOffer),
        ("dispute_ownership", Order::DisputeOwnership { claimed: BY }),
        ("withdraw_dispute", Order::WithdrawDispute),
        ("assign_owner", Order::AssignOwner { to: BY, basis: OwnerBasis::Prosecutor }),
        ("withdraw_referral", Order::WithdrawReferral { cases: vec![CaseNo(1)], left: 0 }),
        ("overrule", Order::Overrule { of: BY }),
    ];
    orders.extend(kinds.map(|kind| ("intend", bench.intend(kind))));
    orders.extend(Gate::ALL.map(|gate| ("confirm", Order::Confirm(gate))));
    orders.extend(Gate::ALL.map(|gate| ("withdraw_gate", Order::WithdrawGate(gate))));
    let outcomes = (0..=8).filter_map(|number| Outcome::try_from(number).ok());
    orders.extend(outcomes.map(|outcome| ("close_round", Order::CloseRound(outcome))));
    orders
}

/// What the rules really do, tried out.
fn tried() -> BTreeSet<(Phase, &'static str, Phase)> {
    let mut found = BTreeSet::new();
    for bench in benches() {
        let from = Phase::of(&bench.state);
        let mut add = |cause, after: &State| {
            let to = Phase::of(after);
            let by_conditions = matches!((from, to), (Referred, Cleared) | (Cleared, Referred));
            if from != to {
                found.insert((from, if by_conditions { "conditions" } else { cause }, to));
            }
        };
        for (name, order) in orders(&bench) {
            for who in [NW, BY, BKA] {
                let mut bench = bench.clone();
                if bench.act(who, order.clone()).is_ok() {
                    add(name, &bench.state);
                }
            }
        }
        for hours in [2, 60, 100, 200, 100 * 24] {
            let mut bench = bench.clone();
            bench.wait_hours(hours);
            bench.pass();
            add("time", &bench.state);
        }
        if from == Closed {
            add("referral", &next_round(bench.state.clone(), &bench.context(BY)));
        }
    }
    found
}

fn drawn() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> Referred : referral\n");
    for (from, causes, to) in TRANSITIONS {
        writeln!(text, "    {from:?} --> {to:?} : {}", causes.join(", ")).unwrap();
    }
    text
}

#[test]
fn the_table_is_what_the_rules_do() {
    let table = TRANSITIONS
        .iter()
        .flat_map(|(from, causes, to)| causes.iter().map(move |cause| (*from, *cause, *to)));
    let (table, tried): (BTreeSet<_>, _) = (table.collect(), tried());
    let missing: Vec<_> = tried.difference(&table).collect();
    let wrong: Vec<_> = table.difference(&tried).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "missing: {missing:?}; wrong: {wrong:?}");
}

#[test]
fn the_guide_draws_the_table() {
    let block = GUIDE.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(block, Some(drawn().as_str()), "docs/lifecycle.md must draw:\n{}", drawn());
}
