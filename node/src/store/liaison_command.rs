//! Commands about liaison that a person waits for: asked again after a broken line they are the same command.

use meldeverbund_proto::v1::Receipt;
use prost::Message as _;

use super::{StoreError, Tx};

/// A command that is to be sent.
#[derive(Debug, Clone)]
pub struct NewLiaisonCommand {
    /// Of what is asked for, without id and salt.
    pub digest: [u8; 32],
    /// Who asks.
    pub officer: String,
    /// When.
    pub made_us: i64,
    /// The message (prost) with an id and a salt that are used unless the same is under way already.
    pub message: Vec<u8>,
}

impl Tx {
    /// The message to send: the one that is under way for this digest, or the new one.
    pub async fn liaison_command(&mut self, new: &NewLiaisonCommand) -> Result<(i64, Vec<u8>), StoreError> {
        let found = sqlx::query_as(
            "/* liaison_command */ SELECT id, message FROM liaison_command WHERE digest = ? AND answered_us IS NULL",
        )
        .bind(&new.digest[..])
        .fetch_optional(self.conn())
        .await?;
        if let Some(found) = found {
            return Ok(found);
        }
        let id = sqlx::query_scalar(
            "/* liaison_command */ INSERT INTO liaison_command (digest, officer, made_us, message)
             VALUES (?, ?, ?, ?) RETURNING id",
        )
        .bind(&new.digest[..])
        .bind(&new.officer)
        .bind(new.made_us)
        .bind(&new.message)
        .fetch_one(self.conn())
        .await?;
        Ok((id, new.message.clone()))
    }

    /// The hub has answered a command for good.
    pub async fn liaison_command_answered(&mut self, id: i64, now_us: i64) -> Result<(), StoreError> {
        sqlx::query("/* liaison_command_answered */ UPDATE liaison_command SET answered_us = ? WHERE id = ?")
            .bind(now_us)
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Keeps what the hub promised of a liaison body's request for details.
    pub async fn keep_request_receipt(&mut self, id: i64, receipt: &Receipt) -> Result<(), StoreError> {
        sqlx::query("/* keep_request_receipt */ UPDATE liaison_command SET receipt = ? WHERE id = ?")
            .bind(receipt.encode_to_vec())
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
