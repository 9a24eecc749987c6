//! What the hub has to be told about a case, in the order in which it was decided here.

use meldeverbund_proto::{CommandId, v1::Refusal};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, unsigned};
use crate::clock::SALT_BYTES;

/// What is to be done with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseVerb {
    /// Open it.
    Open = 1,
    /// Close it.
    Close = 2,
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseCommand {
    /// Its row.
    pub id: i64,
    /// Its id towards the hub: told again under the same id it is the same command.
    pub command_id: CommandId,
    /// The salt of its ledger leaf.
    pub salt: [u8; SALT_BYTES],
    /// The case's row.
    pub case_file: i64,
    /// What to do.
    pub verb: CaseVerb,
    /// Why a case is closed.
    pub reason: String,
    /// When it was given.
    pub given_us: i64,
    /// The officer.
    pub given_by: String,
    /// Who acted for the officer, in words.
    pub annotation: String,
}

impl Tx {
    /// Queues a command; its `id` is ignored.
    pub async fn put_case_command(&mut self, command: &CaseCommand) -> Result<(), StoreError> {
        sqlx::query(
            "/* put_case_command */ INSERT INTO case_command (command_id, salt, case_file, verb, reason, given_us,
               given_by, annotation, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
        )
        .bind(command.command_id.as_bytes().to_vec())
        .bind(command.salt.to_vec())
        .bind(command.case_file)
        .bind(command.verb as i64)
        .bind(&command.reason)
        .bind(command.given_us)
        .bind(&command.given_by)
        .bind(&command.annotation)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The oldest command that may be told now: a closing waits until every submission of the case is answered.
    pub async fn next_case_command(&mut self, after: i64) -> Result<Option<CaseCommand>, StoreError> {
        let row = sqlx::query(
            "/* next_case_command */ SELECT id, command_id, salt, case_file, verb, reason, given_us, given_by, annotation
             FROM case_command c WHERE state = 1 AND id > ?
               AND (verb = 1 OR NOT EXISTS (SELECT 1 FROM submission s WHERE s.state = 1 AND s.case_file = c.case_file))
               AND NOT EXISTS (SELECT 1 FROM case_command e
                               WHERE e.state <> 2 AND e.case_file = c.case_file AND e.id < c.id)
             ORDER BY id LIMIT 1",
        )
        .bind(after)
        .fetch_optional(self.conn())
        .await?;
        row.as_ref().map(case_command).transpose()
    }

    /// The hub has done it.
    pub async fn case_command_done(&mut self, id: i64, now_us: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* case_command_done */ UPDATE case_command SET state = 2, answered_us = ? WHERE id = ?",
        )
        .bind(now_us)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The hub has refused it.
    pub async fn case_command_refused(
        &mut self,
        id: i64,
        refusal: &Refusal,
        now_us: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* case_command_refused */ UPDATE case_command SET state = 3, answered_us = ?, refusal_code = ?,
               refusal_field = ?, refusal_reason = ? WHERE id = ?",
        )
        .bind(now_us)
        .bind(refusal.code)
        .bind(&refusal.field)
        .bind(&refusal.reason)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Drops the case's refused commands: a corrected one takes their place.
    pub async fn replace_refused_commands(&mut self, case_file: i64) -> Result<(), StoreError> {
        sqlx::query("/* replace_refused_commands */ UPDATE case_command SET state = 2 WHERE state = 3 AND case_file = ?")
            .bind(case_file)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Puts refused commands back into the queue; answers how many.
    pub async fn requeue_case_commands(&mut self, case_file: Option<i64>) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* requeue_case_commands */ UPDATE case_command SET state = 1 WHERE state = 3 AND (? IS NULL OR case_file = ?)",
        )
        .bind(case_file)
        .bind(case_file)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// How many commands the hub has not answered.
    pub async fn waiting_case_commands(&mut self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "/* waiting_case_commands */ SELECT count(*) FROM case_command WHERE state = 1",
        )
        .fetch_one(self.conn())
        .await?;
        Ok(unsigned(count))
    }
}

fn case_command(row: &SqliteRow) -> Result<CaseCommand, StoreError> {
    let id: Vec<u8> = row.try_get("command_id")?;
    let salt: Vec<u8> = row.try_get("salt")?;
    Ok(CaseCommand {
        id: row.try_get("id")?,
        command_id: CommandId::from_bytes(id.try_into().map_err(|_| StoreError::Damaged("command_id"))?),
        salt: salt.try_into().map_err(|_| StoreError::Damaged("case_command.salt"))?,
        case_file: row.try_get("case_file")?,
        verb: match row.try_get::<i64, _>("verb")? {
            1 => CaseVerb::Open,
            2 => CaseVerb::Close,
            _ => return Err(StoreError::Damaged("case_command.verb")),
        },
        reason: row.try_get("reason")?,
        given_us: row.try_get("given_us")?,
        given_by: row.try_get("given_by")?,
        annotation: row.try_get("annotation")?,
    })
}
