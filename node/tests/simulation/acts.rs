//! What an officer may decide, as small values that a failed run can shrink.

use meldeverbund_proto::{
    node::v1::decide_request::Decision,
    v1::{
        AcceptOwnership, AdoptGates, AnswerCode, AnswerOffer, Assess, AssignOwner, CheckResult, CloseRound,
        Confirm, Consent, DeclineOwnership, DisputeOwnership, Finding, GateKind, HoldReason, Intend,
        LiftHold, NoticeForce, NoticeKind, NotifiedElsewhere, OffenceClass, OfferOwnership, Outcome,
        Overrule, OwnerBasis, PlaceHold, ProviderDataState, Release, ReleaseForm, ReleaseScope, RenewHold,
        ReopenRound, ReportAnswer, ReportCheck, ReportComplaint, ReportElsewhere, ReportFailed,
        ReportIncident, ReportSent, RequestGrant, ResolveIntent, ReturnGrant, SecureEvidence,
        SettleComplaint, SettleProviderData, WithdrawDispute, WithdrawGate, WithdrawOffer, WithdrawReferral,
    },
};
use proptest::{prelude::*, sample::select};

use crate::world::AGENCIES;

/// Microseconds of an hour.
pub(crate) const HOUR_US: i64 = 3_600_000_000;

/// One decision; agencies are places in [`AGENCIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Assess { unlawful: bool },
    Evidence,
    ProviderData,
    Release { days: Option<i64> },
    Adopt,
    WithdrawGate(GateKind),
    Confirm(GateKind),
    Hold { days: i64 },
    Renew { days: i64 },
    Lift,
    Consent,
    Grant,
    ReturnGrant,
    Intend(NoticeKind),
    Sent,
    Failed,
    Resolve { was_sent: bool },
    Incident,
    Elsewhere,
    Answer(AnswerCode),
    Check(CheckResult),
    Close(Outcome),
    Complaint,
    Settle { upheld: bool },
    Reopen,
    Accept,
    Decline,
    Offer { to: usize },
    AnswerOffer { accepted: bool },
    WithdrawOffer,
    Dispute { to: usize },
    WithdrawDispute,
    Withdraw,
    Assign { to: usize },
    Overrule { of: usize },
}

/// The four gates, in their order.
pub(crate) const GATES: [Act; 4] =
    [Act::Assess { unlawful: true }, Act::Evidence, Act::ProviderData, Act::Release { days: None }];

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let agency = 0..AGENCIES.len();
    let gates =
        select(vec![GateKind::Assessed, GateKind::Evidence, GateKind::ProviderData, GateKind::Released]);
    let kinds = select(vec![NoticeKind::First, NoticeKind::First, NoticeKind::Reminder, NoticeKind::Recall]);
    let outcomes = select(vec![
        Outcome::Gone,
        Outcome::GoneBeforeNotice,
        Outcome::Refused,
        Outcome::NotForwardable,
        Outcome::NotUnlawful,
        Outcome::Unresolved,
    ]);
    let answers = select(vec![AnswerCode::Actioned, AnswerCode::NotOurs, AnswerCode::NeedMoreInformation]);
    let checks = select(vec![CheckResult::Gone, CheckResult::Available]);
    prop_oneof![
        8 => select(GATES.to_vec()),
        1 => Just(Act::Assess { unlawful: false }),
        1 => (1_i64..20).prop_map(|days| Act::Release { days: Some(days) }),
        2 => gates.clone().prop_map(Act::WithdrawGate),
        2 => gates.prop_map(Act::Confirm),
        4 => (1_i64..60).prop_map(|days| Act::Hold { days }),
        1 => (1_i64..60).prop_map(|days| Act::Renew { days }),
        4 => Just(Act::Consent),
        4 => kinds.prop_map(Act::Intend),
        2 => answers.prop_map(Act::Answer),
        2 => checks.prop_map(Act::Check),
        3 => outcomes.prop_map(Act::Close),
        3 => agency.clone().prop_map(|to| Act::Offer { to }),
        2 => agency.clone().prop_map(|to| Act::Dispute { to }),
        2 => agency.clone().prop_map(|to| Act::Assign { to }),
        1 => agency.prop_map(|of| Act::Overrule { of }),
        2 => any::<bool>().prop_map(|upheld| Act::Settle { upheld }),
        2 => any::<bool>().prop_map(|was_sent| Act::Resolve { was_sent }),
        3 => any::<bool>().prop_map(|accepted| Act::AnswerOffer { accepted }),
        8 => select(vec![Act::Grant, Act::Grant, Act::Sent, Act::Sent, Act::Lift, Act::Accept, Act::Failed]),
        9 => select(vec![
            Act::Adopt,
            Act::ReturnGrant,
            Act::Incident,
            Act::Elsewhere,
            Act::Complaint,
            Act::Reopen,
            Act::Decline,
            Act::WithdrawOffer,
            Act::WithdrawDispute,
            Act::Withdraw,
        ]),
    ]
}

