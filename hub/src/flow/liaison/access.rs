//! The access log: who asked, when, why, for what (BDSG § 76). Reading it is logged, and it is erased on a term of its own.

use meldeverbund_domain::{AgencyNo, liaison::HashKey};
use meldeverbund_proto::{
    CanonicalLink,
    limits::{NOTE_CHARS, REFERENCE_CHARS},
    v1::QueryRequest,
};
use prost::Message as _;

use super::Wanted;
use crate::{
    flow::{Command, Failure, Hub, Lane, once::said},
    store::{QueryRow, Tx},
};

/// Questions that are read together while the log is searched.
const PAGE: i64 = 200;

/// Rows of each table that one turn erases: the writer is never kept for long.
const ERASED: i64 = 2_000;

/// What is searched for; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Whose questions.
    pub agency: Option<AgencyNo>,
    /// Whose, by the token's subject.
    pub officer: Option<String>,
    /// For which purpose.
    pub purpose: Option<String>,
    /// In which case of the body.
    pub case_number: Option<String>,
    /// About which link, in any spelling.
    pub link: Option<CanonicalLink>,
    /// About which content.
    pub content: Option<HashKey>,
    /// From when, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// Until when.
    pub until_us: Option<i64>,
    /// At most so many.
    pub most: usize,
}

/// Somebody reads the access log; noted before anything is shown.
#[derive(Debug)]
pub(in crate::flow) struct NoteRead {
    pub(in crate::flow) reader: String,
    pub(in crate::flow) reason: String,
    /// What was searched for; never a link, a content or a case's number.
    pub(in crate::flow) asked_for: String,
    pub(in crate::flow) found: i64,
}

/// Erases log data whose term has passed.
#[derive(Debug, Clone, Copy)]
pub struct EraseLog {
    /// What was recorded before this goes, microseconds since 1970 UTC.
    pub before_us: i64,
}

/// Reads the access log for a person with a reason; both are noted before the answer is given.
///
/// # Errors
/// If reader or reason are missing, or the database fails.
pub async fn read_access_log(
    hub: &Hub,
    reader: &str,
    reason: &str,
    search: &Search,
) -> Result<Vec<QueryRow>, Failure> {
    said("reader", reader, REFERENCE_CHARS)?;
    said("reason", reason, NOTE_CHARS)?;
    let mut found = Vec::new();
    let mut connection = hub.reader().await?;
    let (from_us, until_us) = (search.from_us.unwrap_or(i64::MIN), search.until_us.unwrap_or(i64::MAX));
    let mut after = -1;
    while found.len() < search.most {
        let page = QueryRow::between(&mut connection, from_us, until_us, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.leaf;
        found.extend(page.into_iter().filter(|row| search.is_meant(row)));
    }
    drop(connection);
    found.truncate(search.most);
    let (reader, reason, asked_for) = (reader.to_owned(), reason.to_owned(), search.words());
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    hub.run(NoteRead { reader, reason, asked_for, found: count }).await?;
    Ok(found)
}

impl Search {
    fn is_meant(&self, row: &QueryRow) -> bool {
        self.agency.is_none_or(|agency| agency == row.agency)
            && self.officer.as_ref().is_none_or(|officer| *officer == row.officer)
            && self.purpose.as_ref().is_none_or(|purpose| *purpose == row.purpose.code)
            && self.case_number.as_ref().is_none_or(|case| *case == row.purpose.case_number)
            && self.link.as_ref().is_none_or(|link| {
                asks_about(row, |wanted| matches!(wanted, Wanted::Link(id) if *id == link.id()))
            })
            && self.content.is_none_or(|content| {
                asks_about(row, |wanted| matches!(wanted, Wanted::Content(key) if *key == content))
            })
    }

    /// What was searched for, without the case's number, the link or the content itself: the log of readings outlives them.
    fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.agency.map(|agency| format!("agency {}", agency.0)));
        words.extend(self.officer.as_ref().map(|officer| format!("officer {officer}")));
        words.extend(self.purpose.as_ref().map(|purpose| format!("purpose {purpose}")));
        words.extend(self.case_number.as_ref().map(|_| "a case".to_owned()));
        words.extend(self.link.as_ref().map(|_| "a link".to_owned()));
        words.extend(self.content.as_ref().map(|_| "a content".to_owned()));
        words.extend(self.from_us.map(|us| format!("from {us} µs")));
        words.extend(self.until_us.map(|us| format!("until {us} µs")));
        if words.is_empty() { "everything".to_owned() } else { words.join(", ") }
    }
}

fn asks_about(row: &QueryRow, is_meant: impl Fn(&Wanted) -> bool) -> bool {
    let Ok(question) = QueryRequest::decode(&row.body[..]) else { return false };
    question.selectors.iter().any(|selector| is_meant(&Wanted::read(selector, 0)))
}

impl Command for NoteRead {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        Ok(tx.note_read(&self.reader, &self.reason, &self.asked_for, self.found).await?)
    }
}

impl Command for EraseLog {
    /// How many rows went; none: there is no more.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        let asked = tx.erase_liaison(self.before_us, ERASED).await?;
        Ok(asked + tx.erase_persons(self.before_us, ERASED).await?)
    }
}
