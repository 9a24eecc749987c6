//! What the hub must have written down of a question, and whether its receipt proves it.
//!
//! A liaison body reads no ledger, so its receipts are joined to no published tree: what is checked is that the question's own leaf
//! leads to a root that the hub has signed.

use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Digest, Kind, Salt, statement_digest},
    statement::{LiaisonQueryStatement, QueryMode, content_digest},
    v1::{EvaluateRequest, Purpose, QueryRequest, Receipt},
};
use prost::Message as _;

use crate::{
    liaison::{Token, named},
    store::{OpenBatch, StoreError, Subject, Tx},
    witness::{Promise, WitnessNow},
};

/// What was asked under which name.
pub(super) struct Said {
    batch: i64,
    command: CommandId,
    /// The digest of the leaf's statement; none: the token does not say in which name the hub records it.
    statement: Option<Digest>,
}

impl Said {
    /// An open question.
    pub(super) fn open(agency: &AgencyId, token: &Token, batch: &OpenBatch, request: &QueryRequest) -> Self {
        let body = QueryRequest { selectors: request.selectors.clone(), ..QueryRequest::default() };
        let asked = (QueryMode::Open, request.selectors.len(), body.encode_to_vec());
        Self::new(agency, token, batch, request.purpose.as_ref(), asked)
    }

    /// A blind question.
    pub(super) fn blind(
        agency: &AgencyId,
        token: &Token,
        batch: &OpenBatch,
        request: &EvaluateRequest,
    ) -> Self {
        let (epoch, blinded_elements) = (request.epoch, request.blinded_elements.clone());
        let body = EvaluateRequest { epoch, blinded_elements, ..EvaluateRequest::default() };
        let asked = (QueryMode::Blind, request.blinded_elements.len(), body.encode_to_vec());
        Self::new(agency, token, batch, request.purpose.as_ref(), asked)
    }

    fn new(
        agency: &AgencyId,
        token: &Token,
        batch: &OpenBatch,
        purpose: Option<&Purpose>,
        (mode, count, body): (QueryMode, usize, Vec<u8>),
    ) -> Self {
        let salt = Salt::from_random(batch.salt);
        let statement = named(token).map(|(issuer, officer)| {
            let mut bytes = Vec::new();
            LiaisonQueryStatement {
                agency: agency.to_string(),
                query: *batch.query_id.as_bytes(),
                issuer,
                officer,
                purpose: purpose.cloned().unwrap_or_default(),
                mode,
                count: count as u64,
                content: content_digest(&salt, &body),
            }
            .encode(&mut bytes);
            statement_digest(&salt, &bytes)
        });
        Self { batch: batch.id, command: batch.query_id, statement }
    }

    /// The batch's row.
    pub(super) fn batch(&self) -> i64 {
        self.batch
    }

    /// What the hub promises by answering; none: it cannot be told what its leaf says.
    pub(super) fn promise(
        &self,
        recorded_us: i64,
        first_leaf: u64,
        receipt: Option<Receipt>,
    ) -> Option<Promise> {
        Some(Promise {
            subject: Subject::Question(self.batch),
            command: self.command,
            kind: Kind::LiaisonQuery,
            recorded_us,
            first_leaf,
            statements: vec![self.statement?],
            receipt,
        })
    }
}

/// Raises an alarm if the hub has promised nothing, or what it promised is not so. The answer counts all the same.
pub(super) async fn keep(
    tx: &mut Tx,
    promise: Option<&Promise>,
    witness: &WitnessNow,
) -> Result<(), StoreError> {
    let Some(promise) = promise else { return Ok(()) };
    let keys = witness.known_keys(tx).await?;
    promise.keep(tx, &keys, witness.now_us).await
}
