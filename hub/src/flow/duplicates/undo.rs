//! An earlier decision is undone: what it merged is split, what it split is merged, what it rejected may be suggested again.

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::{
    CommandId, TargetId,
    leaf::Kind,
    statement::{Act, DuplicatesStatement},
    v1::{Refusal, RefusalCode},
};

use super::{Ask, Judged};
use crate::{
    flow::Failure,
    store::{EventRow, StoreError, TargetIds, Tx, alias},
};

/// What undoing asks of each pair, the last one first.
pub(super) async fn asks(
    tx: &mut Tx<'_>,
    target_ids: &TargetIds,
    agency: AgencyNo,
    undone: CommandId,
) -> Result<Vec<Ask>, Failure> {
    let none = || Refusal::at(RefusalCode::NothingToDo, "undone", "there is no such decision on duplicates");
    let known = tx.command(agency, undone).await?.ok_or_else(none)?;
    let event = EventRow::range(tx.reading(), known.first_leaf, 1).await?.pop();
    let event = event.filter(|event| event.kind == Kind::Duplicates).ok_or_else(none)?;
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    let said = DuplicatesStatement::decode(&event.statement).map_err(unreadable)?;
    let answers = Judged::stored(&known.verdict)?.answers;
    let mut asks = Vec::new();
    for (at, answer) in answers.iter().enumerate().rev().filter(|(_, answer)| answer.refusal.is_none()) {
        let number = |id: &str| id.parse::<TargetId>().ok().and_then(|id| target_ids.number(id));
        let pair = number(&answer.target_id).zip(number(&answer.name_id));
        asks.push(match (said.act, pair) {
            (Act::Undo, _) => {
                let reason = "an undo is not undone; decide anew";
                return Err(Refusal::at(RefusalCode::NothingToDo, "undone", reason).into());
            }
            (Act::Merge, Some((target, name))) => merged(tx, target, name, known.first_leaf).await?,
            (Act::Split, Some((target, name))) => Ask::Merge(target, name),
            (Act::Reject, _) => {
                let pair = said.pairs.get(at);
                let numbers =
                    pair.and_then(|(one, other)| target_ids.number(*one).zip(target_ids.number(*other)));
                numbers.map_or(Ask::Unknown, |(one, other)| Ask::Suggest(one, other))
            }
            (_, None) => Ask::Unknown,
        });
    }
    if asks.is_empty() { Err(none().into()) } else { Ok(asks) }
}

/// Only what that decision merged, and what is still so, is split.
async fn merged(tx: &mut Tx<'_>, target: TargetNo, name: TargetNo, leaf: i64) -> Result<Ask, StoreError> {
    let stands = alias(tx.reading(), name).await?.is_some_and(|alias| alias.since_leaf == leaf);
    Ok(if stands {
        Ask::Split(name, target)
    } else {
        Ask::Refuse("this pair is not one by that decision any more")
    })
}
