//! Asks blindly: blinds each batch and keeps what unblinds it, has it evaluated, verifies the proof, and looks into the set.

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesOrdered};
use meldeverbund_blind::{PublicKey, Questions, Tag};
use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    v1::{
        BlindEpoch, EvaluateRequest, EvaluateResponse, Hit, Receipt, Refusal, RefusalCode, Selector,
        blind_service_client::BlindServiceClient,
    },
};
use prost::Message as _;
use rand::{SeedableRng as _, rngs::StdRng};
use tonic::{Request, transport::Channel};

use super::{lines::Left, progress::Progress, promise, promise::Said};
use crate::{
    blind::{self, BlindSet, FetchError, SetFiles},
    desk::DeskError,
    liaison::Token,
    node::Node,
    store::{
        AskedState, BatchAnswered, Blinded, OpenBatch, RowAnswer, StoreError, StoredQuestion, Tx, Write,
    },
    witness::{Promise, WitnessNow},
};

const DAMAGED: StoreError = StoreError::Damaged("question_row.selector");

/// Asks until everything is answered, or the line or the hub ends it: several batches at once, answered in their order.
pub(super) async fn send(
    node: &Node,
    question: &StoredQuestion,
    token: &Token,
    progress: &mut Progress<'_>,
) -> Result<(), Left> {
    let channel = node.channel().ok_or(Left::Away)?;
    let shown = blind::epochs(&channel, token).await.map_err(|status| Left::of(&status))?;
    progress.budget_left = shown.budget_left;
    SetFiles::forget_others(&node.config.data_dir, &shown.epochs).map_err(StoreError::from)?;
    let sets = Sets { node, channel: &channel, token, epochs: shown.epochs, at_hand: Vec::new() };
    let under_way = FuturesOrdered::new();
    let mut window = Window { sets, question, last: 0, under_way, elements: 0, ended: None };
    let responses = progress.responses;
    let asked = async {
        loop {
            window.fill(progress.budget_left).await;
            match window.under_way.next().await {
                Some(evaluated) => window.keep(evaluated?, progress).await?,
                None => return window.ended.take().map_or(Ok(()), Err),
            }
        }
    };
    tokio::select! {
        asked = asked => asked,
        () = responses.closed() => Err(Left::Gone),
    }
}

/// Batches under way. What is dropped with it goes out again as it is, under the same id, and costs nothing more.
struct Window<'a> {
    sets: Sets<'a>,
    question: &'a StoredQuestion,
    /// The last batch that was taken.
    last: i64,
    under_way: FuturesOrdered<BoxFuture<'static, Result<Evaluated, Left>>>,
    /// Elements under way.
    elements: u64,
    /// Why no more are taken; those under way are seen to first.
    ended: Option<Left>,
}

/// A batch whose evaluation is proven.
struct Evaluated {
    batch: i64,
    epoch: BlindEpoch,
    elements: u64,
    tags: Vec<Tag>,
    budget_left: u64,
    recorded_us: i64,
    receipt: Option<Receipt>,
    said: Said,
}

