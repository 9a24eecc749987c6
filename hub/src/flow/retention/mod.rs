//! Retention: what the terms say has to go, goes, in slices behind whoever waits.
//!
//! What may go is looked for beside the writer ([`plan`]) and looked at again under its lock ([`redact`]): what came under
//! way in between stays. Nothing is redacted of which no class has a term.

mod plan;
mod redact;

use meldeverbund_domain::retention::{Class, Terms};
use meldeverbund_proto::leaf::Salt;

use self::plan::Planner;
pub use self::redact::{Redact, Redacted};
use super::{Failure, Hub, LeasedJob, Turn};
use crate::clock::now_us;

/// What became of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    /// The class.
    pub class: Class,
    /// The term of what was recorded before has passed, microseconds since 1970 UTC.
    pub before_us: i64,
    /// Leaves that were redacted, or would be.
    pub leaves: u64,
    /// Leaves that are kept because their texts do not make their hash: somebody changed them behind the ledger's back.
    pub tampered: u64,
}

/// How retention runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Only counts what would go.
    Dry,
    /// Redacts, whoever else does.
    Now,
    /// Redacts as long as the job's lease has not passed on since it had this fence.
    Under(i64),
}

/// Redacts all that the terms say. A dry run only counts; of cases those that could go at once, without waiting for
/// referrals of theirs that would go first.
///
/// # Errors
/// If the database fails. What was redacted before stays so, and the next run goes on.
pub async fn retain(
    hub: &Hub,
    terms: &Terms,
    salt: impl Fn() -> Salt + Send + Sync,
    run: Run,
) -> Result<Vec<Retained>, Failure> {
    let mut done = Vec::new();
    for (class, term) in terms.in_force() {
        let before_us = term.before_us(now_us(hub.clock()));
        let mut planner = Planner::new(&mut *hub.reader().await?, class, before_us).await?;
        let mut sum = Redacted::default();
        loop {
            // A reader is not held while a slice waits for its turn.
            let mut reader = hub.reader().await?;
            let slices = planner.next(&mut reader, hub.store().target_ids()).await?;
            drop(reader);
            let Some(slices) = slices else { break };
            for slice in slices {
                if run == Run::Dry {
                    sum.leaves += slice.len() as u64;
                    continue;
                }
                let (basis, target_ids) = (term.basis().to_owned(), hub.store().target_ids().clone());
                let redact = Redact { class, basis, before_us, leaves: slice, salt: salt(), target_ids };
                let redacted = match run {
                    Run::Under(fence) => {
                        let turn = hub.leases().turn(LeasedJob::Retention, redact).under(Some(fence));
                        match hub.run(turn).await? {
                            Turn::Mine(redacted, _) => redacted,
                            // Whoever has it now goes on from what is left.
                            Turn::Others => return Ok(done),
                        }
                    }
                    Run::Dry | Run::Now => hub.run(redact).await?,
                };
                let Redacted { leaves, tampered } = redacted;
                sum.leaves += leaves;
                sum.tampered += tampered;
            }
        }
        done.push(Retained { class, before_us, leaves: sum.leaves, tampered: sum.tampered });
    }
    Ok(done)
}
