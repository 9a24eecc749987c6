//! Sends decisions over one stream and applies their answers, as the sender does with submissions.
//!
//! What needs the hub is marked as sent before it is: from there on the same id is sent until its outcome is known.
//! What was not marked when the line broke is given up, because nobody decided it for later.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    node::v1::{HubLineCause, watch_response::What},
    v1::{
        DecideRequest, DecideResponse, Refusal, RefusalCode, decide_response,
        decision_service_client::DecisionServiceClient,
    },
};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, codec::CompressionEncoding, transport::Channel};

use super::{
    sender::sleep_until,
    together::take,
    trouble::Broken,
    window::{SetAside, Window},
};
use crate::{
    desk::decision_row,
    line::Trouble,
    node::Node,
    store::{AnsweredBatch, StoreError, Tx, UnsentDecision, Write},
};

/// Sends until the connection fails, or until `stop` and all that is under way has been answered.
pub(super) async fn run(
    node: &Arc<Node>,
    channel: &Channel,
    set_aside: &mut SetAside,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut work = node.work();
    // The stream is opened with the first decision: an office that only hands in needs none.
    loop {
        work.mark_unchanged();
        if stop.is_cancelled() {
            return Ok(());
        }
        if !node.store.read().await?.unsent_decisions(1).await?.is_empty() {
            break;
        }
        tokio::select! {
            _ = work.changed() => {}
            () = stop.cancelled() => {}
        }
    }
    let (requests, outgoing) = mpsc::channel(node.config.sync.window);
    let outgoing = ReceiverStream::new(outgoing);
    let mut answers = client(node, channel).decide(outgoing).await?.into_inner();
    let mut sender = Decisions { node, set_aside, requests, window: Window::default(), paused_until: None };
    loop {
        work.mark_unchanged();
        if !stop.is_cancelled() {
            sender.fill().await?;
        } else if sender.window.is_empty() {
            return Ok(());
        }
        let wake = sender.wake();
        tokio::select! {
            taken = take(&mut answers, node.config.sync.window) => {
                let mut taken = taken;
                let messages = std::mem::take(&mut taken.messages);
                sender.answered(messages).await?;
                if let Some(Some(status)) = &taken.end {
                    sender.blame(status.code());
                }
                taken.into_end()?;
            }
            _ = work.changed() => {}
            () = sleep_until(wake) => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
        }
    }
}

/// Gives up what needs the hub and was not sent.
pub(super) async fn give_up_unsent(node: &Node) -> Result<(), StoreError> {
    let given_up = node.store.write(GiveUp { decision: None }).await?;
    for decision in given_up {
        tracing::warn!(decision, "sync.decision_given_up");
        node.changed();
        tell(node, decision).await?;
    }
    Ok(())
}

/// A client with the contract's limits.
pub(crate) fn client(node: &Node, channel: &Channel) -> DecisionServiceClient<Channel> {
    let client = DecisionServiceClient::new(channel.clone()).max_encoding_message_size(MESSAGE_BYTES);
    if node.config.hub.gzip {
        client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip)
    } else {
        client
    }
}

/// Tells watchers how a decision stands now.
pub(crate) async fn tell(node: &Node, decision: i64) -> Result<(), StoreError> {
    if node.is_watched() {
        let mut tx = node.store.read().await?;
        if let Some(row) = tx.decision(decision).await? {
            let row = decision_row(&mut tx, row).await?;
            node.tell(|| What::Decision(row));
        }
    }
    Ok(())
}

struct Decisions<'a> {
    node: &'a Arc<Node>,
    set_aside: &'a mut SetAside,
    requests: mpsc::Sender<DecideRequest>,
    window: Window<UnsentDecision>,
    paused_until: Option<Instant>,
}

