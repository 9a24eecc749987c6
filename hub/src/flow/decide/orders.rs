//! From a decision on the wire to an order on each target: names become numbers, cases are looked up.

use std::collections::HashMap;

use meldeverbund_domain::{
    AgencyNo, CaseNo, TargetNo,
    conditions::Gate,
    life::{Finding, HoldId, IntentId, NoticeKind},
    order::Order,
};
use meldeverbund_proto::{
    CommandId,
    v1::{self, AnswerCode, CheckResult, GateKind, Refusal, RefusalCode, decide_request::Decision},
};

use super::{super::states::Members, Decide};
use crate::{flow::Failure, store::Tx};

/// The orders of one decision.
pub(super) enum Orders {
    /// The same for each target.
    Alike(Result<Order, Refusal>),
    /// Each with the fence of its own grant.
    Intend(NoticeKind, Vec<u64>),
    /// Each with the agency's own cases there.
    Withdraw {
        /// Which case is meant; none: all.
        case: Option<CaseNo>,
        /// The agency's cases at each target.
        bound: HashMap<TargetNo, Vec<CaseNo>>,
    },
}

impl Orders {
    pub(super) async fn read(
        decide: &Decide,
        tx: &mut Tx<'_>,
        members: &Members,
        actor: AgencyNo,
        targets: &[TargetNo],
    ) -> Result<Self, Failure> {
        let decision = decide.request.decision.as_ref().expect("checked when it was parsed");
        Ok(match decision {
            Decision::Intend(intend) => {
                if !members.policy.legal_bases.contains(&intend.legal_basis) {
                    let reason = "is not in the policy's list of legal bases";
                    return Err(Refusal::invalid("intend.legal_basis", reason).into());
                }
                Self::Intend(notice_kind(intend.kind), intend.fences.clone())
            }
            Decision::WithdrawReferral(withdraw) => {
                let case = match withdraw.case_number.as_str() {
                    "" => None,
                    number => {
                        let known = tx.case(actor, number).await?.map(|(facts, _)| facts.no);
                        let reason = "your agency has no case of this number";
                        let unknown =
                            || Refusal::at(RefusalCode::CaseUnknown, "withdraw_referral.case_number", reason);
                        Some(known.ok_or_else(unknown)?)
                    }
                };
                let mut bound: HashMap<TargetNo, Vec<CaseNo>> = HashMap::new();
                for (target, case) in tx.own_bindings(actor, targets.iter().copied()).await? {
                    bound.entry(target).or_default().push(case);
                }
                Self::Withdraw { case, bound }
            }
            alike => Self::Alike(Ok(order(alike, members)?)),
        })
    }

    /// The order on the target at this position.
    pub(super) fn of(&self, position: usize, target: TargetNo) -> Result<Order, Refusal> {
        match self {
            Self::Alike(order) => order.clone(),
            Self::Intend(kind, fences) => Ok(Order::Intend { kind: *kind, fence: fences[position] }),
            Self::Withdraw { case, bound } => {
                let bound = bound.get(&target).map_or(&[][..], Vec::as_slice);
                let goes = |one: &&CaseNo| case.is_none_or(|case| case == **one);
                let cases: Vec<_> = bound.iter().filter(goes).copied().collect();
                let left = bound.len() - cases.len();
                Ok(Order::WithdrawReferral { cases, left })
            }
        }
    }
}