impl Act {
    /// The decision, taken now.
    pub(crate) fn decision(self, now_us: i64) -> Decision {
        let reason = || "as the simulation says".to_owned();
        let agency = |place: usize| AGENCIES[place].to_owned();
        let in_days = |days: i64| now_us + days * 24 * HOUR_US;
        match self {
            Self::Assess { unlawful: true } => Decision::Assess(Assess {
                finding: Finding::Unlawful.into(),
                offence_class: OffenceClass::Stgb184b.into(),
                means_of_collection: "own research".into(),
                ..Assess::default()
            }),
            Self::Assess { unlawful: false } => Decision::Assess(Assess {
                finding: Finding::NotUnlawful.into(),
                means_of_collection: "own research".into(),
                ..Assess::default()
            }),
            Self::Evidence => Decision::SecureEvidence(SecureEvidence {
                secured_at_us: now_us,
                custodian: "K 42".into(),
                ..SecureEvidence::default()
            }),
            Self::ProviderData => Decision::SettleProviderData(SettleProviderData {
                state: ProviderDataState::Requested.into(),
                ..SettleProviderData::default()
            }),
            Self::Release { days } => Decision::Release(Release {
                authority: "StA".into(),
                person: "OStA Muster".into(),
                form: ReleaseForm::Written.into(),
                scope: ReleaseScope::Links.into(),
                until_us: days.map_or(0, in_days),
                ..Release::default()
            }),
            Self::Adopt => Decision::AdoptGates(AdoptGates::default()),
            Self::WithdrawGate(gate) => {
                Decision::WithdrawGate(WithdrawGate { gate: gate.into(), reason: reason() })
            }
            Self::Confirm(gate) => Decision::Confirm(Confirm { gate: gate.into() }),
            Self::Hold { days } => Decision::PlaceHold(PlaceHold {
                reason: HoldReason::Investigation.into(),
                authority: "StA".into(),
                until_us: in_days(days),
                ..PlaceHold::default()
            }),
            Self::Renew { days } => Decision::RenewHold(RenewHold {
                until_us: in_days(days),
                reason: reason(),
                ..RenewHold::default()
            }),
            Self::Lift => Decision::LiftHold(LiftHold { reason: reason(), ..LiftHold::default() }),
            Self::Consent => Decision::Consent(Consent::default()),
            Self::Grant => Decision::RequestGrant(RequestGrant {}),
            Self::ReturnGrant => Decision::ReturnGrant(ReturnGrant::default()),
            Self::Intend(kind) => Decision::Intend(Intend {
                kind: kind.into(),
                force: NoticeForce::Request.into(),
                legal_basis: "dsa-16".into(),
                recipient: "abuse@files.example".into(),
                channel: "mail".into(),
                file_reference: "KPI-12/2026".into(),
                ..Intend::default()
            }),
            Self::Sent => Decision::ReportSent(ReportSent { sent_at_us: now_us, ..ReportSent::default() }),
            Self::Failed => {
                Decision::ReportFailed(ReportFailed { reason: reason(), ..ReportFailed::default() })
            }
            Self::Resolve { was_sent } => Decision::ResolveIntent(ResolveIntent {
                was_sent,
                sent_at_us: 0,
                reason: reason(),
                ..ResolveIntent::default()
            }),
            Self::Incident => Decision::ReportIncident(ReportIncident {
                sent_at_us: now_us,
                recipient: "abuse@files.example".into(),
                reason: reason(),
                ..ReportIncident::default()
            }),
            Self::Elsewhere => Decision::ReportElsewhere(ReportElsewhere {
                notified: Some(NotifiedElsewhere {
                    by: "a host".into(),
                    at_us: now_us,
                    ..Default::default()
                }),
            }),
            Self::Answer(answer) => Decision::ReportAnswer(ReportAnswer {
                answer: answer.into(),
                answered_at_us: now_us,
                ..ReportAnswer::default()
            }),
            Self::Check(result) => Decision::ReportCheck(ReportCheck {
                result: result.into(),
                checked_at_us: now_us,
                means: "by hand".into(),
            }),
            Self::Close(outcome) => {
                Decision::CloseRound(CloseRound { outcome: outcome.into(), reason: reason() })
            }
            Self::Complaint => Decision::ReportComplaint(ReportComplaint {
                by: "uploader".into(),
                received_at_us: now_us,
                ..ReportComplaint::default()
            }),
            Self::Settle { upheld } => {
                Decision::SettleComplaint(SettleComplaint { upheld, reason: reason() })
            }
            Self::Reopen => {
                Decision::ReopenRound(ReopenRound { seen_at_us: now_us, means: "by hand".into() })
            }
            Self::Accept => Decision::AcceptOwnership(AcceptOwnership {}),
            Self::Decline => Decision::DeclineOwnership(DeclineOwnership { reason: reason() }),
            Self::Offer { to } => {
                Decision::OfferOwnership(OfferOwnership { agency_id: agency(to), reason: reason() })
            }
            Self::AnswerOffer { accepted } => {
                Decision::AnswerOffer(AnswerOffer { accepted, reason: reason() })
            }
            Self::WithdrawOffer => Decision::WithdrawOffer(WithdrawOffer::default()),
            Self::Dispute { to } => {
                Decision::DisputeOwnership(DisputeOwnership { agency_id: agency(to), reason: reason() })
            }
            Self::WithdrawDispute => Decision::WithdrawDispute(WithdrawDispute::default()),
            Self::Withdraw => {
                Decision::WithdrawReferral(WithdrawReferral { reason: reason(), ..Default::default() })
            }
            Self::Assign { to } => Decision::AssignOwner(AssignOwner {
                agency_id: agency(to),
                basis: OwnerBasis::Agreement.into(),
                decider: "GStA".into(),
                reference: "1 AR 2/26".into(),
            }),
            Self::Overrule { of } => Decision::Overrule(Overrule {
                agency_id: agency(of),
                reason: reason(),
                reference: "1 AR 3/26".into(),
            }),
        }
    }
}
