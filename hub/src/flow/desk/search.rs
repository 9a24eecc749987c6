//! One question, whatever it may be: a target's id, a link, a case of the central office, a host.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::{AgencyId, CanonicalLink, TargetId, link::refang, v1::TargetView};

use super::{centre, links::link};
use crate::{
    flow::{Failure, Views, noted},
    store::{
        Connection, bound_for_liaison, case_of_number, noted as noted_targets, noted_until, resolved,
        targets_by_link,
    },
};

/// Targets of one page.
const PAGE: i64 = 50;

/// What the question was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A target's id.
    Target,
    /// A link.
    Link,
    /// The number of a case of the central office.
    Case,
    /// A host, or the domain of hosts.
    Host,
}

/// What was found, taken for one of these.
pub(crate) struct Found {
    /// For which.
    pub(crate) what: What,
    /// The targets; none: nothing was found.
    pub(crate) rows: Vec<Row>,
    /// The id after which the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
    /// What was not looked through yet; none: everything was.
    pub(crate) behind: Option<Behind>,
}

/// How far links are noted by host and case, where that is not as far as the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behind {
    /// When the last entry of the ledger was recorded that was looked through, microseconds since 1970 UTC; none: none was.
    pub(crate) until_us: Option<i64>,
    /// Entries that were looked through.
    pub(crate) done: i64,
    /// Entries that there are.
    pub(crate) all: i64,
}

/// A target that was found.
pub(crate) struct Row {
    /// The target.
    pub(crate) view: TargetView,
    /// The name by which it was found, where that is another.
    pub(crate) name: Option<String>,
    /// The link that was found, or the one that opened the target; none: it is redacted.
    pub(crate) link: Option<String>,
}

impl What {
    /// All.
    pub(crate) const ALL: [Self; 4] = [Self::Target, Self::Link, Self::Case, Self::Host];

    /// Its word, in forms and texts.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Link => "link",
            Self::Case => "case",
            Self::Host => "host",
        }
    }
}

/// Answers for everything that the text may be; nothing where it can be none of them. `after`: the next page of one of them.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn search(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    text: &str,
    after: Option<(What, TargetId)>,
) -> Result<Vec<Found>, Failure> {
    let centre = centre(connection, caller).await?.agency.no;
    let mut looking = Looking { connection, views, centre };
    let text = text.trim();
    if let Ok(id) = text.to_ascii_lowercase().parse::<TargetId>() {
        let numbers: Vec<_> = views.target_ids.number(id).into_iter().collect();
        return Ok(vec![looking.found(What::Target, &numbers).await?]);
    }
    let mut found = Vec::new();
    let wanted = |what: What| after.is_none_or(|(of, _)| of == what);
    let from = after.and_then(|(_, id)| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    if wanted(What::Case)
        && let Some(case) = case_of_number(looking.connection, centre, text).await?
    {
        let targets = looking.page(What::Case, noted::OWN_CASE, noted::case(case), from).await?;
        found.push(looking.still_bound(targets, case).await?);
    }
    let link = refang(text);
    if let Some(link) = as_link(&link).filter(|_| wanted(What::Link)) {
        let numbers: Vec<_> = targets_by_link(looking.connection, [link.id()]).await?;
        let numbers: Vec<_> = numbers.into_iter().map(|(_, own, _)| own).collect();
        found.push(looking.found(What::Link, &numbers).await?);
    } else if let Some(link) = as_host(&link).filter(|_| wanted(What::Host)) {
        let place = noted::place(link.host());
        found.push(looking.page(What::Host, noted::HOST, place, from).await?);
    }
    Ok(found)
}

/// A link, with its scheme or, where a path follows a host, without one.
fn as_link(text: &str) -> Option<CanonicalLink> {
    if text.contains("://") {
        return CanonicalLink::parse(text).ok();
    }
    let (host, _) = text.split_once(['/', '?'])?;
    // "12/26" is a case and no host.
    host.contains('.').then(|| CanonicalLink::parse(&format!("https://{text}")).ok())?
}

/// A host by itself, as the link that leads there.
fn as_host(text: &str) -> Option<CanonicalLink> {
    let named = text.contains('.') && !text.contains(['/', '?', '#', '@', ' ']);
    named.then(|| CanonicalLink::parse(&format!("https://{text}/")).ok())?
}

struct Looking<'a> {
    connection: &'a mut Connection,
    views: &'a Views,
    centre: AgencyNo,
}

impl Looking<'_> {
    async fn page(&mut self, what: What, kind: i64, digest: i64, from: TargetNo) -> Result<Found, Failure> {
        let numbers = noted_targets(self.connection, kind, digest, from, PAGE).await?;
        let full = i64::try_from(numbers.len()).is_ok_and(|read| read == PAGE);
        let next = numbers.last().filter(|_| full).map(|last| self.views.target_ids.id(*last).to_string());
        let (done, all, until_us) = noted_until(self.connection).await?;
        let behind = (done < all).then_some(Behind { until_us, done, all });
        Ok(Found { next, behind, ..self.found(what, &numbers).await? })
    }

    /// Without those from which the case was withdrawn.
    async fn still_bound(
        &mut self,
        found: Found,
        case: meldeverbund_domain::CaseNo,
    ) -> Result<Found, Failure> {
        let number = |id: &str| id.parse().ok().and_then(|id| self.views.target_ids.number(id));
        let numbers = found.rows.iter().filter_map(|row| number(&row.view.target_id));
        let bound = bound_for_liaison(self.connection, numbers.collect::<Vec<_>>()).await?;
        let is_bound = |row: &Row| {
            let target = number(&row.view.target_id);
            bound.iter().any(|(of, bound_case, _)| Some(*of) == target && *bound_case == case)
        };
        Ok(Found { rows: found.rows.into_iter().filter(is_bound).collect(), ..found })
    }

    async fn found(&mut self, what: What, numbers: &[TargetNo]) -> Result<Found, Failure> {
        let (roots, names) = resolved(self.connection, numbers).await?;
        let (seen, _) = self.views.of(self.connection, self.centre, &roots).await?;
        let seen: HashMap<String, TargetView> =
            seen.into_iter().map(|view| (view.target_id.clone(), view)).collect();
        let id = |number: TargetNo| self.views.target_ids.id(number).to_string();
        let mut rows = Vec::with_capacity(numbers.len());
        for number in numbers {
            let root = names.get(number).copied().unwrap_or(*number);
            let Some(view) = seen.get(&id(root)).cloned() else { continue };
            let name = (root != *number).then(|| id(*number));
            rows.push(Row { view, name, link: link(self.connection, *number).await? });
        }
        Ok(Found { what, rows, next: None, behind: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_question_may_be() {
        let is = |text: &str| {
            let text = refang(text);
            (as_link(&text).is_some(), as_host(&text).is_some())
        };
        for (text, expected) in [
            ("https://files.example/a", (true, false)),
            ("hxxps://files[.]example/a", (true, false)),
            ("files.example/a?b=c", (true, false)),
            ("files[.]example", (false, true)),
            ("192.0.2.7", (false, true)),
            ("12/26", (false, false)),
            ("BY 1/26", (false, false)),
            ("javascript:alert(1)", (false, false)),
            ("", (false, false)),
        ] {
            assert_eq!(is(text), expected, "{text}");
        }
    }
}
