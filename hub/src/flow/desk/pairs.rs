//! Pairs that may be one, with both sides as they are: what a person looks at before deciding.

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::{AgencyId, TargetId, v1::TargetView};

use super::{centre, links::examples};
use crate::{
    flow::{Failure, Likeness, Seen, Views, suggested_pairs},
    store::{Connection, StoreError, reasons, resolved},
};

/// Two targets, and why they may be one.
pub(crate) struct Pair {
    /// The first that was named.
    pub(crate) one: Side,
    /// The second.
    pub(crate) other: Side,
    /// Why they may be one, the strongest reason first; none: nothing suggests it, or a person has rejected it.
    pub(crate) reasons: Vec<Likeness>,
    /// How far the pair has come.
    pub(crate) seen: Seen,
}

/// One of them.
pub(crate) struct Side {
    /// The id by which it was named.
    pub(crate) id: TargetId,
    /// The target, or the one of which it is a name.
    pub(crate) view: TargetView,
    /// How many links lead to it.
    pub(crate) links: usize,
    /// Some of them as they were found; none: redacted.
    pub(crate) examples: Vec<Option<String>>,
}

/// A page of the pairs that wait.
pub(crate) struct PairsPage {
    /// The pairs.
    pub(crate) pairs: Vec<Pair>,
    /// Where the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
}

impl Pair {
    /// Both.
    pub(crate) fn sides(&self) -> [&Side; 2] {
        [&self.one, &self.other]
    }

    /// True if somebody has merged them already.
    pub(crate) fn is_one(&self) -> bool {
        self.one.view.target_id == self.other.view.target_id
    }
}

/// What waits, the strongest reason first, at most so many suggestions looked at.
///
/// # Errors
/// If the caller is not the central office, `after` is none that a page named, or the engine fails.
pub(crate) async fn waiting_pairs(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    after: Option<&str>,
    most: i64,
) -> Result<PairsPage, Failure> {
    let page = suggested_pairs(connection, views, caller, after, most).await?;
    let mut pairs = Vec::with_capacity(page.pairs.len());
    for waits in &page.pairs {
        if let (Ok(one), Ok(other)) = (waits.one.parse(), waits.other.parse()) {
            pairs.extend(pair(connection, views, caller, one, other).await?);
        }
    }
    Ok(PairsPage { pairs, next: page.next })
}

/// This pair as it is now, whether or not anything suggests it; none: there is no such target.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn pair(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    one: TargetId,
    other: TargetId,
) -> Result<Option<Pair>, Failure> {
    let viewer = centre(connection, caller).await?.agency.no;
    let numbers = views.target_ids.number(one).zip(views.target_ids.number(other));
    let Some((first, second)) = numbers else { return Ok(None) };
    let first_side = side(connection, views, viewer, one, first).await?;
    let second_side = side(connection, views, viewer, other, second).await?;
    let (Some(one), Some(other)) = (first_side, second_side) else { return Ok(None) };
    let kinds = reasons(connection, first.min(second), first.max(second)).await?;
    let reasons = kinds.into_iter().filter_map(Likeness::from_number).collect();
    let seen = Seen::of(connection, first, second).await?;
    Ok(Some(Pair { one, other, reasons, seen }))
}

async fn side(
    connection: &mut Connection,
    views: &Views,
    viewer: AgencyNo,
    id: TargetId,
    number: TargetNo,
) -> Result<Option<Side>, StoreError> {
    let (roots, _) = resolved(connection, &[number]).await?;
    let (seen, _) = views.of(connection, viewer, &roots).await?;
    let Some(view) = seen.into_iter().next() else { return Ok(None) };
    // Of a name its own link is compared; of a target all that lead to it.
    let (examples, links) = examples(connection, number).await?;
    Ok(Some(Side { id, view, links, examples }))
}
