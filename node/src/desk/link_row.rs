//! Referrals as the desk shows them.

use std::collections::HashSet;

use meldeverbund_proto::{
    node::v1::{LinkRow, LinkState},
    v1::AgencyCard,
};

use crate::store::{Rejected, StoreError, StoredLink, Tx};

/// A referral and what became of it.
pub(super) fn link_row(link: &StoredLink) -> LinkRow {
    LinkRow {
        referral: link.place.referral.unsigned_abs(),
        link: link.referral.link.clone(),
        case_number: link.case_number.clone(),
        hand_in: link.hand_in.map_or(0, i64::unsigned_abs),
        line: link.line,
        state: state(link.state).into(),
        verdict: link.verdict.unwrap_or(0),
        target_id: link.target_id.map_or_else(String::new, |id| id.to_string()),
        owner_agency_id: link.owner.clone().unwrap_or_default(),
        owner_basis: link.basis,
        stage: link.stage,
        round: link.round,
        role: link.role,
        refusal: link.refusal.clone(),
        handed_in_at_us: link.composed_us,
        answered_at_us: link.answered_us.unwrap_or(0),
    }
}

/// A row that is no referral.
pub(super) fn rejected_row(rejected: Rejected, hand_in: u64, case_number: &str) -> LinkRow {
    LinkRow {
        link: rejected.input,
        case_number: case_number.to_owned(),
        hand_in,
        line: rejected.line,
        state: LinkState::Rejected.into(),
        refusal: Some(rejected.refusal),
        ..LinkRow::default()
    }
}

/// The cards of the agencies that the rows name.
pub(super) async fn cards(tx: &mut Tx, rows: &[LinkRow]) -> Result<Vec<AgencyCard>, StoreError> {
    let named: HashSet<&str> = rows.iter().map(|row| row.owner_agency_id.as_str()).collect();
    Ok(tx.agencies().await?.into_iter().filter(|card| named.contains(card.agency_id.as_str())).collect())
}

fn state(number: i64) -> LinkState {
    match number {
        2 => LinkState::Answered,
        3 => LinkState::HeldUp,
        _ => LinkState::Waiting,
    }
}

/// The number under which the store keeps a state.
pub(super) fn state_number(state: LinkState) -> Option<i64> {
    match state {
        LinkState::Unspecified | LinkState::Rejected => None,
        LinkState::Waiting => Some(1),
        LinkState::Answered => Some(2),
        LinkState::HeldUp => Some(3),
    }
}
