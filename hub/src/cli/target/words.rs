//! Codes of the contract as people read them, and times.

use meldeverbund_proto::v1::{DueKind, GateState, Outcome, OwnerBasis, Responsibility, Role, Stage};

/// `OWNER_BASIS_FIRST_SEISED` as `first seised`.
fn plain(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_ascii_lowercase().replace('_', " ")
}

pub(in crate::cli) fn stage(stage: Stage) -> String {
    plain(stage.as_str_name(), "STAGE_")
}

pub(super) fn basis(basis: OwnerBasis) -> String {
    plain(basis.as_str_name(), "OWNER_BASIS_")
}

pub(super) fn responsibility(responsibility: Responsibility) -> String {
    plain(responsibility.as_str_name(), "RESPONSIBILITY_")
}

pub(super) fn role(role: Role) -> String {
    match role {
        Role::Unspecified => "central office".into(),
        role => plain(role.as_str_name(), "ROLE_"),
    }
}

pub(super) fn outcome(outcome: Outcome) -> String {
    plain(outcome.as_str_name(), "OUTCOME_")
}

pub(super) fn due(kind: DueKind) -> String {
    plain(kind.as_str_name(), "DUE_KIND_")
}

pub(super) fn gate(state: GateState) -> String {
    match state {
        GateState::Unspecified => "not set".into(),
        state => plain(state.as_str_name(), "GATE_STATE_"),
    }
}

/// An instant in UTC, to the second.
pub(super) fn time(us: i64) -> String {
    match jiff::Timestamp::from_microsecond(us) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => format!("{us} µs"),
    }
}