fn order(decision: &Decision, members: &Members) -> Result<Order, Refusal> {
    let agency = |field: &str, id: &str| {
        let unknown = || Refusal::at(RefusalCode::AgencyUnfit, field, "this agency is not registered");
        members.by_id(id).map(|row| row.agency.no).ok_or_else(unknown)
    };
    Ok(match decision {
        Decision::Assess(one) => {
            let finding = match one.finding() {
                v1::Finding::Unlawful => Finding::Unlawful(one.offence_class),
                v1::Finding::NotUnlawful | v1::Finding::Unspecified => Finding::NotUnlawful,
            };
            Order::Assess { finding, automatic: one.automatic }
        }
        Decision::SecureEvidence(_) => Order::SecureEvidence,
        Decision::SettleProviderData(_) => Order::SettleProviderData,
        Decision::Release(one) => Order::Release { until_us: some(one.until_us) },
        Decision::Confirm(one) => Order::Confirm(gate(one.gate())?),
        Decision::WithdrawGate(one) => Order::WithdrawGate(gate(one.gate())?),
        Decision::AdoptGates(one) => Order::AdoptGates(one.gates().map(gate).collect::<Result<_, _>>()?),
        Decision::PlaceHold(one) => {
            Order::PlaceHold { until_us: some(one.until_us), on_behalf: !one.on_behalf_of.is_empty() }
        }
        Decision::RenewHold(one) => {
            Order::RenewHold { hold: hold(&one.hold_id), until_us: some(one.until_us) }
        }
        Decision::LiftHold(one) => Order::LiftHold { hold: hold(&one.hold_id) },
        Decision::Consent(one) if one.agency_id.is_empty() => Order::Consent { of: None },
        Decision::Consent(one) => Order::Consent { of: Some(agency("consent.agency_id", &one.agency_id)?) },
        Decision::RequestGrant(_) => Order::RequestGrant,
        Decision::ReturnGrant(_) => Order::ReturnGrant,
        Decision::ReportSent(one) => {
            Order::ReportSent { intent: intent(&one.intent_id), sent_us: one.sent_at_us }
        }
        Decision::ReportFailed(one) => Order::ReportFailed { intent: intent(&one.intent_id) },
        Decision::ResolveIntent(one) => {
            let sent_us = one.was_sent.then_some(one.sent_at_us);
            Order::ResolveIntent { intent: intent(&one.intent_id), sent_us }
        }
        Decision::ReportIncident(one) => Order::ReportIncident { sent_us: one.sent_at_us },
        Decision::ReportElsewhere(_) => Order::ReportElsewhere,
        Decision::ReportAnswer(one) => {
            let settles = matches!(one.answer(), AnswerCode::Actioned | AnswerCode::AlreadyDown);
            Order::ReportAnswer { settles }
        }
        Decision::ReportCheck(one) => {
            Order::ReportCheck { available: one.result() == CheckResult::Available }
        }
        Decision::CloseRound(one) => Order::CloseRound(one.outcome()),
        Decision::ReportComplaint(_) => Order::ReportComplaint,
        Decision::SettleComplaint(one) => Order::SettleComplaint { upheld: one.upheld },
        Decision::ReopenRound(_) => Order::ReopenRound,
        Decision::AcceptOwnership(_) => Order::AcceptOwnership,
        Decision::DeclineOwnership(_) => Order::DeclineOwnership,
        Decision::OfferOwnership(one) => {
            Order::OfferOwnership { to: agency("offer_ownership.agency_id", &one.agency_id)? }
        }
        Decision::AnswerOffer(one) => Order::AnswerOffer { accepted: one.accepted },
        Decision::WithdrawOffer(_) => Order::WithdrawOffer,
        Decision::DisputeOwnership(one) => {
            Order::DisputeOwnership { claimed: agency("dispute_ownership.agency_id", &one.agency_id)? }
        }
        Decision::WithdrawDispute(_) => Order::WithdrawDispute,
        Decision::AssignOwner(one) => {
            Order::AssignOwner { to: agency("assign_owner.agency_id", &one.agency_id)?, basis: one.basis() }
        }
        Decision::Overrule(one) => Order::Overrule { of: agency("overrule.agency_id", &one.agency_id)? },
        Decision::Intend(_) | Decision::WithdrawReferral(_) => {
            unreachable!("these have an order of their own for each target")
        }
    })
}

fn gate(kind: GateKind) -> Result<Gate, Refusal> {
    match kind {
        GateKind::Assessed => Ok(Gate::Assessed),
        GateKind::Evidence => Ok(Gate::Evidence),
        GateKind::ProviderData => Ok(Gate::ProviderData),
        GateKind::Released => Ok(Gate::Released),
        GateKind::Unspecified => Err(Refusal::missing("gate")),
    }
}

fn notice_kind(kind: i32) -> NoticeKind {
    match v1::NoticeKind::try_from(kind) {
        Ok(v1::NoticeKind::Reminder) => NoticeKind::Reminder,
        Ok(v1::NoticeKind::Recall) => NoticeKind::Recall,
        _ => NoticeKind::First,
    }
}

fn some(us: i64) -> Option<i64> {
    (us != 0).then_some(us)
}

/// Ids were checked when the decision was parsed; an empty one stands for none.
fn id(text: &str) -> Option<u128> {
    text.parse::<CommandId>().ok().map(|id| id.as_u128())
}

fn hold(text: &str) -> Option<HoldId> {
    id(text).map(HoldId)
}

fn intent(text: &str) -> IntentId {
    IntentId(id(text).unwrap_or(0))
}
