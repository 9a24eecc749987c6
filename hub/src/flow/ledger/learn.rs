//! A node shows the newest checkpoint that it knows: a hub that was restored learns from its own signature that it has lost
//! something, also where the high-water mark went with its machine.

use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Hub, Lane, admit::caller},
    ledger::{LedgerError, Signed, root_at},
    store::{CheckpointRow, Connection, Head, Tx},
};

/// Bytes of a note with the cosignatures of every agency.
const NOTE_BYTES: usize = 16_384;

/// A checkpoint that this hub's key has signed and its database does not continue.
#[derive(Debug)]
struct Shown {
    caller: AgencyId,
    signed: Signed,
}

/// Looks at the newest checkpoint that a node knows. What this hub's own key has not signed proves nothing and is ignored, so no
/// node stops the hub by lying; what it has signed and does not have any more stops every write from here on.
///
/// # Errors
/// If the note is too large, or the database fails.
pub async fn learn(hub: &Hub, caller: &AgencyId, note: &str) -> Result<(), Failure> {
    if note.len() > NOTE_BYTES {
        let reason = format!("has more than {NOTE_BYTES} bytes");
        return Err(Refusal::at(RefusalCode::TooLarge, "newest_checkpoint", reason).into());
    }
    // The key in office alone: one that was in office before may have been taken away because it was stolen, and what it signed
    // when it was in office is older than the leaf that put this one there.
    let key = hub.ledger().signer().current().vkey();
    let Some(signed) = Signed::read(note, hub.ledger().trust_domain(), &[key]) else { return Ok(()) };
    let mut reader = hub.reader().await?;
    let head = Head::read(&mut reader).await?;
    if continues(&mut reader, &signed, head.epoch, head.size()).await? {
        return Ok(());
    }
    drop(reader);
    let (epoch, size) = signed.place();
    if hub.run(Shown { caller: caller.clone(), signed }).await? {
        hub.ledger().look_again(&mut *hub.reader().await?).await?;
        tracing::warn!(agency = %caller, epoch, size, "ledger.behind: the database lacks what was signed; nothing is written");
    }
    Ok(())
}

/// Whether a ledger of this epoch and size continues the checkpoint. What an earlier epoch has signed and lost is owned up to.
async fn continues(
    connection: &mut Connection,
    signed: &Signed,
    epoch: u32,
    size: u64,
) -> Result<bool, LedgerError> {
    if signed.epoch != epoch || signed.size > size {
        return Ok(signed.epoch < epoch);
    }
    Ok(root_at(connection, signed.size).await? == signed.root)
}

impl Command for Shown {
    /// True if that is news.
    type Verdict = bool;

    // It writes no leaf, and has to be known although, and because, the database is behind.
    const CURES: bool = true;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.caller).await?.agency.no;
        let (epoch, size) = (tx.epoch(), tx.tree().size());
        if continues(tx.reading(), &self.signed, epoch, size).await? {
            return Ok(false);
        }
        let Signed { epoch, size, root, ref note } = self.signed;
        Ok(tx.note_lost(&CheckpointRow { epoch, size, root, note: note.clone() }, agency).await?)
    }
}
