//! What an event of the feed tells of targets: in full, as another's names, or no more.

use meldeverbund_proto::TargetId;

use super::{StoreError, ToldView, Tx};

/// What one event tells.
#[derive(Debug, Default)]
pub struct Told {
    /// Targets as they are now.
    pub views: Vec<ToldView>,
    /// Names, each with the target that goes on for it.
    pub names: Vec<(TargetId, TargetId)>,
    /// Of these nothing more is told.
    pub gone: Vec<TargetId>,
}

impl Tx {
    /// Keeps what was told at `told_us`. An answer that came beside the feed may know of a merge that an event written before it
    /// does not: its word stands until the feed says otherwise.
    pub async fn keep_told(&mut self, told: Told, told_us: i64) -> Result<(), StoreError> {
        let Told { mut views, mut names, gone } = told;
        let shown = views.iter().map(|told| told.target_id);
        let ids = shown.chain(names.iter().map(|(name, _)| *name)).chain(gone.iter().copied());
        let named = self.names_told(&ids.collect::<Vec<_>>()).await?;
        let is_known = |id: &TargetId| named.get(id).is_some_and(|named_us| *named_us > told_us);
        views.retain(|told| !is_known(&told.target_id));
        names.retain(|(name, _)| !is_known(name));
        // Whatever is told as a target, or as one of which nothing more is told, is another's name no more.
        let own = views.iter().map(|told| told.target_id).chain(gone.iter().copied());
        let own = own.filter(|id| !is_known(id) && names.iter().all(|(name, _)| name != id));
        let own: Vec<_> = own.collect();
        self.keep_views(views, told_us).await?;
        // Before anything is forgotten: what is kept under a name goes on under its target.
        self.keep_names(&own, &names, told_us).await?;
        self.forget_targets(&gone, told_us).await
    }
}
