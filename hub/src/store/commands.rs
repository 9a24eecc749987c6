//! Commands that were carried out: the same id with the same content gets the same verdict for ever (I5).

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{CommandId, leaf::Digest};

use super::{
    StoreError, Tx,
    engine::{Connection, query},
    rows::expect_rows,
};

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    /// Salted digest of its content.
    pub digest: Digest,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Index of its first leaf.
    pub first_leaf: i64,
    /// How many leaves it has.
    pub leaf_count: i64,
    /// The verdict, in the command's own encoding.
    pub verdict: Vec<u8>,
}

/// A command that is to be remembered.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Whose it is: ids are scoped to the agency.
    pub agency: AgencyNo,
    /// Its id.
    pub id: CommandId,
    /// Salted digest of its content.
    pub digest: Digest,
    /// Index of its first leaf.
    pub first_leaf: i64,
    /// How many leaves it has.
    pub leaf_count: i64,
    /// The verdict, in the command's own encoding.
    pub verdict: Vec<u8>,
}

impl CommandRow {
    /// The agency's command with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_id(
        connection: &mut Connection,
        agency: AgencyNo,
        id: CommandId,
    ) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* commands::by_id */ SELECT digest, recorded_at_us, first_leaf, leaf_count, verdict \
                           FROM command WHERE agency_no = $1 AND command_id = $2";
        let query = query(SQL).bind(agency.0).bind(&id.as_bytes()[..]);
        let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
        let digest: Vec<u8> = row.try_get("digest")?;
        Ok(Some(Self {
            digest: digest.try_into().map_err(|_| StoreError::Value { column: "command.digest" })?,
            recorded_at_us: row.try_get("recorded_at_us")?,
            first_leaf: row.try_get("first_leaf")?,
            leaf_count: row.try_get("leaf_count")?,
            verdict: row.try_get("verdict")?,
        }))
    }
}

impl Tx<'_> {
    /// The agency's command with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn command(
        &mut self,
        agency: AgencyNo,
        id: CommandId,
    ) -> Result<Option<CommandRow>, StoreError> {
        CommandRow::by_id(self.reading(), agency, id).await
    }

    /// Remembers a command.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn remember(&mut self, command: NewCommand) -> Result<(), StoreError> {
        const SQL: &str = "/* commands::remember */ INSERT INTO command \
             (agency_no, command_id, digest, recorded_at_us, first_leaf, leaf_count, verdict) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let NewCommand { agency, id, digest, first_leaf, leaf_count, verdict } = command;
        let query = query(SQL).bind(agency.0).bind(&id.as_bytes()[..]).bind(&digest[..]).bind(self.now_us());
        let query = query.bind(first_leaf).bind(leaf_count).bind(verdict);
        expect_rows("commands::remember", query.execute(self.adding()).await?, 1)
    }
}
