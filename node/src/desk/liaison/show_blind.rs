//! How blind questions stand: the legal basis, the budget, the epochs and which sets are at hand.

use meldeverbund_proto::{
    node::v1::{BlindSet, ShowBlindRequest, ShowBlindResponse},
    v1::BlindEpoch,
};

use crate::{
    blind::{epochs, is_at_hand},
    desk::DeskError,
    liaison::Token,
    node::Node,
    sync::refusal_of,
};

pub(super) async fn show_blind(
    node: &Node,
    token: &Token,
    _: ShowBlindRequest,
) -> Result<ShowBlindResponse, DeskError> {
    let channel = node.channel().ok_or(DeskError::HubAway)?;
    let shown = epochs(&channel, token)
        .await
        .map_err(|status| refusal_of(&status).map_or(DeskError::HubAway, DeskError::Hub))?;
    let set = |epoch: BlindEpoch| BlindSet {
        at_hand: is_at_hand(&node.config.data_dir, &epoch),
        epoch: epoch.epoch,
        until_us: epoch.until_us,
        entries: epoch.entries,
        one_false_hit_in: epoch.one_false_hit_in,
    };
    Ok(ShowBlindResponse {
        legal_basis: shown.legal_basis,
        budget_per_day: shown.budget_per_day,
        budget_left: shown.budget_left,
        sets: shown.epochs.into_iter().map(set).collect(),
    })
}
