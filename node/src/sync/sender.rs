//! Sends submissions over one stream and applies their answers.
//!
//! At most a window of them is unanswered. What was sent and not answered when a connection ends is sent again,
//! byte for byte: the hub knows it by its id.

use std::{future::pending, sync::Arc};

use meldeverbund_proto::{
    InstanceId,
    leaf::Digest,
    limits::MESSAGE_BYTES,
    node::v1::{HubLineCause, watch_response::What},
    v1::{
        Referral, Refusal, RefusalCode, SubmitRequest, SubmitResponse,
        referral_service_client::ReferralServiceClient, submit_response,
    },
};
use prost::Message as _;
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, codec::CompressionEncoding, transport::Channel};

use super::{
    answer::{Answer, Apply, Refuse},
    together::take,
    trouble::{Broken, cannot_write},
    window::{SetAside, Signed, Window},
};
use crate::{
    desk::{hand_in_row, refused_submission},
    line::Trouble,
    node::Node,
    store::{StoreError, Unsent},
    witness::{sign, submission_digests},
};

/// What outlives a connection.
#[derive(Debug)]
pub(super) struct Memory {
    /// This process, so that the hub tells a restart from a clone.
    pub(super) boot_id: InstanceId,
    /// Whether this process has tried the parked events again.
    pub(super) parked_tried: bool,
    /// Submissions that the hub failed on.
    pub(super) submissions: SetAside,
    /// Decisions that the hub failed on.
    pub(super) decisions: SetAside,
}

impl Memory {
    pub(super) fn new(boot_id: InstanceId) -> Self {
        Self {
            boot_id,
            parked_tried: false,
            submissions: SetAside::default(),
            decisions: SetAside::default(),
        }
    }
}

/// Sends until the connection fails, or until `stop` and all that is under way has been answered.
pub(super) async fn run(
    node: &Arc<Node>,
    channel: &Channel,
    set_aside: &mut SetAside,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut client = ReferralServiceClient::new(channel.clone()).max_encoding_message_size(MESSAGE_BYTES);
    if node.config.hub.gzip {
        client =
            client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    }
    let (requests, outgoing) = mpsc::channel(node.config.sync.window);
    let mut answers = client.submit(ReceiverStream::new(outgoing)).await?.into_inner();
    let mut sender = Sender { node, set_aside, requests, window: Window::default(), paused_until: None };
    let mut work = node.work();
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

struct Sender<'a> {
    node: &'a Arc<Node>,
    set_aside: &'a mut SetAside,
    requests: mpsc::Sender<SubmitRequest>,
    window: Window<Signed<Unsent>>,
    paused_until: Option<Instant>,
}

