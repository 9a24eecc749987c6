//! Sends the batches of an open question over one line, several at once, and stores their answers.

use std::collections::HashMap;

use meldeverbund_proto::{
    limits::{FEED_MESSAGE_BYTES, MESSAGE_BYTES},
    v1::{
        AgencyCard, QueryAnswered, QueryRequest, QueryResponse, RefusalCode, Selector, SelectorAnswer,
        liaison_service_client::LiaisonServiceClient, query_response, selector_answer,
    },
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;

use super::{lines::Left, progress::Progress, promise, promise::Said};
use crate::{
    desk::DeskError,
    liaison::Token,
    node::Node,
    store::{AskedState, BatchAnswered, RowAnswer, StoreError, Tx, Write},
    witness::{Promise, WitnessNow},
};

/// A batch that waits for its answer.
struct UnderWay {
    said: Said,
    selectors: usize,
}

/// Sends until everything is answered, or the line or the hub ends it.
pub(super) async fn send(
    node: &Node,
    question: i64,
    token: &Token,
    progress: &mut Progress<'_>,
) -> Result<(), Left> {
    let channel = node.channel().ok_or(Left::Away)?;
    let window = node.config.sync.window;
    let (requests, outgoing) = mpsc::channel(window);
    let mut sender = Sender { node, question, token, requests, last: 0, window: HashMap::new(), answered: 0 };
    // The first batches stand in the stream before it is opened: a hub may wait for one before it answers at all.
    sender.fill(window).await?;
    if sender.window.is_empty() {
        return Ok(());
    }
    let mut request = Request::new(ReceiverStream::new(outgoing));
    token.put(request.metadata_mut());
    let mut client = LiaisonServiceClient::new(channel)
        .max_encoding_message_size(MESSAGE_BYTES)
        .max_decoding_message_size(FEED_MESSAGE_BYTES);
    let opened = tokio::select! {
        opened = client.query(request) => opened,
        () = progress.responses.closed() => return Err(Left::Gone),
    };
    let mut answers = opened.map_err(|status| Left::of(&status))?.into_inner();
    while !sender.window.is_empty() {
        let answer = tokio::select! {
            answer = answers.message() => answer,
            () = progress.responses.closed() => return Err(Left::Gone),
        };
        let answer = answer.map_err(|status| Left::of(&status))?.ok_or(Left::Away)?;
        sender.answered(answer).await?;
        sender.fill(window).await?;
        progress.answered().await?;
    }
    Ok(())
}

struct Sender<'a> {
    node: &'a Node,
    question: i64,
    token: &'a Token,
    requests: mpsc::Sender<QueryRequest>,
    last: i64,
    window: HashMap<String, UnderWay>,
    /// Batches that were answered over this line.
    answered: usize,
}

impl Sender<'_> {
    async fn fill(&mut self, most: usize) -> Result<(), Left> {
        let room = most - self.window.len();
        if room == 0 {
            return Ok(());
        }
        let mut tx = self.node.store.read().await?;
        let found = tx.question(self.question).await?.ok_or(DeskError::QuestionUnknown)?;
        for batch in tx.open_question_batches(self.question, self.last, room).await? {
            let selectors = tx.batch_selectors(batch.id).await?;
            let decode = |bytes: &Vec<u8>| Selector::decode(&bytes[..]);
            let selectors: Vec<Selector> = selectors
                .iter()
                .map(decode)
                .collect::<Result<_, _>>()
                .map_err(|_| StoreError::Damaged("question_row.selector"))?;
            self.last = batch.id;
            let count = selectors.len();
            let request = QueryRequest {
                query_id: batch.query_id.to_string(),
                salt: batch.salt.to_vec(),
                instance_id: self.node.store.instance_id().to_string(),
                purpose: Some(found.purpose.clone()),
                selectors,
            };
            let said = Said::open(&self.node.config.agency, self.token, &batch, &request);
            self.window.insert(request.query_id.clone(), UnderWay { said, selectors: count });
            // The channel holds a whole window; closed, the stream's end tells why.
            let _ = self.requests.send(request).await;
        }
        Ok(())
    }

    async fn answered(&mut self, response: QueryResponse) -> Result<(), Left> {
        const CONTRACT: DeskError = DeskError::HubContract;
        let under_way = self.window.remove(&response.query_id).ok_or(CONTRACT)?;
        match response.result {
            Some(query_response::Result::Answered(answered)) => {
                let receipt = answered.receipt.clone();
                let (agencies, answered) = parse(&under_way, answered).ok_or(CONTRACT)?;
                let promise = under_way.said.promise(answered.recorded_us, answered.leaf_index, receipt);
                let witness = self.node.witness_now();
                self.node.store.write(Apply { agencies, answered, promise, witness }).await?;
                self.node.hub_wrote();
                self.answered += 1;
                Ok(())
            }
            // One stream asks only so much; the next goes on.
            Some(query_response::Result::Refused(refusal))
                if refusal.code() == RefusalCode::TooLarge && self.answered > 0 =>
            {
                Err(Left::Wait(refusal))
            }
            Some(query_response::Result::Refused(refusal)) => Err(Left::refused(refusal)),
            None => Err(CONTRACT.into()),
        }
    }
}

/// An answer that fits its batch; none: it does not.
fn parse(under_way: &UnderWay, answered: QueryAnswered) -> Option<(Vec<AgencyCard>, BatchAnswered)> {
    let QueryAnswered { answers, agencies, recorded_at_us, leaf_index, receipt, .. } = answered;
    if answers.len() != under_way.selectors {
        return None;
    }
    let answered = BatchAnswered {
        batch: under_way.said.batch(),
        recorded_us: recorded_at_us,
        leaf_index,
        receipt: receipt.map_or_else(Vec::new, |receipt| receipt.encode_to_vec()),
        answers: answers.into_iter().map(row_answer).collect::<Option<_>>()?,
        set: None,
    };
    Some((agencies, answered))
}

fn row_answer(answer: SelectorAnswer) -> Option<RowAnswer> {
    let (state, detail) = match answer.answer? {
        selector_answer::Answer::NoHit(_) => (AskedState::NoHit, Vec::new()),
        selector_answer::Answer::Hit(hit) => (AskedState::Hit, hit.encode_to_vec()),
        selector_answer::Answer::Refused(refusal) => (AskedState::Refused, refusal.encode_to_vec()),
    };
    Some(RowAnswer { state, detail })
}

/// One answer, durable with the cards that it names.
struct Apply {
    agencies: Vec<AgencyCard>,
    answered: BatchAnswered,
    promise: Option<Promise>,
    witness: WitnessNow,
}

impl Write for Apply {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for card in &self.agencies {
            tx.keep_agency(card).await?;
        }
        promise::keep(tx, self.promise.as_ref(), &self.witness).await?;
        tx.answer_question_batch(&self.answered, self.witness.now_us).await
    }
}