impl Window<'_> {
    /// Takes batches as long as there are any, and room.
    async fn fill(&mut self, budget_left: u64) {
        let most = self.sets.node.config.sync.window;
        while self.ended.is_none() && self.under_way.len() < most {
            match self.next(budget_left).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(left) => self.ended = Some(left),
            }
        }
    }

    /// Blinds the next batch and sends it; false: there is none, or it has to wait for those under way.
    async fn next(&mut self, budget_left: u64) -> Result<bool, Left> {
        let node = self.sets.node;
        let sets = &mut self.sets;
        let found = node.store.read().await?.open_question_batches(self.question.id, self.last, 1).await?;
        let Some(batch) = found.into_iter().next() else { return Ok(false) };
        let selectors = selectors(node, batch.id).await?;
        let elements = selectors.len() as u64;
        // Those under way may take what is left of the day; to one that goes alone the hub says how much that is.
        if !self.under_way.is_empty() && self.elements + elements > budget_left {
            return Ok(false);
        }
        self.last = batch.id;
        // What was blinded before the line broke goes out again as it is, as long as its epoch is evaluated.
        let (batch, questions) = match &batch.blinded {
            Some(blinded) if sets.knows(blinded.epoch) => {
                let restored = Questions::restore(&selectors, &blinded.secrets).map_err(|_| DAMAGED)?;
                (batch, restored)
            }
            _ => blind_anew(node, batch, sets.newest()?, selectors).await?,
        };
        let epoch_no = batch.blinded.as_ref().map(|blinded| blinded.epoch).ok_or(DAMAGED)?;
        let epoch = sets.epoch(epoch_no)?;
        // Before the hub counts anything: without a set there would be nothing to look into.
        sets.set(&epoch).await?;
        let mut request = Request::new(EvaluateRequest {
            query_id: batch.query_id.to_string(),
            salt: batch.salt.to_vec(),
            instance_id: node.store.instance_id().to_string(),
            purpose: Some(self.question.purpose.clone()),
            epoch: epoch_no,
            blinded_elements: questions.elements().iter().map(|element| element.to_vec()).collect(),
        });
        sets.token.put(request.metadata_mut());
        let said = Said::blind(&node.config.agency, sets.token, &batch, request.get_ref());
        self.elements += elements;
        self.under_way.push_back(evaluate(sets.channel.clone(), request, said, questions, epoch).boxed());
        Ok(true)
    }

    /// Looks the tags up, and keeps the answers.
    async fn keep(&mut self, evaluated: Evaluated, progress: &mut Progress<'_>) -> Result<(), Left> {
        let Evaluated { batch, epoch, elements, tags, budget_left, recorded_us, receipt, said } = evaluated;
        let node = self.sets.node;
        let set = self.sets.set(&epoch).await?;
        let answers = tags.iter().map(|tag| row_answer(set.contains(tag))).collect();
        let leaf_index = receipt.as_ref().map_or(0, |receipt| receipt.first_leaf_index);
        let promise = said.promise(recorded_us, leaf_index, receipt.clone());
        let answered = BatchAnswered {
            batch,
            recorded_us,
            leaf_index,
            receipt: receipt.map_or_else(Vec::new, |receipt| receipt.encode_to_vec()),
            answers,
            set: Some((set.epoch(), set.newest_increment())),
        };
        node.store.write(Apply { answered, promise, witness: node.witness_now() }).await?;
        node.hub_wrote();
        self.elements -= elements;
        progress.budget_left = budget_left;
        progress.one_false_hit_in = epoch.one_false_hit_in;
        Ok(progress.answered().await?)
    }
}

/// Has one batch evaluated, verifies the proof and unblinds.
async fn evaluate(
    channel: Channel,
    request: Request<EvaluateRequest>,
    said: Said,
    questions: Questions,
    epoch: BlindEpoch,
) -> Result<Evaluated, Left> {
    let key = PublicKey::from_bytes(&epoch.public_key).map_err(DeskError::Blind)?;
    let elements = questions.elements().len() as u64;
    let mut client = BlindServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES);
    let evaluated = client.evaluate(request).await.map_err(|status| match Left::of(&status) {
        // The next try asks for the epochs again, and blinds under the one that is in force.
        Left::Failed(DeskError::Hub(refusal)) if refusal.code() == RefusalCode::EpochOver => {
            Left::Wait(refusal)
        }
        left => left,
    })?;
    let EvaluateResponse { evaluated_elements, proof, budget_left, recorded_at_us, receipt } =
        evaluated.into_inner();
    let tags = tokio::task::spawn_blocking(move || questions.finish(&key, &evaluated_elements, &proof));
    let tags = tags.await.map_err(StoreError::from)?.map_err(DeskError::Blind)?;
    let batch = said.batch();
    Ok(Evaluated { batch, said, epoch, elements, tags, budget_left, recorded_us: recorded_at_us, receipt })
}

