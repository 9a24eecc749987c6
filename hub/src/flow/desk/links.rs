//! A target's links as they were found; a page shows them defanged.

use meldeverbund_domain::TargetNo;
use meldeverbund_proto::{AgencyId, TargetId, leaf::Kind, statement::ReferralStatement};

use super::centre;
use crate::{
    flow::{Failure, Views},
    store::{Connection, EventRow, StoreError, names_of, opened_leaf, resolved},
};

/// Another name of a target.
pub(crate) struct Name {
    /// Its id.
    pub(crate) target: String,
    /// Its link; none: it is redacted.
    pub(crate) link: Option<String>,
    /// True: a host rule named it; false: a person merged it.
    pub(crate) by_rule: bool,
    /// The leaf that says so.
    pub(crate) since_leaf: i64,
}

/// Names of one answer: a page that a person can read.
const NAMES: usize = 200;

/// Links shown as examples: enough to see what they have in common.
const EXAMPLES: usize = 3;

/// The target that goes on, its own link, and its other names in the order in which they became that, at most 200; none: there is
/// no such target.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn names(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    target: TargetId,
) -> Result<Option<(String, Option<String>, Vec<Name>)>, Failure> {
    let centre = centre(connection, caller).await?;
    let Some(number) = views.target_ids.number(target) else { return Ok(None) };
    let (roots, _) = resolved(connection, &[number]).await?;
    let (seen, _) = views.of(connection, centre.agency.no, &roots).await?;
    let (Some(root), Some(view)) = (roots.first().copied(), seen.into_iter().next()) else { return Ok(None) };
    let own = link(connection, root).await?;
    let mut names = Vec::new();
    for alias in names_of(connection, [root]).await?.into_iter().take(NAMES) {
        let (target, link) =
            (views.target_ids.id(alias.target).to_string(), link(connection, alias.target).await?);
        names.push(Name { target, link, by_rule: alias.body.is_none(), since_leaf: alias.since_leaf });
    }
    Ok(Some((view.target_id, own, names)))
}

/// Links that lead to this number, its own first, a few where there are many (none: redacted); and how many there are.
pub(super) async fn examples(
    connection: &mut Connection,
    number: TargetNo,
) -> Result<(Vec<Option<String>>, usize), StoreError> {
    let mut numbers = vec![number];
    numbers.extend(names_of(connection, [number]).await?.into_iter().map(|alias| alias.target));
    let mut examples = Vec::with_capacity(EXAMPLES);
    for number in numbers.iter().take(EXAMPLES) {
        examples.push(link(connection, *number).await?);
    }
    Ok((examples, numbers.len()))
}

/// The link that opened this number, as it was found; none: it is redacted.
pub(super) async fn link(
    connection: &mut Connection,
    number: TargetNo,
) -> Result<Option<String>, StoreError> {
    const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
    let leaf = opened_leaf(connection, number).await?;
    let event = EventRow::range(connection, leaf, 1).await?.pop();
    let Some(event) = event.filter(|event| event.kind == Kind::Referral) else { return Ok(None) };
    let (_, referral) = ReferralStatement::decode(&event.statement, &event.salt).map_err(|_| STATEMENT)?;
    Ok(Some(referral.link))
}
