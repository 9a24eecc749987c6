//! A witness vouches for a published checkpoint.

use meldeverbund_proto::{
    AgencyId,
    note::{Note, SignatureLine, VerifierKey},
    v1::{Refusal, RefusalCode, WitnessCosignature},
};

use crate::{
    flow::{Command, Failure, Hub, Lane, admit::caller},
    store::{CheckpointRow, StoreError, Tx, WitnessKeyRow},
};

/// Bytes of a signature line: a name, and base64 of 76 bytes.
const LINE_BYTES: usize = 512;

/// A cosignature that was verified.
#[derive(Debug)]
struct Cosign {
    caller: AgencyId,
    epoch: u32,
    size: u64,
    line: String,
    vkey: VerifierKey,
}

/// Keeps an agency's cosignature, if it is one of a registered key of the agency; false if it was kept before.
///
/// # Errors
/// If there is no such published checkpoint, or the signature is not one of the agency's witness keys.
pub async fn cosign(hub: &Hub, caller: &AgencyId, said: WitnessCosignature) -> Result<bool, Failure> {
    let command = verified(hub, caller, said).await?;
    let new = hub.run(command).await?;
    if new {
        hub.ledger().note_published();
    }
    Ok(new)
}

/// Verified before the lock is taken.
async fn verified(hub: &Hub, caller: &AgencyId, said: WitnessCosignature) -> Result<Cosign, Failure> {
    let WitnessCosignature { epoch, size, line } = said;
    if line.len() > LINE_BYTES {
        let reason = format!("has more than {LINE_BYTES} bytes");
        return Err(Refusal::at(RefusalCode::TooLarge, "line", reason).into());
    }
    let parsed = line.parse();
    let parsed: SignatureLine =
        parsed.map_err(|_| Refusal::invalid("line", "is no signature line of a note"))?;
    let mut reader = hub.reader().await?;
    let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
    let row = CheckpointRow::at(&mut reader, epoch, size).await?;
    let row =
        row.ok_or_else(|| Refusal::invalid("size", "no checkpoint of this epoch and size is published"))?;
    let note: Note = row.note.parse().map_err(|_| StoreError::Value { column: "checkpoint.note" })?;
    let keys = WitnessKeyRow::of(&mut reader, caller).await?;
    let vkey = keys.into_iter().filter(in_use).map(|key| key.vkey).find(|vkey| parsed.is_by(vkey));
    let vkey = vkey.ok_or_else(|| invalid("the agency has no witness key of this name and id in use"))?;
    parsed.verify_cosignature(&note, &vkey).map_err(|_| invalid("is no cosignature of this checkpoint"))?;
    Ok(Cosign { caller: caller.clone(), epoch, size, line: parsed.to_string(), vkey })
}

fn in_use(key: &WitnessKeyRow) -> bool {
    key.dropped_leaf.is_none()
}

fn invalid(reason: &str) -> Refusal {
    Refusal::at(RefusalCode::SignatureInvalid, "line", reason)
}

impl Command for Cosign {
    /// True if it is new.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_refer()?;
        let keys = WitnessKeyRow::of(tx.reading(), &self.caller).await?;
        if !keys.iter().any(|key| in_use(key) && key.vkey == self.vkey) {
            return Err(invalid("the key was dropped").into());
        }
        Ok(tx.keep_cosignature((self.epoch, self.size), agency.no, &self.line).await?)
    }
}
