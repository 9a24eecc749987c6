//! The epochs that can be asked, and what is left of the day's budget.

use meldeverbund_blind::filter::ONE_FALSE_HIT_IN;
use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::{BlindEpoch, Refusal, RefusalCode, ShowEpochsResponse};

use super::{Blind, is_evaluated};
use crate::{
    clock::now_us,
    flow::{Failure, Hub},
    store::{BlindEpochRow, blind_budget},
};

/// When to ask again while the first set is being made.
const RETRY_MS: u64 = 30_000;

/// Shows the epochs to a liaison body.
///
/// # Errors
/// If there is none yet, or the database fails.
pub async fn show_blind(hub: &Hub, blind: &Blind, agency: AgencyNo) -> Result<ShowEpochsResponse, Failure> {
    let mut reader = hub.reader().await?;
    let (now_us, settings) = (now_us(hub.clock()), blind.settings());
    let live = BlindEpochRow::live(&mut reader).await?;
    let epochs: Vec<_> =
        live.iter().filter(|row| is_evaluated(row, now_us)).map(|row| shown(row, blind, now_us)).collect();
    if epochs.is_empty() {
        let reason = "the first set of blind questions is being made";
        return Err(Refusal::of(RefusalCode::Unavailable, reason).retry_after_ms(RETRY_MS).into());
    }
    let left = blind_budget(&mut reader, agency).await?.left(now_us, settings.elements_per_day);
    Ok(ShowEpochsResponse {
        epochs,
        legal_basis: settings.legal_basis.clone(),
        budget_per_day: settings.elements_per_day.into(),
        budget_left: u64::try_from(left).unwrap_or(0),
    })
}

fn shown(row: &BlindEpochRow, blind: &Blind, now_us: i64) -> BlindEpoch {
    let settings = blind.settings();
    // In office as long as its successor is late, and evaluated for a while after that.
    let next_us = (row.from_us + settings.epoch_us()).max(now_us);
    BlindEpoch {
        epoch: row.epoch,
        public_key: row.public_key.to_vec(),
        from_us: row.from_us,
        until_us: row.until_us.unwrap_or(next_us + settings.overlap_us()),
        entries: (row.entries + row.added).cast_unsigned(),
        one_false_hit_in: ONE_FALSE_HIT_IN,
        newest_increment: row.newest_increment,
        filter_digest: row.filter_digest.to_vec(),
        leaf_index: row.leaf.cast_unsigned(),
    }
}