fn row_answer(is_hit: bool) -> RowAnswer {
    match is_hit {
        // Of a blind hit nothing more is known.
        true => RowAnswer { state: AskedState::Hit, detail: Hit::default().encode_to_vec() },
        false => RowAnswer { state: AskedState::NoHit, detail: Vec::new() },
    }
}

async fn selectors(node: &Node, batch: i64) -> Result<Vec<meldeverbund_blind::Selector>, StoreError> {
    let stored = node.store.read().await?.batch_selectors(batch).await?;
    let read = |bytes: &Vec<u8>| {
        let selector = Selector::decode(&bytes[..]).ok()?;
        blind::selector(&selector)
    };
    stored.iter().map(read).collect::<Option<_>>().ok_or(DAMAGED)
}

/// Blinds a batch under an epoch's key, and keeps it before the hub sees it. Other elements are another question: if it was
/// blinded before, it gets another id.
async fn blind_anew(
    node: &Node,
    batch: OpenBatch,
    epoch: u32,
    selectors: Vec<meldeverbund_blind::Selector>,
) -> Result<(OpenBatch, Questions), Left> {
    let mut rng = StdRng::from_seed(node.random.bytes());
    let questions = tokio::task::spawn_blocking(move || Questions::blind(&selectors, &mut rng));
    let questions = questions.await.map_err(StoreError::from)?;
    let (query_id, salt) = match &batch.blinded {
        None => (batch.query_id, batch.salt),
        Some(_) => (node.random.command_id(node.clock.now_us()), node.random.bytes()),
    };
    let blinded =
        Blinded { epoch, elements: questions.elements().concat(), secrets: questions.save().to_vec() };
    let batch = OpenBatch { id: batch.id, query_id, salt, blinded: Some(blinded) };
    node.store.write(KeepBlinded(batch.clone())).await?;
    Ok((batch, questions))
}

/// The epochs that can be asked, and their sets as they are needed.
struct Sets<'a> {
    node: &'a Node,
    channel: &'a Channel,
    token: &'a Token,
    epochs: Vec<BlindEpoch>,
    at_hand: Vec<BlindSet>,
}

impl Sets<'_> {
    fn knows(&self, epoch: u32) -> bool {
        self.epochs.iter().any(|known| known.epoch == epoch)
    }

    fn newest(&self) -> Result<u32, Left> {
        let none = || Left::Wait(Refusal::of(RefusalCode::Unavailable, "the hub has no epoch yet"));
        self.epochs.first().map(|epoch| epoch.epoch).ok_or_else(none)
    }

    fn epoch(&self, number: u32) -> Result<BlindEpoch, Left> {
        let found = self.epochs.iter().find(|known| known.epoch == number).cloned();
        found.ok_or_else(|| DeskError::HubContract.into())
    }

    async fn set(&mut self, epoch: &BlindEpoch) -> Result<&BlindSet, Left> {
        let place = self.at_hand.iter().position(|set| set.epoch() == epoch.epoch);
        let place = match place {
            Some(place) => place,
            None => {
                let data_dir = &self.node.config.data_dir;
                let set = blind::fetch(self.channel, self.token, data_dir, epoch).await;
                self.at_hand.push(set.map_err(|error| match error {
                    FetchError::Hub(status) => Left::of(&status),
                    other => Left::Failed(DeskError::BlindSet(other)),
                })?);
                self.at_hand.len() - 1
            }
        };
        Ok(&self.at_hand[place])
    }
}

struct KeepBlinded(OpenBatch);

impl Write for KeepBlinded {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let OpenBatch { id, query_id, salt, blinded } = &self.0;
        let Some(blinded) = blinded else { return Ok(()) };
        tx.keep_blinded(*id, *query_id, salt, blinded).await
    }
}

struct Apply {
    answered: BatchAnswered,
    promise: Option<Promise>,
    witness: WitnessNow,
}

impl Write for Apply {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        promise::keep(tx, self.promise.as_ref(), &self.witness).await?;
        tx.answer_question_batch(&self.answered, self.witness.now_us).await
    }
}
