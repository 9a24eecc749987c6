//! Keeps the window full and applies what comes back.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    leaf::{Digest, Kind},
    node::v1::HubLineCause,
    v1::{DecideRequest, DecideResponse, Decided, Refusal, RefusalCode, decide_response},
};
use tokio::{sync::mpsc, time::Instant};
use tonic::Code;

use super::{
    tell,
    writes::{AboutToSend, ApplyDecided, Refuse},
};
use crate::{
    line::Trouble,
    node::Node,
    store::{AnsweredBatch, StoreError, Subject, UnsentDecision},
    sync::{
        trouble::{Broken, cannot_write},
        window::{SetAside, Signed, Window},
    },
    witness::{Promise, decision_digest, sign},
};

/// Sends decisions over one stream.
pub(super) struct Sender<'a> {
    pub(super) node: &'a Arc<Node>,
    pub(super) set_aside: &'a mut SetAside,
    pub(super) requests: mpsc::Sender<DecideRequest>,
    pub(super) window: Window<Signed<UnsentDecision>>,
    pub(super) paused_until: Option<Instant>,
}

impl Sender<'_> {
    /// Sends what fits into the window.
    pub(super) async fn fill(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until > now) {
            return Ok(());
        }
        self.paused_until = None;
        let limit = self.node.config.sync.window;
        let room = limit - self.window.len();
        // What is handed in again is answered before anything behind it goes: it may rest on it.
        if room == 0 || self.window.oldest().is_some_and(|oldest| oldest.command.again) {
            return Ok(());
        }
        let look = limit + self.set_aside.waiting(now);
        let unsent = self.node.store.read().await?.unsent_decisions(look).await?;
        let free = |next: &UnsentDecision| !self.window.holds(next.id) && !self.set_aside.waits(next.id, now);
        let next: Vec<UnsentDecision> = unsent.into_iter().filter(free).take(room).collect();
        for batch in self.may_go(next).await? {
            let (request, digest) = self.request(&batch).await?;
            // The channel holds a whole window; closed, the stream's end tells why.
            let _ = self.requests.send(request).await;
            self.window.push(Signed { command: batch, digests: vec![digest] });
        }
        Ok(())
    }

    /// The same bytes each time, signed with the key that is in force now.
    async fn request(&self, batch: &UnsentDecision) -> Result<(DecideRequest, Digest), StoreError> {
        let mut request = self.node.store.read().await?.decision_request(batch.id).await?;
        let agency = &self.node.config.agency;
        let digest =
            decision_digest(agency, &request).ok_or(StoreError::Damaged("decision_batch.request"))?;
        request.signature = Some(sign(&self.node.keys.statement, agency, batch.command_id, &[digest]));
        Ok((request, digest))
    }

    /// Marks those that need the hub; one that was given up meanwhile stays here.
    async fn may_go(&self, next: Vec<UnsentDecision>) -> Result<Vec<UnsentDecision>, StoreError> {
        let batches: Vec<i64> = next.iter().filter(|batch| batch.needs_hub).map(|batch| batch.id).collect();
        if batches.is_empty() {
            return Ok(next);
        }
        let now_us = self.node.clock.now_us();
        let going = self.node.store.write(AboutToSend { batches, now_us }).await?;
        Ok(next.into_iter().filter(|batch| !batch.needs_hub || going.contains(&batch.id)).collect())
    }

    /// Applies answers, those that are there at once in one transaction.
    pub(super) async fn answered(&mut self, responses: Vec<DecideResponse>) -> Result<(), Broken> {
        let (mut decided, mut refused, mut broken) = (Vec::new(), Vec::new(), None);
        for response in responses {
            let Some(Signed { command: batch, digests }) = self.window.take(&response.command_id) else {
                broken = Some("an answer to a decision that is not under way");
                break;
            };
            match response.result {
                Some(decide_response::Result::Decided(answer))
                    if answer.answers.len() as u64 == batch.target_count =>
                {
                    let promise = promise(&batch, digests, &answer);
                    decided.push((AnsweredBatch { batch: batch.id, decided: answer }, promise));
                }
                Some(decide_response::Result::Decided(_)) => {
                    self.set_aside.put(batch.id, Instant::now());
                    broken = Some("an answer for another number of targets than were decided on");
                    break;
                }
                Some(decide_response::Result::Refused(refusal)) => refused.push((batch, refusal)),
                None => {
                    broken = Some("an answer without a result");
                    break;
                }
            }
        }
        // What the hub said before it broke the contract counts.
        if !decided.is_empty() {
            self.decided(decided).await?;
        }
        for (batch, refusal) in refused {
            self.refused(batch, refusal).await?;
        }
        broken.map_or(Ok(()), |what| Err(Broken::Contract(what)))
    }

    async fn decided(&mut self, answers: Vec<(AnsweredBatch, Promise)>) -> Result<(), Broken> {
        for (answer, _) in &answers {
            self.set_aside.forget(answer.batch);
        }
        let touched =
            self.node.store.write(ApplyDecided { answers, witness: self.node.witness_now() }).await?;
        self.node.hub_wrote();
        self.node.changed();
        // Telling the hub that all was handed in again may have waited for this.
        self.node.has_work();
        for decision in touched {
            tell(self.node, decision).await?;
        }
        Ok(())
    }

    /// The hub recorded nothing of it: passing reasons are waited out, the others wait for a person.
    async fn refused(&mut self, batch: UnsentDecision, refusal: Refusal) -> Result<(), Broken> {
        let code = refusal.code();
        tracing::warn!(
            command = %batch.command_id,
            code = code.as_str_name(),
            retry_after_ms = refusal.retry_after_ms,
            "sync.decision_refused"
        );
        match code {
            RefusalCode::RateLimited | RefusalCode::Unavailable => self.pause(refusal)?,
            // Nobody asked for a grant that comes some time after the hub's restore: a person asks again.
            code if code.is_passing() && code != RefusalCode::NotReconciled => {
                self.set_aside.put(batch.id, Instant::now());
            }
            _ => {
                let now_us = self.node.clock.now_us();
                self.node.store.write(Refuse { batch: batch.id, refusal, now_us }).await?;
                self.node.changed();
                tell(self.node, batch.decision).await?;
            }
        }
        Ok(())
    }

    /// Sends nothing until the hub's hint has passed; or elsewhere, if the hub cannot write and there is another address.
    fn pause(&mut self, refusal: Refusal) -> Result<(), Broken> {
        cannot_write(self.node, &refusal)?;
        let sync = &self.node.config.sync;
        let pause_ms = refusal.retry_after_ms.clamp(sync.pause_min_ms, sync.pause_max_ms);
        let until = Instant::now() + Duration::from_millis(pause_ms);
        self.paused_until = Some(self.paused_until.map_or(until, |earlier| earlier.max(until)));
        let next_try_us = self.node.clock.now_us().saturating_add_unsigned(pause_ms * 1_000);
        let trouble =
            Trouble { cause: HubLineCause::HubBusy, detail: refusal.reason.clone(), refusal: Some(refusal) };
        self.node.set_line(|line| line.hold(trouble, next_try_us));
        Ok(())
    }

    /// A stream that ends because of what was in a message ends at the oldest unanswered one: others go first.
    pub(super) fn blame(&mut self, code: Code) {
        let about_the_message =
            matches!(code, Code::InvalidArgument | Code::OutOfRange | Code::ResourceExhausted);
        if let (true, Some(oldest)) = (about_the_message, self.window.oldest()) {
            let oldest = &oldest.command;
            tracing::warn!(command = %oldest.command_id, code = ?code, "sync.decision_set_aside");
            self.set_aside.put(oldest.id, Instant::now());
        }
    }

    /// When there may be something to send without anybody saying so.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.paused_until.or_else(|| self.set_aside.next(Instant::now()))
    }
}

fn promise(batch: &UnsentDecision, digests: Vec<Digest>, decided: &Decided) -> Promise {
    Promise {
        subject: Subject::Batch(batch.id),
        command: batch.command_id,
        kind: Kind::Decision,
        recorded_us: decided.recorded_at_us,
        first_leaf: decided.leaf_index,
        statements: digests,
        receipt: decided.receipt.clone(),
    }
}

#[cfg(test)]
mod tests;
