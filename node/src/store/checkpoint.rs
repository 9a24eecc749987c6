//! Published checkpoints that this node has verified: the newest decides what the hub may show next.

use meldeverbund_proto::leaf::Digest;
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, signed, unsigned};

/// A checkpoint that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCheckpoint {
    /// The log's epoch.
    pub epoch: u32,
    /// How many leaves.
    pub size: u64,
    /// The root.
    pub root: Digest,
    /// The signed note with the cosignatures known.
    pub note: String,
    /// Agencies among the pinned witnesses that have cosigned it.
    pub votes: u64,
    /// More than half of the pinned witnesses' agencies have.
    pub is_final: bool,
    /// When it was verified.
    pub seen_us: i64,
    /// When this node first vouched for it.
    pub cosigned_us: Option<i64>,
}

const COLUMNS: &str = "epoch, size, root, note, votes, final, seen_us, cosigned_us FROM checkpoint";

impl Tx {
    /// The newest checkpoint that was verified.
    pub async fn newest_checkpoint(&mut self) -> Result<Option<SeenCheckpoint>, StoreError> {
        let sql = format!("/* newest_checkpoint */ SELECT {COLUMNS} ORDER BY epoch DESC, size DESC LIMIT 1");
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(self.conn()).await?;
        row.as_ref().map(seen).transpose()
    }

    /// The newest note that the hub has signed for this node, of a receipt or published; empty: none.
    pub async fn newest_note(&mut self) -> Result<String, StoreError> {
        let promised: Option<(i64, i64, String)> = sqlx::query_as(
            "/* newest_note */ SELECT epoch, size, note FROM receipt WHERE root IS NOT NULL
             ORDER BY epoch DESC, size DESC LIMIT 1",
        )
        .fetch_optional(self.conn())
        .await?;
        let published = self.newest_checkpoint().await?;
        let published = published.map(|seen| (i64::from(seen.epoch), signed(seen.size), seen.note));
        let newest = promised.into_iter().chain(published).max_by_key(|(epoch, size, _)| (*epoch, *size));
        Ok(newest.map_or_else(String::new, |(.., note)| note))
    }

    /// The newest checkpoint of an epoch that is final.
    pub async fn final_checkpoint(&mut self, epoch: u32) -> Result<Option<SeenCheckpoint>, StoreError> {
        let sql = format!(
            "/* final_checkpoint */ SELECT {COLUMNS} WHERE epoch = ? AND final ORDER BY size DESC LIMIT 1"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(epoch).fetch_optional(self.conn()).await?;
        row.as_ref().map(seen).transpose()
    }

    /// Checkpoints after one, by epoch and size.
    pub async fn checkpoints_after(
        &mut self,
        (epoch, size): (u32, u64),
        limit: u32,
    ) -> Result<Vec<SeenCheckpoint>, StoreError> {
        let sql = format!(
            "/* checkpoints_after */ SELECT {COLUMNS} WHERE (epoch, size) > (?, ?) ORDER BY epoch, size LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(epoch)
            .bind(signed(size))
            .bind(limit)
            .fetch_all(self.conn())
            .await?;
        rows.iter().map(seen).collect()
    }

    /// Keeps a checkpoint that was verified, or what more is known of its cosignatures. Another root of one size is
    /// refused: a fork never overwrites what was seen.
    pub async fn keep_checkpoint(&mut self, new: &SeenCheckpoint) -> Result<(), StoreError> {
        let done = sqlx::query(
            "/* keep_checkpoint */ INSERT INTO checkpoint (epoch, size, root, note, votes, final, seen_us, cosigned_us)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (epoch, size) DO UPDATE SET note = excluded.note, votes = excluded.votes,
               final = max(final, excluded.final), cosigned_us = coalesce(cosigned_us, excluded.cosigned_us)
             WHERE root = excluded.root",
        )
        .bind(new.epoch)
        .bind(signed(new.size))
        .bind(&new.root[..])
        .bind(&new.note)
        .bind(signed(new.votes))
        .bind(new.is_final)
        .bind(new.seen_us)
        .bind(new.cosigned_us)
        .execute(self.conn())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Damaged("a checkpoint of another root has this size")),
        }
    }

    /// Forgets checkpoints that nothing needs: all but each epoch's newest, its newest final one, and those that receipts
    /// are joined to.
    pub async fn prune_checkpoints(&mut self) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* prune_checkpoints */ DELETE FROM checkpoint AS c
             WHERE size < (SELECT max(size) FROM checkpoint n WHERE n.epoch = c.epoch)
               AND size <> coalesce((SELECT max(size) FROM checkpoint f WHERE f.epoch = c.epoch AND f.final), -1)
               AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.linked_epoch = c.epoch AND r.linked_size = c.size)",
        )
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }
}

fn seen(row: &SqliteRow) -> Result<SeenCheckpoint, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged("checkpoint");
    let root: Vec<u8> = row.try_get("root")?;
    Ok(SeenCheckpoint {
        epoch: u32::try_from(row.try_get::<i64, _>("epoch")?).map_err(|_| DAMAGED)?,
        size: unsigned(row.try_get("size")?),
        root: root.try_into().map_err(|_| DAMAGED)?,
        note: row.try_get("note")?,
        votes: unsigned(row.try_get("votes")?),
        is_final: row.try_get("final")?,
        seen_us: row.try_get("seen_us")?,
        cosigned_us: row.try_get("cosigned_us")?,
    })
}
