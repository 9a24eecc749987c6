//! What may happen, as plain values that shrink well.

use meldeverbund_domain::{
    AgencyNo, CaseNo,
    conditions::Gate,
    life::{Finding, HoldId, IntentId, NoticeKind},
    order::Order,
    policy::GateName,
};
use meldeverbund_proto::v1::{Outcome, OwnerBasis};
use proptest::{collection::vec, prelude::*, sample::select};

/// How the members agreed to work.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) four_eyes: Vec<GateName>,
    pub(crate) consent_required: bool,
    pub(crate) fallback_is_named: bool,
}

/// Who acts: places in lists, so that a shrunk history still means something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    Owner,
    Bound(usize),
    Central,
    Any(usize),
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Join {
        target: usize,
        who: Who,
    },
    Acknowledge {
        target: usize,
        who: Who,
    },
    /// An order as it stands, or with the id, fence or hold that it needs to be right.
    Act {
        target: usize,
        who: Who,
        second_node: bool,
        second_officer: bool,
        order: Order,
        aimed: bool,
    },
    /// Everybody does what is missing for a grant; the owner adopts what it can.
    Prepare {
        target: usize,
        adopts: bool,
    },
    /// Whoever is asked about the ownership answers, in one of the ways there are.
    Answer {
        target: usize,
        how: usize,
    },
    /// And the owner goes as far as that into the notice: granted, intended, sent.
    Notify {
        target: usize,
        far: usize,
    },
    Wait {
        hours: u32,
        swept: bool,
    },
    Suspend {
        who: usize,
    },
    Admit {
        who: usize,
    },
    FallBack {
        target: usize,
    },
    /// The central office finds that two targets are one.
    Merge {
        one: usize,
        other: usize,
    },
    /// And that one is two, or that the merge was wrong.
    Part {
        target: usize,
    },
}

pub(crate) const TARGETS: usize = 3;
pub(crate) const AGENCIES: usize = 6;

pub(crate) fn history() -> impl Strategy<Value = (Rules, Vec<Op>)> {
    (rules(), vec(op(), 100..300))
}

fn rules() -> impl Strategy<Value = Rules> {
    let gates = [GateName::Assessed, GateName::Evidence, GateName::ProviderData, GateName::Released];
    let four_eyes = proptest::sample::subsequence(gates.to_vec(), 0..=2);
    (four_eyes, prop::bool::weighted(0.2), any::<bool>()).prop_map(|(four_eyes, consent_required, named)| {
        Rules { four_eyes, consent_required, fallback_is_named: named }
    })
}

fn op() -> impl Strategy<Value = Op> {
    let act =
        (0..TARGETS, who(), prop::bool::weighted(0.2), any::<bool>(), order(), prop::bool::weighted(0.8));
    prop_oneof![
        60 => act.prop_map(|(target, who, second_node, second_officer, order, aimed)| {
            Op::Act { target, who, second_node, second_officer, order, aimed }
        }),
        10 => (0..TARGETS, who()).prop_map(|(target, who)| Op::Join { target, who }),
        3 => (0..TARGETS, who()).prop_map(|(target, who)| Op::Acknowledge { target, who }),
        6 => (0..TARGETS, any::<bool>()).prop_map(|(target, adopts)| Op::Prepare { target, adopts }),
        14 => (0..TARGETS, 0_usize..12).prop_map(|(target, how)| Op::Answer { target, how }),
        7 => (0..TARGETS, 1_usize..4).prop_map(|(target, far)| Op::Notify { target, far }),
        8 => (0_u32..90, prop::bool::weighted(0.8)).prop_map(|(hours, swept)| Op::Wait { hours, swept }),
        1 => Just(Op::Wait { hours: 15_000, swept: true }),
        1 => (0..AGENCIES).prop_map(|who| Op::Suspend { who }),
        6 => (0..AGENCIES).prop_map(|who| Op::Admit { who }),
        3 => (0..TARGETS).prop_map(|target| Op::FallBack { target }),
        3 => (0..TARGETS, 0..TARGETS).prop_map(|(one, other)| Op::Merge { one, other }),
        3 => (0..TARGETS).prop_map(|target| Op::Part { target }),
    ]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        6 => Just(Who::Owner),
        4 => (0_usize..4).prop_map(Who::Bound),
        2 => Just(Who::Central),
        3 => (0..AGENCIES).prop_map(Who::Any),
    ]
}

