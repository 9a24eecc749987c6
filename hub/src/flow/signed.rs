//! An agency's signature over its batch: read and verified before the lock, judged under it.
//!
//! Whoever has registered a statement key signs from then on; whose keys are all revoked cannot hand in anything until a
//! new one is registered, because unsigned batches would undo what the key is for. Of an agency without a key nobody could
//! check a signature: one that comes all the same is neither judged nor kept.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    envelope,
    note::{KeyId, VerifierKey},
    statement::BatchStatement,
    v1::{Refusal, RefusalCode, StatementSignature},
};

use super::{Failure, StatementKeys, statement_keys::parse_key_id};
use crate::store::{NewEnvelope, StatementKeyRow, StoreError, Tx, key_id_text};

/// A batch, and the signature that came with it.
#[derive(Debug)]
pub(super) struct Signed {
    batch: BatchStatement,
    signature: Option<Signature>,
    known: StatementKeys,
}

#[derive(Debug)]
struct Signature {
    key_id: KeyId,
    bytes: [u8; 64],
    /// The key that it was tried with before the lock, and whether it is that key's.
    tried: Option<(VerifierKey, bool)>,
}

impl Signed {
    /// Reads the signature and tries it with the agency's key, as far as that is known.
    ///
    /// # Errors
    /// If the key's id or the signature breaks the rule of its field. What is wrong with the signature itself is said
    /// only under the lock: a command that was carried out before is answered without one.
    pub(super) fn read(
        batch: BatchStatement,
        wire: Option<&StatementSignature>,
        known: &StatementKeys,
    ) -> Result<Self, Refusal> {
        let known = known.clone();
        let Some(StatementSignature { key_id, signature }) = wire else {
            return Ok(Self { batch, signature: None, known });
        };
        let key_id = parse_key_id("signature.key_id", key_id)?;
        let bytes: [u8; 64] = signature.as_slice().try_into().map_err(|_| {
            Refusal::invalid("signature.signature", "must be exactly 64 bytes (Ed25519, RFC 8032)")
        })?;
        let keys = known.of(&batch.agency);
        let key = keys.iter().find(|key| key.vkey.key_id() == key_id);
        let tried = key.map(|key| (key.vkey.clone(), is_of(&key.vkey, &batch, &bytes)));
        Ok(Self { batch, signature: Some(Signature { key_id, bytes, tried }), known })
    }

    /// Says whether the batch may be recorded at the next leaf, by the keys that are registered now.
    pub(super) async fn judge(&self, tx: &mut Tx<'_>) -> Result<Judged<'_>, Failure> {
        let next_leaf = tx.next_leaf();
        let keys = tx.statement_keys(&self.batch.agency).await?;
        self.known.note(&self.batch.agency, &keys);
        let signature = self.judged_by(&keys, next_leaf)?;
        Ok(Judged { batch: &self.batch, signature })
    }

    /// The signature, if somebody can check it.
    fn judged_by(&self, keys: &[StatementKeyRow], next_leaf: i64) -> Result<Option<&Signature>, Refusal> {
        if keys.is_empty() {
            return Ok(None);
        }
        let Some(signature) = &self.signature else {
            let reason = "your agency has registered a statement key: this must be signed with it";
            return Err(Refusal::at(RefusalCode::SignatureMissing, "signature", reason));
        };
        let invalid = |reason: &str| Refusal::at(RefusalCode::SignatureInvalid, "signature", reason);
        let key = keys.iter().find(|key| key.vkey.key_id() == signature.key_id);
        let key = key.ok_or_else(|| invalid("your agency has registered no statement key of this id"))?;
        let is_of_key = match &signature.tried {
            Some((tried, outcome)) if *tried == key.vkey => *outcome,
            // Registered a moment ago: known from here on.
            _ => is_of(&key.vkey, &self.batch, &signature.bytes),
        };
        if !is_of_key {
            return Err(invalid("is not that key's signature of this content"));
        }
        if key.counts_at(next_leaf) { Ok(Some(signature)) } else { Err(invalid("the key is revoked")) }
    }
}

/// A batch that may be recorded.
pub(super) struct Judged<'a> {
    batch: &'a BatchStatement,
    signature: Option<&'a Signature>,
}

impl Judged<'_> {
    /// Keeps the signature with the leaves that it covers; without leaves there is nothing that it could prove.
    pub(super) async fn keep(
        self,
        tx: &mut Tx<'_>,
        agency: AgencyNo,
        first_leaf: i64,
        leaf_count: i64,
    ) -> Result<(), StoreError> {
        let Some(signature) = self.signature.filter(|_| leaf_count > 0) else { return Ok(()) };
        tx.keep_envelope(&NewEnvelope {
            first_leaf,
            leaf_count,
            agency,
            command: self.batch.command,
            key_id: &key_id_text(signature.key_id),
            signature: &signature.bytes,
            digests: &self.batch.digests,
        })
        .await
    }
}

fn is_of(key: &VerifierKey, batch: &BatchStatement, signature: &[u8; 64]) -> bool {
    envelope::verify(key, batch, signature).is_ok()
}
