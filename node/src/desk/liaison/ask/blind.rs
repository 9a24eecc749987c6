//! Asks blindly: blinds each batch and keeps what unblinds it, has it evaluated, verifies the proof, and looks into the set.

use meldeverbund_blind::{PublicKey, Questions};
use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    v1::{
        BlindEpoch, EvaluateRequest, EvaluateResponse, Hit, Refusal, RefusalCode, Selector,
        blind_service_client::BlindServiceClient,
    },
};
use prost::Message as _;
use rand::{SeedableRng as _, rngs::StdRng};
use tonic::{Request, transport::Channel};

use super::{lines::Left, progress::Progress};
use crate::{
    blind::{self, BlindSet, FetchError, SetFiles},
    desk::DeskError,
    liaison::Token,
    node::Node,
    store::{
        AskedState, BatchAnswered, Blinded, OpenBatch, RowAnswer, StoreError, StoredQuestion, Tx, Write,
    },
};

const DAMAGED: StoreError = StoreError::Damaged("question_row.selector");

/// Asks until everything is answered, or the line or the hub ends it.
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
    let mut sets = Sets { node, channel: &channel, token, epochs: shown.epochs, at_hand: Vec::new() };
    let (mut last, responses) = (0, progress.responses);
    loop {
        let batch =
            node.store.read().await?.open_question_batches(question.id, last, 1).await?.into_iter().next();
        let Some(batch) = batch else { return Ok(()) };
        last = batch.id;
        tokio::select! {
            asked = ask_batch(&mut sets, question, batch, progress) => asked?,
            () = responses.closed() => return Err(Left::Gone),
        }
    }
}

/// One batch, from its selectors to its answers.
async fn ask_batch(
    sets: &mut Sets<'_>,
    question: &StoredQuestion,
    batch: OpenBatch,
    progress: &mut Progress<'_>,
) -> Result<(), Left> {
    let node = sets.node;
    let selectors = selectors(node, batch.id).await?;
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
    let key = PublicKey::from_bytes(&epoch.public_key).map_err(DeskError::Blind)?;
    let set = sets.set(&epoch).await?;
    let set_as_of = (set.epoch(), set.newest_increment());
    let mut request = Request::new(EvaluateRequest {
        query_id: batch.query_id.to_string(),
        salt: batch.salt.to_vec(),
        instance_id: node.store.instance_id().to_string(),
        purpose: Some(question.purpose.clone()),
        epoch: epoch_no,
        blinded_elements: questions.elements().iter().map(|element| element.to_vec()).collect(),
    });
    sets.token.put(request.metadata_mut());
    let mut client = BlindServiceClient::new(sets.channel.clone()).max_decoding_message_size(MESSAGE_BYTES);
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
    let set = sets.set(&epoch).await?;
    let answers = tags.iter().map(|tag| row_answer(set.contains(tag))).collect();
    let answered = BatchAnswered {
        batch: batch.id,
        recorded_us: recorded_at_us,
        leaf_index: receipt.as_ref().map_or(0, |receipt| receipt.first_leaf_index),
        receipt: receipt.map_or_else(Vec::new, |receipt| receipt.encode_to_vec()),
        answers,
        set: Some(set_as_of),
    };
    node.store.write(Apply { answered, now_us: node.clock.now_us() }).await?;
    node.hub_wrote();
    progress.budget_left = budget_left;
    progress.one_false_hit_in = epoch.one_false_hit_in;
    Ok(progress.answered().await?)
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
    now_us: i64,
}

impl Write for Apply {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.answer_question_batch(&self.answered, self.now_us).await
    }
}
