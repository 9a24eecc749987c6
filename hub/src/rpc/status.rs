//! The one mapping from refusals and failures to gRPC: code, and google.rpc details with field, reason and retry.

use std::{collections::HashMap, time::Duration};

use meldeverbund_proto::v1::{Refusal, RefusalCode};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::flow::{Failure, causes};

/// The `domain` of every `google.rpc.ErrorInfo`.
const DOMAIN: &str = "meldeverbund";

/// When to try again after the store failed in passing.
const RETRY_MS: u64 = 2_000;

/// What the caller is told; the operator's half is logged here, once.
pub(super) fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refusal) => refusal,
        failure @ (Failure::Store(_) | Failure::Ledger(_)) => failed(&failure),
    }
}

/// The status of a failure.
pub(super) fn status(failure: Failure) -> Status {
    refused(&refusal(failure))
}

/// The status of a refusal.
pub(super) fn refused(refusal: &Refusal) -> Status {
    let code = refusal.code();
    let mut details = ErrorDetails::with_error_info(code.as_str_name(), DOMAIN, HashMap::new());
    if !refusal.field.is_empty() {
        details.add_bad_request_violation(&refusal.field, &refusal.reason);
    }
    if refusal.retry_after_ms > 0 {
        details.set_retry_info(Some(Duration::from_millis(refusal.retry_after_ms)));
    }
    let message = match refusal.field.as_str() {
        "" => refusal.reason.clone(),
        field => format!("{field}: {}", refusal.reason),
    };
    Status::with_error_details(grpc_code(code), message, details)
}

/// The gRPC status that a refusal of this code comes with.
pub fn grpc_code(code: RefusalCode) -> Code {
    match code {
        RefusalCode::FieldMissing
        | RefusalCode::FieldInvalid
        | RefusalCode::TooLarge
        | RefusalCode::LinkInvalid
        | RefusalCode::LinkScheme
        | RefusalCode::LinkHost
        | RefusalCode::ContentForbidden
        | RefusalCode::PurposeUnknown => Code::InvalidArgument,
        RefusalCode::CaseUnknown
        | RefusalCode::TargetUnknown
        | RefusalCode::NoHit
        | RefusalCode::DisclosureUnknown => Code::NotFound,
        RefusalCode::CaseClosed
        | RefusalCode::InstanceCloned
        | RefusalCode::GateMissing
        | RefusalCode::HoldInForce
        | RefusalCode::HoldLapsed
        | RefusalCode::AssessmentsContradict
        | RefusalCode::WindowOpen
        | RefusalCode::ConsentRequired
        | RefusalCode::NotifiedAlready
        | RefusalCode::GrantLive
        | RefusalCode::NoGrant
        | RefusalCode::FenceStale
        | RefusalCode::UnderWay
        | RefusalCode::RoundClosed
        | RefusalCode::RoundOpen
        | RefusalCode::FourEyes
        | RefusalCode::OwnershipState
        | RefusalCode::Disputed
        | RefusalCode::NothingToDo
        | RefusalCode::OutcomeUnfit
        | RefusalCode::AgencyUnfit
        | RefusalCode::NotAccepted
        | RefusalCode::Retired
        | RefusalCode::NotReconciled
        | RefusalCode::BlindOff
        | RefusalCode::EpochOver
        | RefusalCode::DisclosureState
        | RefusalCode::ChangedSince => Code::FailedPrecondition,
        RefusalCode::OfficerUnknown => Code::Unauthenticated,
        RefusalCode::IdConflict => Code::AlreadyExists,
        RefusalCode::AgencyUnknown
        | RefusalCode::AgencySuspended
        | RefusalCode::NotPermitted
        | RefusalCode::NotOwner
        | RefusalCode::NotYourRecord
        | RefusalCode::OwnCause
        | RefusalCode::SignatureMissing
        | RefusalCode::SignatureInvalid => Code::PermissionDenied,
        RefusalCode::RateLimited | RefusalCode::BudgetSpent => Code::ResourceExhausted,
        RefusalCode::Unavailable => Code::Unavailable,
        RefusalCode::Internal | RefusalCode::Unspecified => Code::Internal,
    }
}

fn failed(failure: &Failure) -> Refusal {
    if failure.is_passing() {
        tracing::warn!(cause = %causes(failure), "the database does not write");
        let reason = "the hub cannot write at the moment; the same command may be sent again";
        return Refusal::of(RefusalCode::Unavailable, reason).retry_after_ms(RETRY_MS);
    }
    let id = uuid::Uuid::new_v4();
    tracing::error!(%id, cause = %causes(failure), "a command failed");
    Refusal::of(RefusalCode::Internal, format!("the hub failed; its log names the cause under {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_name_reason_field_and_retry() {
        let refusal = Refusal::at(RefusalCode::RateLimited, "submission_id", "too fast").retry_after_ms(1500);
        let status = refused(&refusal);
        assert_eq!(status.code(), Code::ResourceExhausted);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "REFUSAL_CODE_RATE_LIMITED");
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "submission_id");
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn a_failed_store_tells_nothing_of_itself() {
        let refusal = refusal(Failure::panicked());
        assert_eq!(refusal.code(), RefusalCode::Internal);
        assert!(!refusal.reason.contains("panic"));
    }
}
