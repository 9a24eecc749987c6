//! One turn at the job: what is over goes, the next epoch is made when it is time, and what is new comes to the sets.

use super::{
    Blind,
    build::build,
    extend::extend,
    forget::{DropSet, ForgetBlindKeys},
    holding::Holding,
};
use crate::{
    clock::now_us,
    flow::{Failure, Hub},
    store::BlindEpochRow,
};

/// Takes a turn; false if another hub does the job. The random bytes become the next epoch's nonce and its leaf's salt, if one is
/// made.
///
/// # Errors
/// If the database fails: what was done stays, and the next turn goes on.
pub async fn see_to_blind(hub: &Hub, blind: &Blind, random: [[u8; 32]; 2]) -> Result<bool, Failure> {
    let _one = blind.turn.lock().await;
    let Some(mut holding) = Holding::take(hub).await? else { return Ok(false) };
    let done = turn(&mut holding, blind, random).await;
    holding.give_back().await;
    done
}

async fn turn(
    holding: &mut Holding<'_>,
    blind: &Blind,
    [nonce, salt]: [[u8; 32]; 2],
) -> Result<bool, Failure> {
    let hub = holding.hub();
    if !tidy(holding).await? {
        return Ok(false);
    }
    let live = BlindEpochRow::live(&mut *hub.reader().await?).await?;
    // Two hubs with two seeds would end each other's epochs for ever.
    live.iter().try_for_each(|row| blind.key(row).map(drop))?;
    let in_office = live.into_iter().next().filter(|row| row.until_us.is_none());
    let is_due = in_office.is_none_or(|row| row.from_us + blind.settings().epoch_us() <= now_us(hub.clock()));
    if is_due {
        let Some(epoch) = build(holding, blind, nonce, salt).await? else { return Ok(false) };
        metrics::counter!("meldeverbund_blind_epochs_total").increment(1);
        tracing::info!(epoch, "blind.epoch");
    }
    for row in BlindEpochRow::live(&mut *hub.reader().await?).await? {
        if !extend(holding, blind, row).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Forgets the keys of epochs that are over, and drops their sets.
async fn tidy(holding: &mut Holding<'_>) -> Result<bool, Failure> {
    let hub = holding.hub();
    let live = BlindEpochRow::live(&mut *hub.reader().await?).await?;
    let now_us = now_us(hub.clock());
    let over: Vec<_> =
        live.iter().filter(|row| row.until_us.is_some_and(|until_us| until_us <= now_us)).collect();
    if over.is_empty() {
        return Ok(true);
    }
    if holding.run(ForgetBlindKeys { all: false }).await?.is_none() {
        return Ok(false);
    }
    for row in over {
        loop {
            match holding.run(DropSet { epoch: row.epoch }).await? {
                Some(true) => {}
                Some(false) => break,
                None => return Ok(false),
            }
        }
    }
    Ok(true)
}
