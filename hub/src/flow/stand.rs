//! Why nothing is written while the database is behind what was signed.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use crate::ledger::Standing;

/// When to ask again: a person has to see to it.
const RETRY_MS: u64 = 60_000;

/// Refuses, unless the database is sound.
pub(super) fn refusal(standing: Standing) -> Result<(), Refusal> {
    match standing {
        Standing::Sound => Ok(()),
        Standing::Behind(behind) => {
            Err(Refusal::of(RefusalCode::Unavailable, behind.to_string()).retry_after_ms(RETRY_MS))
        }
    }
}
