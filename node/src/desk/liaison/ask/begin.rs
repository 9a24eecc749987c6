//! A question begins, or goes on where it broke off.

use meldeverbund_proto::node::v1::AskBegin;

use crate::{
    desk::{Caller, DeskError, liaison::call::check_purpose},
    node::Node,
    store::{NewQuestion, StoreError, StoredQuestion, Tx, Write},
};

/// SHA-256.
const DIGEST_BYTES: usize = 32;

/// The longest file name of common file systems.
const SOURCE_NAME_BYTES: usize = 255;

/// Begins a question, or finds the one of this input that is not finished. Nothing is kept of one that could not be sent.
pub(super) async fn begin(
    node: &Node,
    caller: &Caller,
    begin: AskBegin,
) -> Result<StoredQuestion, DeskError> {
    let purpose = check_purpose(begin.purpose.as_ref())?;
    let AskBegin { digest, blind, source_name, hits_of, .. } = begin;
    if !digest.is_empty() && digest.len() != DIGEST_BYTES {
        return Err(DeskError::Protocol("`digest` is not 32 bytes"));
    }
    if source_name.len() > SOURCE_NAME_BYTES || source_name.contains(char::is_control) {
        return Err(DeskError::Protocol("`source_name` is longer than 255 bytes or has a control character"));
    }
    if node.channel().is_none() {
        return Err(DeskError::HubAway);
    }
    let hits_of = match hits_of {
        0 => None,
        number => Some(blind_question(node, number).await?),
    };
    let new = NewQuestion {
        digest,
        blind,
        officer: caller.officer.clone(),
        purpose,
        source_name,
        asked_us: node.clock.now_us(),
        hits_of,
    };
    Ok(node.store.write(Begin(new)).await?)
}

/// A question whose rows are all taken.
pub(super) async fn resume(node: &Node, number: u64) -> Result<StoredQuestion, DeskError> {
    let id = i64::try_from(number).map_err(|_| DeskError::QuestionUnknown)?;
    let found = node.store.read().await?.question(id).await?.ok_or(DeskError::QuestionUnknown)?;
    if found.taken_us.is_none() { Err(DeskError::QuestionIncomplete) } else { Ok(found) }
}

async fn blind_question(node: &Node, number: u64) -> Result<i64, DeskError> {
    let id = i64::try_from(number).map_err(|_| DeskError::QuestionUnknown)?;
    let found = node.store.read().await?.question(id).await?.filter(|found| found.blind);
    found.map(|found| found.id).ok_or(DeskError::QuestionUnknown)
}

struct Begin(NewQuestion);

impl Write for Begin {
    type Out = StoredQuestion;

    async fn run(&self, tx: &mut Tx) -> Result<StoredQuestion, StoreError> {
        if !self.0.digest.is_empty()
            && let Some(open) = tx.open_question(&self.0.digest).await?
        {
            return Ok(open);
        }
        let id = tx.put_question(&self.0).await?;
        tx.question(id).await?.ok_or(StoreError::Damaged("a question is gone"))
    }
}
