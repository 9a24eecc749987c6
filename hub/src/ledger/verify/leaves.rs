//! Each leaf by itself, and one after the other.

use meldeverbund_proto::{leaf::Kind, merkle::Span, statement::RedactionStatement};

use super::fault::{Report, What};
use crate::store::LeafRow;

/// The leaves as far as they were read.
#[derive(Default)]
pub(super) struct Leaves {
    next: u64,
    time_us: i64,
    redacted: u64,
    /// Runs of redacted leaves, ascending.
    without: Vec<Span>,
    /// What redactions name.
    named: Vec<Span>,
}

impl Leaves {
    /// The leaf that comes next.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The time of the newest one.
    pub(super) fn time_us(&self) -> i64 {
        self.time_us
    }

    /// How many are redacted.
    pub(super) fn redacted(&self) -> u64 {
        self.redacted
    }

    /// Leaves that are not there.
    pub(super) fn skip(&mut self, missing: Span, report: &mut Report<'_>) {
        let said = format!("{} leaves are missing from here on", missing.end - missing.begin);
        report.tell(What::Gap, missing.begin, said);
        self.next = missing.end;
    }

    pub(super) fn look(&mut self, row: &LeafRow, report: &mut Report<'_>) {
        self.next = row.index + 1;
        match row.leaf() {
            Some(leaf) if leaf.hash()[..] == row.leaf_hash[..] => {}
            Some(_) => report.tell(What::Leaf, row.index, "its hash is not that of what it commits to"),
            None => {
                report.tell(What::Leaf, row.index, "neither what it commits to nor its digests stand whole");
            }
        }
        if row.recorded_at_us < self.time_us {
            report.tell(What::Time, row.index, "is older than the leaf before");
        }
        self.time_us = self.time_us.max(row.recorded_at_us);
        if row.payload.is_none() {
            self.redacted += 1;
            push(&mut self.without, Span { begin: row.index, end: row.index + 1 });
        } else if row.kind == i64::from(Kind::Redaction as u16) {
            self.redaction(row, report);
        }
    }

    /// What is redacted was named by a redaction.
    pub(super) fn end(&mut self, report: &mut Report<'_>) {
        self.named.sort_unstable_by_key(|span| span.begin);
        let mut named: Vec<Span> = Vec::new();
        self.named.iter().for_each(|span| push(&mut named, *span));
        for run in &self.without {
            let covering = named.partition_point(|span| span.end <= run.begin);
            if named.get(covering).is_none_or(|span| span.begin > run.begin || span.end < run.end) {
                report.tell(What::Redaction, run.begin, "is redacted, and no redaction names it");
            }
        }
    }

    fn redaction(&mut self, row: &LeafRow, report: &mut Report<'_>) {
        let statement = row.payload.as_ref().map(|payload| RedactionStatement::decode(&payload.statement));
        let Some(Ok(statement)) = statement else {
            return report.tell(What::Redaction, row.index, "cannot be read");
        };
        for (first, count) in statement.ranges {
            if first + count > row.index {
                report.tell(What::Redaction, row.index, "names leaves that came later");
            }
            self.named.push(Span { begin: first, end: first + count });
        }
    }
}

/// Adds a span that does not begin before the last one; what touches is one.
fn push(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.end >= span.begin => last.end = last.end.max(span.end),
        _ => spans.push(span),
    }
}
