//! Disclosures whose time runs: at half of it who is asked is reminded, at its end the central office sees to it.

use meldeverbund_proto::v1::DisclosureState;

use super::tell;
use crate::{
    flow::{Command, Failure, Lane},
    store::Tx,
};

/// Disclosures that one turn looks at.
const DISCLOSURES: i64 = 200;

/// Reminds and escalates.
#[derive(Debug, Clone, Copy)]
pub struct SeeToDisclosures;

impl Command for SeeToDisclosures {
    /// True if there may be more.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let due = tx.due_disclosures(DISCLOSURES).await?;
        let more = i64::try_from(due.len()).is_ok_and(|count| count == DISCLOSURES);
        if due.is_empty() {
            return Ok(false);
        }
        let agencies = tx.agencies().await?;
        let central: Vec<_> =
            agencies.iter().filter(|row| row.agency.is_central()).map(|row| row.agency.no).collect();
        for mut row in due {
            if tx.now_us() < row.due_us {
                (row.reminded, row.look_us) = (true, Some(row.due_us));
                tx.put_disclosure(&row).await?;
                tell(tx, &row, [row.asked]).await?;
            } else {
                (row.escalated, row.look_us, row.state) = (true, None, DisclosureState::Escalated);
                tx.put_disclosure(&row).await?;
                tell(tx, &row, central.iter().copied().chain([row.asked, row.agency])).await?;
            }
        }
        Ok(more)
    }
}