impl Decisions<'_> {
    /// Sends what fits into the window.
    async fn fill(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until > now) {
            return Ok(());
        }
        self.paused_until = None;
        let limit = self.node.config.sync.window;
        let room = limit - self.window.len();
        if room == 0 {
            return Ok(());
        }
        let look = limit + self.set_aside.waiting(now);
        let unsent = self.node.store.read().await?.unsent_decisions(look).await?;
        let free = |next: &UnsentDecision| !self.window.holds(next.id) && !self.set_aside.waits(next.id, now);
        let next: Vec<UnsentDecision> = unsent.into_iter().filter(free).take(room).collect();
        for batch in self.may_go(next).await? {
            let request = self.node.store.read().await?.decision_request(batch.id).await?;
            // The channel holds a whole window; closed, the stream's end tells why.
            let _ = self.requests.send(request).await;
            self.window.push(batch);
        }
        Ok(())
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
    async fn answered(&mut self, responses: Vec<DecideResponse>) -> Result<(), Broken> {
        let (mut decided, mut refused, mut broken) = (Vec::new(), Vec::new(), None);
        for response in responses {
            let Some(batch) = self.window.take(&response.command_id) else {
                broken = Some("an answer to a decision that is not under way");
                break;
            };
            match response.result {
                Some(decide_response::Result::Decided(answer))
                    if answer.answers.len() as u64 == batch.target_count =>
                {
                    decided.push(AnsweredBatch { batch: batch.id, decided: answer });
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

    async fn decided(&mut self, answers: Vec<AnsweredBatch>) -> Result<(), Broken> {
        for answer in &answers {
            self.set_aside.forget(answer.batch);
        }
        let touched = self.node.store.write(ApplyDecided(answers)).await?;
        let now_us = self.node.clock.now_us();
        self.node.set_line(|line| line.answered(now_us));
        self.node.changed();
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
            RefusalCode::RateLimited | RefusalCode::Unavailable => self.pause(refusal),
            code if code.is_passing() => self.set_aside.put(batch.id, Instant::now()),
            _ => {
                let now_us = self.node.clock.now_us();
                self.node.store.write(Refuse { batch: batch.id, refusal, now_us }).await?;
                self.node.changed();
                tell(self.node, batch.decision).await?;
            }
        }
        Ok(())
    }

    /// Sends nothing until the hub's hint has passed.
    fn pause(&mut self, refusal: Refusal) {
        let sync = &self.node.config.sync;
        let pause_ms = refusal.retry_after_ms.clamp(sync.pause_min_ms, sync.pause_max_ms);
        let until = Instant::now() + Duration::from_millis(pause_ms);
        self.paused_until = Some(self.paused_until.map_or(until, |earlier| earlier.max(until)));
        let next_try_us = self.node.clock.now_us().saturating_add_unsigned(pause_ms * 1_000);
        let trouble =
            Trouble { cause: HubLineCause::HubBusy, detail: refusal.reason.clone(), refusal: Some(refusal) };
        self.node.set_line(|line| line.hold(trouble, next_try_us));
    }

    /// A stream that ends because of what was in a message ends at the oldest unanswered one: others go first.
    fn blame(&mut self, code: Code) {
        let about_the_message =
            matches!(code, Code::InvalidArgument | Code::OutOfRange | Code::ResourceExhausted);
        if let (true, Some(oldest)) = (about_the_message, self.window.oldest()) {
            tracing::warn!(command = %oldest.command_id, code = ?code, "sync.decision_set_aside");
            self.set_aside.put(oldest.id, Instant::now());
        }
    }

    /// When there may be something to send without anybody saying so.
    fn wake(&self) -> Option<Instant> {
        self.paused_until.or_else(|| self.set_aside.next(Instant::now()))
    }
}

#[derive(Debug)]
struct AboutToSend {
    batches: Vec<i64>,
    now_us: i64,
}

impl Write for AboutToSend {
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.about_to_send(&self.batches, self.now_us).await
    }
}

/// Gives up what needs the hub and was not sent, of one decision or of all.
#[derive(Debug)]
pub(crate) struct GiveUp {
    pub(crate) decision: Option<i64>,
}

impl Write for GiveUp {
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.give_up_unsent(self.decision).await
    }
}

#[derive(Debug)]
struct ApplyDecided(Vec<AnsweredBatch>);

impl Write for ApplyDecided {
    /// The decisions that were answered further, each once.
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let mut touched = Vec::new();
        for answered in &self.0 {
            touched.extend(tx.apply_decided(answered).await?);
        }
        touched.dedup();
        Ok(touched)
    }
}

#[derive(Debug)]
struct Refuse {
    batch: i64,
    refusal: Refusal,
    now_us: i64,
}

impl Write for Refuse {
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        tx.decision_refused(self.batch, &self.refusal, self.now_us).await
    }
}