fn agency() -> impl Strategy<Value = AgencyNo> {
    (1..=7_i64).prop_map(AgencyNo)
}

fn gate() -> impl Strategy<Value = Gate> {
    select(Gate::ALL.to_vec())
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        4 => gate_order(),
        4 => hold_order(),
        5 => notice_order(),
        3 => round_order(),
        4 => ownership_order(),
    ]
}

fn gate_order() -> impl Strategy<Value = Order> {
    let finding = prop_oneof![
        8 => Just(Finding::Unlawful(1)),
        1 => Just(Finding::Unlawful(2)),
        1 => Just(Finding::NotUnlawful),
    ];
    prop_oneof![
        3 => (finding, prop::bool::weighted(0.2))
            .prop_map(|(finding, automatic)| Order::Assess { finding, automatic }),
        2 => Just(Order::SecureEvidence),
        2 => Just(Order::SettleProviderData),
        2 => select(vec![None, Some(-1), Some(10), Some(100)]).prop_map(|hours: Option<i64>| {
            Order::Release { until_us: hours.map(|hours| hours * crate::world::HOUR_US) }
        }),
        4 => gate().prop_map(Order::Confirm),
        2 => gate().prop_map(Order::WithdrawGate),
        3 => vec(gate(), 0..3).prop_map(Order::AdoptGates),
    ]
}

fn hold_order() -> impl Strategy<Value = Order> {
    let until = select(vec![None, Some(-1), Some(20), Some(500), Some(20_000)])
        .prop_map(|hours: Option<i64>| hours.map(|hours| hours * crate::world::HOUR_US));
    let hold = || prop_oneof![Just(None), Just(Some(HoldId(3)))];
    prop_oneof![
        2 => (until.clone(), prop::bool::weighted(0.2))
            .prop_map(|(until_us, on_behalf)| Order::PlaceHold { until_us, on_behalf }),
        2 => (hold(), until).prop_map(|(hold, until_us)| Order::RenewHold { hold, until_us }),
        3 => hold().prop_map(|hold| Order::LiftHold { hold }),
        4 => prop::option::weighted(0.3, agency()).prop_map(|of| Order::Consent { of }),
        2 => agency().prop_map(|of| Order::Overrule { of }),
    ]
}

fn notice_order() -> impl Strategy<Value = Order> {
    let kinds = vec![NoticeKind::First, NoticeKind::Reminder, NoticeKind::Recall, NoticeKind::Incident];
    let intent = IntentId(9);
    prop_oneof![
        4 => Just(Order::RequestGrant),
        1 => Just(Order::ReturnGrant),
        5 => select(kinds).prop_map(|kind| Order::Intend { kind, fence: 1 }),
        3 => Just(Order::ReportSent { intent, sent_us: 5 }),
        2 => Just(Order::ReportFailed { intent }),
        3 => prop::option::of(Just(5)).prop_map(move |sent_us| Order::ResolveIntent { intent, sent_us }),
        1 => Just(Order::ReportIncident { sent_us: 5 }),
        1 => Just(Order::ReportElsewhere),
    ]
}

fn round_order() -> impl Strategy<Value = Order> {
    prop_oneof![
        1 => any::<bool>().prop_map(|settles| Order::ReportAnswer { settles }),
        1 => any::<bool>().prop_map(|available| Order::ReportCheck { available }),
        1 => (0..=8).prop_map(|n| Order::CloseRound(Outcome::try_from(n).unwrap())),
        1 => Just(Order::ReportComplaint),
        2 => any::<bool>().prop_map(|upheld| Order::SettleComplaint { upheld }),
        3 => Just(Order::ReopenRound),
    ]
}

fn ownership_order() -> impl Strategy<Value = Order> {
    prop_oneof![
        2 => Just(Order::AcceptOwnership),
        2 => Just(Order::DeclineOwnership),
        6 => agency().prop_map(|to| Order::OfferOwnership { to }),
        3 => any::<bool>().prop_map(|accepted| Order::AnswerOffer { accepted }),
        1 => Just(Order::WithdrawOffer),
        3 => agency().prop_map(|claimed| Order::DisputeOwnership { claimed }),
        2 => Just(Order::WithdrawDispute),
        2 => (agency(), 0..=6).prop_map(|(to, basis)| {
            Order::AssignOwner { to, basis: OwnerBasis::try_from(basis).unwrap_or_default() }
        }),
        2 => Just(Order::WithdrawReferral { cases: vec![CaseNo(1)], left: 0 }),
    ]
}
