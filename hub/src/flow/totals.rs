//! How much there is, for people who run and oversee it: numbers alone.

use meldeverbund_proto::v1::Stage;

use super::Failure;
use crate::store::{Connection, Counts};

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Agencies.
    pub agencies: i64,
    /// Leaves of the ledger.
    pub leaves: i64,
    /// Targets, by where they stand.
    pub stages: Vec<(Stage, i64)>,
}

impl Totals {
    /// All targets.
    pub fn targets(&self) -> i64 {
        self.stages.iter().map(|(_, count)| count).sum()
    }
}

/// Counts.
///
/// # Errors
/// If the engine fails.
pub async fn totals(connection: &mut Connection) -> Result<Totals, Failure> {
    let stages = Counts::targets_by_stage(connection).await?;
    let counts = Counts::read(connection).await?;
    Ok(Totals { agencies: counts.agencies, leaves: counts.leaves, stages })
}
