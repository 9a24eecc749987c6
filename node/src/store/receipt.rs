//! Receipts: what the hub promised, kept with all that it takes to verify each one alone.

use meldeverbund_proto::{
    CommandId,
    leaf::{Digest, Kind, Leaf},
    receipt::Receipt,
};
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, signed, unsigned};

/// What a receipt is for: the row of a submission or of a decision's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A submission.
    Submission(i64),
    /// A decision's batch.
    Batch(i64),
    /// A batch of questions; its receipt is kept with it.
    Question(i64),
    /// An announcement; its receipt is kept with it.
    Announcement,
    /// A liaison body's request for details; its receipt is kept with the command.
    Request,
    /// An office's answer to such a request, or a restriction.
    Answer,
}

impl Subject {
    /// True if it was said by a liaison body: that follows no ledger, so that nothing can be known of its receipt later that is not
    /// known at its arrival.
    pub(crate) fn is_liaisons(self) -> bool {
        matches!(self, Self::Question(_) | Self::Announcement | Self::Request)
    }
}

/// What is known of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum ReceiptState {
    /// No key of the hub was known that could have signed it.
    Unchecked = 0,
    /// The leaves are in the tree that the hub signed.
    Proven = 1,
    /// They are not, or the tree is none that the hub stands by.
    Unproven = 2,
    /// They were, and a later epoch did not keep them.
    GivenUp = 3,
}

/// A receipt that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// What it is for.
    pub subject: Subject,
    /// The submission's or the decision's id.
    pub command: CommandId,
    /// The kind of its leaves.
    pub kind: Kind,
    /// The time of its leaves.
    pub recorded_us: i64,
    /// Digests of the own statements, leaf by leaf.
    pub statements: Vec<Digest>,
    /// What the hub handed over.
    pub receipt: Receipt,
    /// What its note says: epoch, size, root; none if that cannot be read.
    pub tree: Option<(u32, u64, Digest)>,
    /// What was found.
    pub state: ReceiptState,
}

/// A receipt from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Its row.
    pub id: i64,
    /// The receipt.
    pub receipt: NewReceipt,
    /// Epoch and size of the published checkpoint that it was joined to.
    pub linked: Option<(u32, u64)>,
}

impl NewReceipt {
    /// The hashes of its leaves, as this office's own statements and the hub's words make them.
    pub fn leaf_hashes(&self) -> Vec<Digest> {
        let leaf = |(statement, decision): (&Digest, &Digest)| {
            let time_us = self.recorded_us.cast_unsigned();
            Leaf { kind: self.kind, time_us, statement: *statement, decision: *decision }.hash()
        };
        self.statements.iter().zip(&self.receipt.decisions).map(leaf).collect()
    }
}

const COLUMNS: &str = "id, command_id, kind, submission, batch, recorded_us, first_leaf, epoch, size, state, linked_epoch, \
                       linked_size, root, note, before, after, statements, decisions FROM receipt";