impl Sender<'_> {
    /// Sends what fits into the window.
    async fn fill(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until > now) {
            return Ok(());
        }
        self.paused_until = None;
        let limit = self.node.config.sync.window;
        let room = limit - self.window.len();
        if room > 0 {
            let look = limit + self.set_aside.waiting(now);
            let unsent = self.node.store.read().await?.unsent(look).await?;
            let free = |next: &Unsent| !self.window.holds(next.id) && !self.set_aside.waits(next.id, now);
            let next: Vec<Unsent> = unsent.into_iter().filter(free).take(room).collect();
            for submission in next {
                let (request, digests) = self.request(&submission).await?;
                // The channel holds a whole window; closed, the stream's end tells why.
                let _ = self.requests.send(request).await;
                self.window.push(Signed { command: submission, digests });
            }
        }
        self.node.gauges.set_window(self.window.len(), self.set_aside.waiting(now));
        Ok(())
    }

    /// The same bytes each time, signed with the key that is in force now.
    async fn request(&self, submission: &Unsent) -> Result<(SubmitRequest, Vec<Digest>), StoreError> {
        const DAMAGED: StoreError = StoreError::Damaged("referral.message");
        let Unsent { submission_id, case_number, first_referral, referral_count, .. } = submission;
        let node = self.node;
        let messages = node.store.read().await?.messages(*first_referral, *referral_count).await?;
        let decode = |message: &Vec<u8>| Referral::decode(&message[..]);
        let referrals: Vec<Referral> =
            messages.iter().map(decode).collect::<Result<_, _>>().map_err(|_| DAMAGED)?;
        let agency = &node.config.agency;
        let digests = submission_digests(agency, *submission_id, case_number, &referrals).ok_or(DAMAGED)?;
        let request = SubmitRequest {
            submission_id: submission_id.to_string(),
            instance_id: node.store.instance_id().to_string(),
            case_number: case_number.clone(),
            referrals,
            signature: Some(sign(&node.keys.statement, agency, *submission_id, &digests)),
        };
        Ok((request, digests))
    }

    /// Applies answers, those that are there at once in one transaction.
    async fn answered(&mut self, responses: Vec<SubmitResponse>) -> Result<(), Broken> {
        let (mut accepted, mut refused, mut broken) = (Vec::new(), Vec::new(), None);
        for response in responses {
            let Some(submission) = self.window.take(&response.submission_id) else {
                broken = Some("an answer to a submission that is not under way");
                break;
            };
            match response.result {
                Some(submit_response::Result::Accepted(answer)) => match Answer::parse(&submission, answer) {
                    Ok(answer) => accepted.push(answer),
                    Err(what) => {
                        self.set_aside.put(submission.command.id, Instant::now());
                        broken = Some(what);
                        break;
                    }
                },
                Some(submit_response::Result::Refused(refusal)) => {
                    refused.push((submission.command, refusal));
                }
                None => {
                    broken = Some("an answer without a result");
                    break;
                }
            }
        }
        // What the hub said before it broke the contract counts.
        if !accepted.is_empty() {
            self.accepted(accepted).await?;
        }
        for (submission, refusal) in refused {
            self.refused(submission, refusal).await?;
        }
        broken.map_or(Ok(()), |what| Err(Broken::Contract(what)))
    }

    async fn accepted(&mut self, answers: Vec<Answer>) -> Result<(), Broken> {
        for answer in &answers {
            self.set_aside.forget(answer.submission());
        }
        let hand_ins = self.node.store.write(Apply { answers, witness: self.node.witness_now() }).await?;
        self.node.hub_wrote();
        self.node.changed();
        // A case's closing may have waited for this.
        self.node.has_work();
        for hand_in in hand_ins {
            self.node.tell(|| What::HandIn(hand_in_row(hand_in)));
        }
        Ok(())
    }

    /// The hub recorded nothing of it: passing reasons are waited out, the others wait for a person.
    async fn refused(&mut self, submission: Unsent, refusal: Refusal) -> Result<(), Broken> {
        let code = refusal.code();
        tracing::warn!(
            submission = %submission.submission_id,
            code = code.as_str_name(),
            retry_after_ms = refusal.retry_after_ms,
            "sync.submission_refused"
        );
        match code {
            RefusalCode::RateLimited | RefusalCode::Unavailable => self.pause(refusal)?,
            code if code.is_passing() => self.set_aside.put(submission.id, Instant::now()),
            _ => {
                let now_us = self.node.clock.now_us();
                let refused = self.node.store.write(Refuse { submission, refusal, now_us }).await?;
                self.node.changed();
                self.node.has_work();
                if let Some(refused) = refused {
                    self.node.tell(|| What::Refused(refused_submission(refused)));
                }
            }
        }
        Ok(())
    }

    /// Sends nothing until the hub's hint has passed; or elsewhere, if the hub cannot write and there is another address.
    fn pause(&mut self, refusal: Refusal) -> Result<(), Broken> {
        cannot_write(self.node, &refusal)?;
        let sync = &self.node.config.sync;
        let pause_ms = refusal.retry_after_ms.clamp(sync.pause_min_ms, sync.pause_max_ms);
        let until = Instant::now() + std::time::Duration::from_millis(pause_ms);
        self.paused_until = Some(self.paused_until.map_or(until, |earlier| earlier.max(until)));
        let next_try_us = self.node.clock.now_us().saturating_add_unsigned(pause_ms * 1_000);
        let trouble =
            Trouble { cause: HubLineCause::HubBusy, detail: refusal.reason.clone(), refusal: Some(refusal) };
        self.node.set_line(|line| line.hold(trouble, next_try_us));
        Ok(())
    }

    /// A stream that ends because of what was in a message ends at the oldest unanswered one: others go first.
    fn blame(&mut self, code: Code) {
        let about_the_message =
            matches!(code, Code::InvalidArgument | Code::OutOfRange | Code::ResourceExhausted);
        if let (true, Some(oldest)) = (about_the_message, self.window.oldest()) {
            let oldest = &oldest.command;
            tracing::warn!(submission = %oldest.submission_id, code = ?code, "sync.submission_set_aside");
            self.set_aside.put(oldest.id, Instant::now());
        }
    }

    /// When there may be something to send without anybody saying so.
    fn wake(&self) -> Option<Instant> {
        self.paused_until.or_else(|| self.set_aside.next(Instant::now()))
    }
}

/// Waits for an instant; for none for ever.
pub(crate) async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => pending().await,
    }
}
