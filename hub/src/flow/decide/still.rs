//! What must still be so when a decision is taken, as whoever takes it at a page saw it. A condition and no content: what was
//! carried out is answered again whatever has happened since.

#[cfg(feature = "console")]
use meldeverbund_domain::{AgencyNo, order::unknown};

use super::Decide;
#[cfg(feature = "console")]
use crate::flow::desk::OwnProceeding;
use crate::{
    flow::{
        Failure,
        since::{changed_since, newest_leaf},
    },
    store::Tx,
};

#[cfg(feature = "console")]
impl Decide {
    /// Only if nobody decided on the targets since: `seen` is the newest leaf that decided on each, in their order, 0: none had.
    #[must_use]
    pub fn if_still(self, seen: Vec<i64>) -> Self {
        Self { seen, ..self }
    }

    /// Only on targets of this proceeding, and only if it is the person's own.
    #[must_use]
    pub(crate) fn only_in(self, proceeding: OwnProceeding) -> Self {
        Self { proceeding: Some(proceeding), ..self }
    }

    /// Refuses the whole decision where a target is not of the person's proceeding, or not any more: like one that there is not.
    pub(super) async fn compare_with_own(&self, tx: &mut Tx<'_>, office: AgencyNo) -> Result<(), Failure> {
        let Some(proceeding) = &self.proceeding else { return Ok(()) };
        match proceeding.has_all(tx.reading(), office, &self.targets).await? {
            true => Ok(()),
            false => Err(unknown().into()),
        }
    }
}

impl Decide {
    /// Refuses where somebody has decided on a target since it was looked at.
    pub(super) async fn compare_with_seen(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        for (target, seen) in self.targets.iter().zip(&self.seen) {
            let Some(target) = target else { continue };
            if newest_leaf(tx.reading(), *target).await? != *seen {
                return Err(changed_since("target_ids").into());
            }
        }
        Ok(())
    }
}
