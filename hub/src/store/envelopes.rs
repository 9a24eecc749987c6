//! What agencies signed: one row a batch, written with its leaves.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{AgencyId, CommandId, leaf::Digest, statement::BatchStatement};

use super::{
    StoreError, Tx,
    engine::{Connection, query},
    rows::expect_rows,
};

/// A signed batch that is to be kept.
#[derive(Debug, Clone)]
pub struct NewEnvelope<'a> {
    /// Index of its first leaf.
    pub first_leaf: i64,
    /// How many leaves it has.
    pub leaf_count: i64,
    /// Whose it is.
    pub agency: AgencyNo,
    /// The command.
    pub command: CommandId,
    /// The key's id, as the wire writes it.
    pub key_id: &'a str,
    /// The signature.
    pub signature: &'a [u8; 64],
    /// Digests of the batch's statements in their order, those of refused items included.
    pub digests: &'a [Digest],
}

/// A signed batch as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// Index of its first leaf.
    pub first_leaf: i64,
    /// How many leaves it has.
    pub leaf_count: i64,
    /// What was signed.
    pub batch: BatchStatement,
    /// The key's id, as the wire writes it.
    pub key_id: String,
    /// The signature.
    pub signature: [u8; 64],
}

impl EnvelopeRow {
    /// The envelope of the batch whose first leaf this is; none if there is no such batch, or it was not signed.
    ///
    /// # Errors
    /// If the engine fails, or a stored value is none that this version knows.
    pub async fn by_first_leaf(
        connection: &mut Connection,
        first_leaf: i64,
    ) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* envelopes::by_first_leaf */ SELECT e.leaf_count, a.agency_id, e.command_id, e.key_id, \
             e.signature, e.digests FROM envelope e JOIN agency a ON a.agency_no = e.agency_no WHERE e.first_leaf = $1";
        let Some(row) = query(SQL).bind(first_leaf).fetch_optional(connection).await? else {
            return Ok(None);
        };
        let value = |column| StoreError::Value { column };
        let agency: &str = row.try_get("agency_id")?;
        let agency: AgencyId = agency.parse().map_err(|_| value("agency.agency_id"))?;
        let command: &[u8] = row.try_get("command_id")?;
        let command = command.try_into().map_err(|_| value("envelope.command_id"))?;
        let (signature, digests): (&[u8], &[u8]) = (row.try_get("signature")?, row.try_get("digests")?);
        let (digests, rest) = digests.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(value("envelope.digests"));
        }
        Ok(Some(Self {
            first_leaf,
            leaf_count: row.try_get("leaf_count")?,
            batch: BatchStatement {
                agency,
                command: CommandId::from_bytes(command),
                digests: digests.to_vec(),
            },
            key_id: row.try_get("key_id")?,
            signature: signature.try_into().map_err(|_| value("envelope.signature"))?,
        }))
    }
}

impl Tx<'_> {
    /// Keeps what an agency signed.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn keep_envelope(&mut self, envelope: &NewEnvelope<'_>) -> Result<(), StoreError> {
        const SQL: &str = "/* envelopes::keep */ INSERT INTO envelope \
             (first_leaf, leaf_count, agency_no, command_id, key_id, signature, digests) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let NewEnvelope { first_leaf, leaf_count, agency, command, key_id, signature, digests } = envelope;
        let query = query(SQL).bind(first_leaf).bind(leaf_count).bind(agency.0);
        let query = query.bind(&command.as_bytes()[..]).bind(*key_id).bind(&signature[..]);
        let query = query.bind(digests.as_flattened());
        expect_rows("envelopes::keep", query.execute(self.adding()).await?, 1)
    }
}
