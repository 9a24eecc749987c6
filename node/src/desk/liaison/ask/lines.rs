//! Answers a question over as many lines to the hub as it takes: what is unanswered when one breaks goes out on the next,
//! under the same ids.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    node::v1::AskDone,
    v1::{Refusal, RefusalCode},
};
use tonic::Status;

use super::{Responses, blind, open, progress::Progress};
use crate::{
    desk::DeskError,
    liaison::Token,
    node::Node,
    store::{StoreError, StoredQuestion, Tx, Write},
    sync::refusal_of,
};

/// Pause before a line is tried that the others find sound: it failed for this call alone.
const PAUSE: Duration = Duration::from_millis(500);

/// Longest pause that a hub can ask for while somebody waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why one line did not bring it to an end.
pub(super) enum Left {
    /// The line broke.
    Away,
    /// The hub asks to wait.
    Wait(Refusal),
    /// The caller went away.
    Gone,
    /// It ends here.
    Failed(DeskError),
}

impl<E: Into<DeskError>> From<E> for Left {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Left {
    /// What a status of the hub or of the line means for a question.
    pub(super) fn of(status: &Status) -> Self {
        match refusal_of(status) {
            Some(refusal) => Self::refused(refusal),
            None => Self::Away,
        }
    }

    /// What a refusal means for a question: what passes within minutes is waited out.
    pub(super) fn refused(refusal: Refusal) -> Self {
        match refusal.code() {
            RefusalCode::RateLimited | RefusalCode::Unavailable | RefusalCode::Internal => {
                Self::Wait(refusal)
            }
            _ => Self::Failed(DeskError::Hub(refusal)),
        }
    }
}

/// Answers everything; the last word without the question, or none if the caller went away.
pub(super) async fn answer(
    node: &Arc<Node>,
    question: &StoredQuestion,
    token: &Token,
    responses: &Responses,
) -> Result<Option<AskDone>, DeskError> {
    let mut progress = Progress::new(node, question.id, responses);
    loop {
        let left = match question.blind {
            true => blind::send(node, question, token, &mut progress).await,
            false => open::send(node, question.id, token, &mut progress).await,
        };
        match left {
            Ok(()) => {
                let finished = Finished { question: question.id, now_us: node.clock.now_us() };
                if node.store.write(finished).await? {
                    node.changed();
                    return Ok(Some(progress.end()));
                }
            }
            Err(Left::Gone) => return Ok(None),
            Err(Left::Failed(error)) => return Err(error),
            Err(Left::Wait(refusal)) => {
                let pause = Duration::from_millis(refusal.retry_after_ms).clamp(PAUSE, LONGEST_PAUSE);
                progress.waits(Some(refusal)).await?;
                if !pause_or_gone(pause, responses).await {
                    return Ok(None);
                }
            }
            Err(Left::Away) => {
                progress.waits(None).await?;
                if !pause_or_gone(PAUSE, responses).await || !line_is_up(node, responses).await {
                    return Ok(None);
                }
            }
        }
    }
}

/// False: the caller went away.
async fn pause_or_gone(pause: Duration, responses: &Responses) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = responses.closed() => false,
    }
}

/// Waits for the line; false: the caller went away.
async fn line_is_up(node: &Node, responses: &Responses) -> bool {
    let mut line = node.line.subscribe();
    loop {
        line.mark_unchanged();
        if node.channel().is_some() {
            return true;
        }
        tokio::select! {
            changed = line.changed() => if changed.is_err() { return false },
            () = responses.closed() => return false,
        }
    }
}

struct Finished {
    question: i64,
    now_us: i64,
}

impl Write for Finished {
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        tx.question_is_finished(self.question, self.now_us).await
    }
}
