//! The decisions of the story, with the words of a made-up case.

use meldeverbund_node::clock::Clock;
use meldeverbund_proto::{
    node::v1::decide_request::Decision,
    v1::{
        AnswerCode, Assess, AssignOwner, CheckResult, CloseRound, Consent, DisputeOwnership, Finding,
        HoldReason, Intend, LiftHold, NoticeForce, NoticeKind, OffenceClass, Outcome, OwnerBasis, PlaceHold,
        ProviderDataState, Release, ReleaseForm, ReleaseScope, ReportAnswer, ReportCheck, ReportSent,
        RequestGrant, SecureEvidence, SettleProviderData,
    },
};

use crate::office::CASE;

/// The offence of all targets of the story.
pub(crate) const OFFENCE: OffenceClass = OffenceClass::Stgb184b;

/// On what its notice rests.
pub(crate) const LEGAL_BASIS: &str = "dsa-16";

/// The four gates, in their order.
pub(crate) fn gates() -> [Decision; 4] {
    let assess = Assess {
        finding: Finding::Unlawful.into(),
        offence_class: OFFENCE.into(),
        means_of_collection: "search of a seized phone".into(),
        ..Assess::default()
    };
    let evidence = SecureEvidence {
        secured_at_us: now_us(),
        custodian: "evidence room, unit 43".into(),
        ..SecureEvidence::default()
    };
    let provider_data = SettleProviderData {
        state: ProviderDataState::Requested.into(),
        reference: "EPOC-PR 17/26".into(),
        ..SettleProviderData::default()
    };
    let release = Release {
        authority: "StA Beispielstadt".into(),
        person: "OStAin Beispiel".into(),
        prosecutor_reference: "1 Js 1/26".into(),
        form: ReleaseForm::Electronic.into(),
        scope: ReleaseScope::Links.into(),
        ..Release::default()
    };
    [
        Decision::Assess(assess),
        Decision::SecureEvidence(evidence),
        Decision::SettleProviderData(provider_data),
        Decision::Release(release),
    ]
}

pub(crate) fn consent() -> Decision {
    Decision::Consent(Consent::default())
}

pub(crate) fn hold() -> Decision {
    let (reason, authority) = (HoldReason::Victim.into(), "StA Musterstadt".into());
    Decision::PlaceHold(PlaceHold { reason, authority, ..PlaceHold::default() })
}

pub(crate) fn lift() -> Decision {
    Decision::LiftHold(LiftHold { hold_id: String::new(), reason: "the child has been identified".into() })
}

pub(crate) fn grant() -> Decision {
    Decision::RequestGrant(RequestGrant {})
}

/// A first notice; the node fills in the fences.
pub(crate) fn first_notice(recipient: &str) -> Intend {
    Intend {
        kind: NoticeKind::First.into(),
        force: NoticeForce::Request.into(),
        fences: Vec::new(),
        legal_basis: LEGAL_BASIS.into(),
        on_behalf_of: String::new(),
        recipient: recipient.into(),
        channel: "mail".into(),
        file_reference: CASE.into(),
    }
}

pub(crate) fn sent(intent_id: String) -> Decision {
    Decision::ReportSent(ReportSent { intent_id, sent_at_us: now_us(), reference: String::new() })
}

pub(crate) fn answer() -> Decision {
    let (answer, reference) = (AnswerCode::Actioned.into(), "ticket 4711".into());
    Decision::ReportAnswer(ReportAnswer { answer, answered_at_us: now_us(), reference })
}

pub(crate) fn check() -> Decision {
    let (result, means) = (CheckResult::Gone.into(), "a look by an officer".into());
    Decision::ReportCheck(ReportCheck { result, checked_at_us: now_us(), means })
}

pub(crate) fn close() -> Decision {
    let reason = "the provider says so, and it is".into();
    Decision::CloseRound(CloseRound { outcome: Outcome::Gone.into(), reason })
}

pub(crate) fn dispute(claimed: &str) -> Decision {
    let reason = "the uploader lives here".into();
    Decision::DisputeOwnership(DisputeOwnership { agency_id: claimed.into(), reason })
}

pub(crate) fn assign(to: &str) -> Decision {
    Decision::AssignOwner(AssignOwner {
        agency_id: to.into(),
        basis: OwnerBasis::Assignment.into(),
        decider: "GenStA Beispielstadt".into(),
        reference: "4 AR 1/26".into(),
    })
}

pub(crate) fn now_us() -> i64 {
    Clock::system().now_us()
}
