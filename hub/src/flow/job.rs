//! A command with somebody waiting for it, as the committer sees it: without its type.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt as _, future::BoxFuture};
use meldeverbund_proto::v1::Refusal;
use tokio::sync::oneshot;

use super::{Command, Failure};
use crate::store::{StoreError, Tx};

/// One attempt's result.
pub(super) enum Attempt {
    /// Decided, one way or the other; to be told after the commit.
    Decided,
    /// The engine failed, or the command broke its rule: the group is undone.
    Failed(StoreError),
}

/// A command with somebody waiting.
pub(super) trait Job: Send {
    /// Runs the command, keeping its verdict.
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Attempt>;
    /// Tells the verdict of the last attempt. Called after its commit.
    fn tell(self: Box<Self>);
    /// Tells that it did not come to a verdict.
    fn fail(self: Box<Self>, failure: Failure);
}

pub(super) struct Pending<C: Command> {
    command: C,
    verdict: Option<Result<C::Verdict, Refusal>>,
    reply: oneshot::Sender<Result<C::Verdict, Failure>>,
}

impl<C: Command> Pending<C> {
    pub(super) fn new(command: C, reply: oneshot::Sender<Result<C::Verdict, Failure>>) -> Self {
        Self { command, verdict: None, reply }
    }
}

impl<C: Command> Job for Pending<C> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let writes = tx.writes();
            // A panic in a command must not take the one writer with it; the transaction is undone.
            let Ok(outcome) = AssertUnwindSafe(self.command.run(&mut *tx)).catch_unwind().await else {
                return Attempt::Failed(StoreError::Panicked);
            };
            self.verdict = Some(match outcome {
                Ok(verdict) => Ok(verdict),
                Err(Failure::Refused(refusal)) if tx.writes() == writes => Err(refusal),
                Err(Failure::Refused(_)) => return Attempt::Failed(StoreError::RefusedAfterWriting),
                Err(Failure::Store(error)) => return Attempt::Failed(error),
            });
            Attempt::Decided
        })
    }

    fn tell(self: Box<Self>) {
        let verdict = self.verdict.expect("a job is told after an attempt that decided");
        // The caller may have gone: its command stands all the same.
        let _ = self.reply.send(verdict.map_err(Failure::Refused));
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}
