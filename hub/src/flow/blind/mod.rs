//! Blind questions: hit or no hit, without the hub learning what was asked.
//!
//! An **epoch** is a key and the set that was made under it: a filter, and increments since. A job makes the next one while the
//! one in office goes on ([`see_to_blind`]); a question is recorded like an open one, and then evaluated ([`evaluate_blind`]). The
//! arithmetic is `meldeverbund_blind`'s; who learns what stands in docs/blind-queries.md.

mod begin;
mod build;
mod evaluate;
mod extend;
mod forget;
mod gather;
mod holding;
mod seed;
mod set;
mod show;
mod turn;

use std::{path::Path, sync::Arc};

use meldeverbund_blind::EpochKey;
use meldeverbund_domain::{blind::Settings, liaison};
use meldeverbund_proto::v1::{Refusal, RefusalCode};
use tokio::sync::Mutex;

pub use evaluate::{CountBlind, Counted, evaluate_blind};
pub use forget::ForgetBlindKeys;
use seed::Seed;
pub use seed::SeedError;
pub use set::{Piece, Set};
pub use show::show_blind;
pub use turn::see_to_blind;

use super::Failure;
use crate::store::{BlindEpochRow, Connection};

/// What a hub answers blind questions with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blind {
    settings: Arc<Settings>,
    liaison: Arc<liaison::Settings>,
    seed: Arc<Seed>,
    /// One process takes one turn at a time.
    turn: Arc<Mutex<()>>,
}

impl Blind {
    /// Reads the seed of the epochs' keys from this file, or makes it if there is neither a file nor an epoch.
    ///
    /// # Errors
    /// If the file cannot be used, or the live epochs' keys were made of another seed.
    pub async fn open(
        path: &Path,
        settings: Settings,
        liaison: liaison::Settings,
        connection: &mut Connection,
        random: [u8; 32],
    ) -> Result<Self, SeedError> {
        let seed = Seed::open(path, &BlindEpochRow::live(connection).await?, random)?;
        let (settings, liaison) = (Arc::new(settings), Arc::new(liaison));
        Ok(Self { settings, liaison, seed: Arc::new(seed), turn: Arc::default() })
    }

    /// What was agreed.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What was agreed of liaison's questions of either kind.
    pub fn liaison(&self) -> &liaison::Settings {
        &self.liaison
    }

    /// An epoch's key.
    ///
    /// # Errors
    /// If the epoch is over, or its key was made of another seed since this hub was started.
    fn key(&self, row: &BlindEpochRow) -> Result<EpochKey, Refusal> {
        let over =
            || Refusal::at(RefusalCode::EpochOver, "epoch", "is not one that can be asked; fetch the newest");
        let key = self.seed.key(&row.nonce.ok_or_else(over)?, row.epoch);
        if key.public().to_bytes() == row.public_key {
            return Ok(key);
        }
        tracing::error!(
            epoch = row.epoch,
            "blind.seed: another hub has made this epoch's key of another seed"
        );
        let reason = "this hub does not have the epoch's key; another one has";
        Err(Refusal::of(RefusalCode::Unavailable, reason).retry_after_ms(RETRY_MS))
    }
}

/// When to ask again: another hub may answer.
const RETRY_MS: u64 = 5_000;

/// Whether an epoch is evaluated at this time. The one in office is, also when its successor is late: there is no gap.
fn is_evaluated(row: &BlindEpochRow, now_us: i64) -> bool {
    row.nonce.is_some() && row.until_us.is_none_or(|until_us| now_us < until_us)
}

/// A blocking computation, off the tasks that serve.
async fn off_line<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(body).await.map_err(|_| Failure::panicked())
}
