//! Calls to the hub that a person waits for. Each command's bytes are kept before the hub sees them, so that asked again after a
//! broken line it is the same command and counts once.

use meldeverbund_proto::{
    limits::LIST_ENTRIES,
    text,
    v1::{Purpose, Refusal, RefusalCode},
};
use prost::Message;
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status, transport::Channel};

use crate::{
    desk::{Caller, DeskError},
    liaison::Token,
    node::Node,
    store::{NewLiaisonCommand, StoreError, Tx, Write},
    sync::refusal_of,
};

/// Domain of the digest that names what was asked for.
const DOMAIN: &[u8] = b"meldeverbund node liaison command v1\0";

/// Entries of a list if nobody says.
const ENTRIES: u32 = 100;

/// A command that is kept, and its message.
pub(super) struct Kept<M> {
    /// Its row.
    pub(super) id: i64,
    /// The message: the one that is under way, or the new one.
    pub(super) message: M,
}

/// Keeps a command. `plain` is the message without id and salt, `full` the one with them.
pub(super) async fn keep<M: Message + Default>(
    node: &Node,
    caller: &Caller,
    what: &str,
    plain: &M,
    full: &M,
) -> Result<Kept<M>, DeskError> {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    hash.update((what.len() as u64).to_be_bytes());
    hash.update(what);
    hash.update(plain.encode_to_vec());
    let command = NewLiaisonCommand {
        digest: hash.finalize().into(),
        officer: caller.officer.clone(),
        made_us: node.clock.now_us(),
        message: full.encode_to_vec(),
    };
    let (id, bytes) = node.store.write(Keep(command)).await?;
    let message = M::decode(&bytes[..]).map_err(|_| StoreError::Damaged("liaison_command.message"))?;
    Ok(Kept { id, message })
}

/// Waits for the hub's answer to a command that is kept. Whoever keeps the answer keeps that there is one, in the same transaction: killed
/// before, the same command again is the same.
pub(super) async fn command<M, T>(
    node: &Node,
    kept: &Kept<M>,
    call: impl AsyncFnOnce(Channel) -> Result<Response<T>, Status>,
) -> Result<T, DeskError> {
    let channel = node.channel().ok_or(DeskError::HubAway)?;
    match call(channel).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(status) => match refusal_of(&status) {
            // Nothing of it was done, and asked again it is a new command; one that may pass stays the same. So does one for which
            // the officer has to sign in: an earlier attempt may have been carried out.
            Some(refusal)
                if !refusal.code().is_passing() && refusal.code() != RefusalCode::OfficerUnknown =>
            {
                answered(node, kept).await?;
                Err(DeskError::Hub(refusal))
            }
            Some(refusal) => Err(DeskError::Hub(refusal)),
            None => Err(DeskError::OutcomeUnknown),
        },
    }
}

/// A message with the token of the officer who gives the command, if there is one: it goes with the call and is kept nowhere.
pub(super) fn carrying<M>(message: M, token: Option<&Token>) -> Request<M> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        token.put(request.metadata_mut());
    }
    request
}

/// Asks the hub something; none: it is away.
pub(super) async fn look<T>(
    node: &Node,
    call: impl AsyncFnOnce(Channel) -> Result<Response<T>, Status>,
) -> Result<Option<T>, DeskError> {
    let Some(channel) = node.channel() else { return Ok(None) };
    match call(channel).await {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) => match refusal_of(&status).filter(|refusal| !refusal.code().is_passing()) {
            Some(refusal) => Err(DeskError::Hub(refusal)),
            None => Ok(None),
        },
    }
}

/// A list's length that was asked for.
pub(super) fn limit(asked: u32) -> Result<u32, DeskError> {
    match asked {
        0 => Ok(ENTRIES),
        asked if asked as usize <= LIST_ENTRIES => Ok(asked),
        _ => Err(DeskError::Field(Refusal::invalid("limit", "must be at most 1,000"))),
    }
}

/// A required text.
pub(super) fn required(field: &str, value: &str, most_chars: usize) -> Result<(), DeskError> {
    if value.trim().is_empty() {
        return Err(DeskError::Field(Refusal::missing(field)));
    }
    optional(field, value, most_chars)
}

/// A text that may be empty.
pub(super) fn optional(field: &str, value: &str, most_chars: usize) -> Result<(), DeskError> {
    text::check(value, most_chars).map_err(|error| DeskError::Field(error.at(field)))
}

/// The fields of a purpose that have a rule; the hub's list of codes is the hub's.
pub(super) fn check_purpose(purpose: Option<&Purpose>) -> Result<Purpose, DeskError> {
    use meldeverbund_proto::limits::{CASE_NUMBER_CHARS, PURPOSE_CODE_CHARS, REASON_CHARS};
    let purpose = purpose.ok_or_else(|| DeskError::Field(Refusal::missing("purpose")))?;
    required("purpose.code", &purpose.code, PURPOSE_CODE_CHARS)?;
    required("purpose.case_number", &purpose.case_number, CASE_NUMBER_CHARS)?;
    optional("purpose.reason", &purpose.reason, REASON_CHARS)?;
    Ok(purpose.clone())
}

async fn answered<M>(node: &Node, kept: &Kept<M>) -> Result<(), StoreError> {
    node.store.write(Answered { id: kept.id, now_us: node.clock.now_us() }).await
}

struct Keep(NewLiaisonCommand);

impl Write for Keep {
    type Out = (i64, Vec<u8>);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.liaison_command(&self.0).await
    }
}

struct Answered {
    id: i64,
    now_us: i64,
}

impl Write for Answered {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.liaison_command_answered(self.id, self.now_us).await
    }
}