impl Tx {
    /// Keeps a receipt; of what has one already it changes nothing.
    pub async fn put_receipt(&mut self, new: &NewReceipt) -> Result<bool, StoreError> {
        let (submission, batch) = match new.subject {
            Subject::Submission(row) => (Some(row), None),
            Subject::Batch(row) => (None, Some(row)),
            Subject::Answer => (None, None),
            Subject::Question(_) | Subject::Announcement | Subject::Request => return Ok(false),
        };
        let (epoch, size, root) = match &new.tree {
            Some((epoch, size, root)) => (*epoch, *size, Some(&root[..])),
            None => (0, 0, None),
        };
        let Receipt { note, first_leaf, before, decisions, after } = &new.receipt;
        let done = sqlx::query(
            "/* put_receipt */ INSERT INTO receipt (command_id, kind, submission, batch, recorded_us, first_leaf,
               leaf_count, epoch, size, state, root, note, before, after, statements, decisions)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&new.command.as_bytes()[..])
        .bind(i64::from(new.kind as u16))
        .bind(submission)
        .bind(batch)
        .bind(new.recorded_us)
        .bind(signed(*first_leaf))
        .bind(signed(new.statements.len() as u64))
        .bind(epoch)
        .bind(signed(size))
        .bind(new.state as i64)
        .bind(root)
        .bind(note)
        .bind(before.as_flattened())
        .bind(after.as_flattened())
        .bind(new.statements.as_flattened())
        .bind(decisions.as_flattened())
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The receipt of a submission, if it has one.
    pub async fn receipt_of_submission(&mut self, row: i64) -> Result<Option<StoredReceipt>, StoreError> {
        let sql = format!(
            "/* receipt_of_submission */ SELECT {COLUMNS} WHERE submission = ? ORDER BY state = 3, id DESC LIMIT 1"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(row).fetch_optional(self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Receipts with a first leaf from `leaf` on, in that order.
    pub async fn receipts_from(&mut self, leaf: u64, limit: u32) -> Result<Vec<StoredReceipt>, StoreError> {
        let sql = format!(
            "/* receipts_from */ SELECT {COLUMNS} WHERE first_leaf >= ? ORDER BY first_leaf, id LIMIT ?"
        );
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(signed(leaf)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(stored).collect()
    }

    /// Receipts that could not be checked yet.
    pub async fn unchecked_receipts(&mut self, limit: u32) -> Result<Vec<StoredReceipt>, StoreError> {
        let sql = format!("/* unchecked_receipts */ SELECT {COLUMNS} WHERE state = 0 ORDER BY id LIMIT ?");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &SqliteRow) -> Result<StoredReceipt, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged("receipt");
    let digests = |column: &str| {
        let bytes: Vec<u8> = row.try_get(column)?;
        let (digests, rest) = bytes.as_chunks();
        if rest.is_empty() { Ok(digests.to_vec()) } else { Err(DAMAGED) }
    };
    let epoch_of = |number: i64| u32::try_from(number).map_err(|_| DAMAGED);
    let subject = match (row.try_get("submission")?, row.try_get("batch")?) {
        (Some(submission), None) => Subject::Submission(submission),
        (None, Some(batch)) => Subject::Batch(batch),
        (None, None) => Subject::Answer,
        _ => return Err(DAMAGED),
    };
    let command: Vec<u8> = row.try_get("command_id")?;
    let kind: i64 = row.try_get("kind")?;
    let root: Option<Vec<u8>> = row.try_get("root")?;
    let tree = match root {
        Some(root) => {
            let root = root.try_into().map_err(|_| DAMAGED)?;
            Some((epoch_of(row.try_get("epoch")?)?, unsigned(row.try_get("size")?), root))
        }
        None => None,
    };
    let linked: Option<i64> = row.try_get("linked_epoch")?;
    let linked_size: Option<i64> = row.try_get("linked_size")?;
    Ok(StoredReceipt {
        id: row.try_get("id")?,
        receipt: NewReceipt {
            subject,
            command: command.try_into().map(CommandId::from_bytes).map_err(|_| DAMAGED)?,
            kind: u16::try_from(kind).ok().and_then(Kind::from_number).ok_or(DAMAGED)?,
            recorded_us: row.try_get("recorded_us")?,
            statements: digests("statements")?,
            receipt: Receipt {
                note: row.try_get("note")?,
                first_leaf: unsigned(row.try_get("first_leaf")?),
                before: digests("before")?,
                decisions: digests("decisions")?,
                after: digests("after")?,
            },
            tree,
            state: match row.try_get("state")? {
                0 => ReceiptState::Unchecked,
                1 => ReceiptState::Proven,
                2 => ReceiptState::Unproven,
                3 => ReceiptState::GivenUp,
                _ => return Err(DAMAGED),
            },
        },
        linked: linked.map(epoch_of).transpose()?.zip(linked_size.map(unsigned)),
    })
}
