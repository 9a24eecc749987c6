//! Rejected pairs do not come back for the same reason.

use meldeverbund_domain::{TargetNo, order::unknown};

use super::{Deciding, PairAnswer};
use crate::store::{StoreError, Tx, targets_by_number};

impl Deciding<'_> {
    /// The pair is not one, for every reason that suggests it now.
    pub(super) async fn reject(
        &self,
        tx: &mut Tx<'_>,
        one: TargetNo,
        other: TargetNo,
    ) -> Result<PairAnswer, StoreError> {
        if one == other || targets_by_number(tx.reading(), [one, other]).await?.len() < 2 {
            return Ok(PairAnswer::refused(unknown()));
        }
        tx.reject_suggestions(&[one], &[other], self.context.leaf).await?;
        Ok(self.pair(one, other))
    }

    /// The pair may be suggested again.
    pub(super) async fn suggest_again(
        &self,
        tx: &mut Tx<'_>,
        one: TargetNo,
        other: TargetNo,
    ) -> Result<PairAnswer, StoreError> {
        tx.reopen_suggestions(one, other).await?;
        Ok(self.pair(one, other))
    }

    /// What a person has split is not suggested again for what suggested it.
    pub(super) async fn reject_apart(
        &self,
        tx: &mut Tx<'_>,
        going: &[TargetNo],
        staying: &[TargetNo],
        root: TargetNo,
    ) -> Result<(), StoreError> {
        let staying: Vec<_> = staying.iter().copied().chain([root]).collect();
        tx.reject_suggestions(going, &staying, self.context.leaf).await
    }

    fn pair(&self, one: TargetNo, other: TargetNo) -> PairAnswer {
        let id = |no| self.target_ids.id(no).to_string();
        PairAnswer { target_id: id(one), name_id: id(other), ..PairAnswer::default() }
    }
}
