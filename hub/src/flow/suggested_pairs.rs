//! The central office's list of what may be one: pairs that wait, the strongest reason first.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::{
    AgencyId, TargetId,
    v1::{Refusal, RefusalCode},
};
use serde::Serialize;

use super::{Failure, Views, admit, compare::Likeness, states::Members};
use crate::store::{Connection, SuggestionRow, reasons, resolved, targets_by_number, waiting};

/// A pair that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuggestedPair {
    /// The older target.
    pub one: String,
    /// The younger one.
    pub other: String,
    /// Who is responsible for them.
    pub owners: [String; 2],
    /// Why they may be one, the strongest reason first.
    pub reasons: Vec<&'static str>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairPage {
    /// The pairs.
    pub pairs: Vec<SuggestedPair>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// What waits, at most so many rows looked at. A pair with several reasons stands where the strongest of them does.
///
/// # Errors
/// If the caller is not the central office, `after` is none that a page named, or the engine fails.
pub async fn suggested_pairs(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    after: Option<&str>,
    most: i64,
) -> Result<PairPage, Failure> {
    if !admit(connection, caller).await?.agency.is_central() {
        return Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may see this").into());
    }
    let place = after.map_or(Some((0, TargetNo(0), TargetNo(0))), |text| place(views, text));
    let place = place.ok_or_else(|| Refusal::invalid("after", "is no place in the list"))?;
    let rows = waiting(connection, place, most).await?;
    let all: Vec<_> = rows.iter().flat_map(|row| [row.one, row.other]).collect();
    let (now, names) = resolved(connection, &all).await?;
    let root = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
    let owners: HashMap<TargetNo, AgencyNo> =
        targets_by_number(connection, now).await?.iter().map(|one| (one.no, one.ownership.owner)).collect();
    let members = Members::read(connection, &views.policies).await?;
    let owner = |number| owners.get(&root(number)).map(|no| members.id(*no)).unwrap_or_default();
    let id = |number| views.target_ids.id(number).to_string();
    let mut pairs = Vec::new();
    // What is one by now, whoever decided that, waits no more.
    for row in rows.iter().filter(|row| root(row.one) != root(row.other)) {
        let kinds = reasons(connection, row.one, row.other).await?;
        if kinds.first() != Some(&row.kind) {
            continue;
        }
        let reasons = kinds.into_iter().filter_map(Likeness::from_number).map(Likeness::words).collect();
        let owners = [owner(row.one), owner(row.other)];
        pairs.push(SuggestedPair { one: id(row.one), other: id(row.other), owners, reasons });
    }
    let full = i64::try_from(rows.len()).is_ok_and(|read| read == most);
    let named = |row: &SuggestionRow| format!("{}.{}.{}", row.kind, id(row.one), id(row.other));
    Ok(PairPage { pairs, next: rows.last().filter(|_| full).map(named) })
}

fn place(views: &Views, text: &str) -> Option<(i64, TargetNo, TargetNo)> {
    let mut parts = text.split('.');
    let kind = parts.next()?.parse().ok()?;
    let mut number = || views.target_ids.number(parts.next()?.parse::<TargetId>().ok()?);
    Some((kind, number()?, number()?))
}
