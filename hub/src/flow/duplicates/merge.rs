//! Two targets become one.

use meldeverbund_domain::{
    TargetNo,
    order::{Merge, Side, merge, unknown},
};

use super::{Deciding, PairAnswer, changes::Told};
use crate::{
    flow::views::MERGE,
    store::{AliasRow, StoreError, Tx, names_of, opened_leaf, roots},
};

impl Deciding<'_> {
    pub(super) async fn merge(
        &self,
        tx: &mut Tx<'_>,
        one: TargetNo,
        other: TargetNo,
        told: &mut Told,
    ) -> Result<PairAnswer, StoreError> {
        let names = roots(tx.reading(), [one, other]).await?;
        let now = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
        let (Some(one), Some(other)) = (self.side(tx, now(one)).await?, self.side(tx, now(other)).await?)
        else {
            return Ok(PairAnswer::refused(unknown()));
        };
        let before = [one.state.clone(), other.state.clone()];
        let Merge { whole, alias, apart } = match merge(one, other, &self.context) {
            Ok(merged) => merged,
            Err(refusal) => return Ok(PairAnswer::refused(refusal)),
        };
        let (root, name) = (whole.target.no, alias.target.no);
        let moved: Vec<_> =
            names_of(tx.reading(), [name]).await?.into_iter().map(|alias| alias.target).collect();
        tx.move_aliases(&moved, root).await?;
        let body = serde_json::to_string(&apart).expect("a life has no maps with keys other than text");
        let since_leaf = self.context.leaf;
        tx.add_aliases(&[AliasRow { target: name, into: root, root, since_leaf, body: Some(body) }]).await?;
        tx.carry_bindings(&[name], root).await?;
        self.put(tx, [&whole, &alias]).await?;
        // With the names that go on: who is told late must not have to guess whose they are.
        let targets = [root, name].into_iter().chain(moved);
        told.note(self, MERGE, &[&before[0], &before[1], &whole], targets);
        self.note(told, [&whole, &alias], Some(root));
        Ok(self.answer([&whole, &alias]))
    }

    async fn side(&self, tx: &mut Tx<'_>, target: TargetNo) -> Result<Option<Side>, StoreError> {
        let Some(state) = self.state(tx, target).await? else { return Ok(None) };
        let opened_leaf = opened_leaf(tx.reading(), target).await?;
        Ok(Some(Side { state, opened_leaf }))
    }
}
