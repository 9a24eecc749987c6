//! A command with somebody waiting for it, as the committer sees it: without its type.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt as _, future::BoxFuture};
use meldeverbund_proto::{
    merkle::Span,
    v1::{Receipt, Refusal},
};
use tokio::sync::oneshot;

use super::{Command, Failure, Verdict};
use crate::{
    ledger::{LedgerError, Signed, fresh},
    store::{StoreError, Tree, Tx},
};

/// One attempt's result.
pub(super) enum Attempt {
    /// Decided, one way or the other; to be told after the commit.
    Decided,
    /// The engine failed, or the command broke its rule: the group is undone.
    Failed(StoreError),
}

/// What a commit proves of the leaves that it wrote.
pub(super) struct Proofs<'a> {
    pub(super) signed: &'a Signed,
    pub(super) tree: &'a Tree,
}

impl Proofs<'_> {
    /// The receipt of these leaves; none for those of an earlier commit, which are looked up by whoever waits.
    fn receipt(&self, leaves: Span) -> Option<Receipt> {
        fresh(self.signed, self.tree, leaves)
    }
}

/// A command with somebody waiting.
pub(super) trait Job: Send {
    /// Whether it runs although the database is behind what was signed.
    fn cures(&self) -> bool;
    /// Runs the command, keeping its verdict.
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Attempt>;
    /// Tells the verdict of the last attempt. Called after its commit.
    fn tell(self: Box<Self>, proofs: &Proofs<'_>);
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
    fn cures(&self) -> bool {
        C::CURES
    }

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
                Err(Failure::Store(error) | Failure::Ledger(LedgerError::Store(error))) => {
                    return Attempt::Failed(error);
                }
                // A command reads the ledger before it writes: it is alone with what it found.
                Err(Failure::Ledger(_)) => return Attempt::Failed(StoreError::RefusedAfterWriting),
            });
            Attempt::Decided
        })
    }

    fn tell(self: Box<Self>, proofs: &Proofs<'_>) {
        let mut verdict = self.verdict.expect("a job is told after an attempt that decided");
        if let Ok(verdict) = &mut verdict
            && let Some(receipt) = verdict.unproven().and_then(|leaves| proofs.receipt(leaves))
        {
            verdict.attach(receipt);
        }
        // The caller may have gone: its command stands all the same.
        let _ = self.reply.send(verdict.map_err(Failure::Refused));
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}
