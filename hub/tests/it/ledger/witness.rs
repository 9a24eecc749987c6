//! Witnesses: they see each checkpoint continue the one before, and their word is kept, and no other.

use std::time::Duration;

use meldeverbund_hub::{
    flow::{AddWitnessKey, DropWitnessKey, publish},
    store::WitnessKeyRow,
};
use meldeverbund_proto::{
    merkle::consistency,
    note::{Checkpoint, Note, SigningKey, witness_key_name},
    v1::{
        RefusalCode, WitnessBegin, WitnessCosignature, WitnessRequest, WitnessResponse, witness_request::Step,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::{
    deciding::reason,
    harness::{DOMAIN, Federation, Office, salt},
};

/// A witness's conversation.
struct Conversation {
    say: mpsc::Sender<WitnessRequest>,
    hear: Streaming<WitnessResponse>,
}

impl Conversation {
    async fn open(office: &Office, epoch: u64, size: u64) -> Self {
        let (say, said) = mpsc::channel(4);
        let begin = Step::Begin(WitnessBegin { epoch, size, newest_checkpoint: String::new() });
        say.send(WitnessRequest { step: Some(begin) }).await.unwrap();
        let hear = office.ledger().witness(ReceiverStream::new(said)).await.unwrap().into_inner();
        Self { say, hear }
    }

    async fn next(&mut self) -> Result<Option<WitnessResponse>, Status> {
        let next = tokio::time::timeout(Duration::from_secs(30), self.hear.message());
        next.await.expect("something comes in time")
    }

    async fn cosign(&self, epoch: u64, size: u64, line: String) {
        let cosignature = Step::Cosignature(WitnessCosignature { epoch, size, line });
        self.say.send(WitnessRequest { step: Some(cosignature) }).await.unwrap();
    }
}

fn witness_key(agency: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(&witness_key_name(DOMAIN, &agency.parse().unwrap()), &[seed; 32]).unwrap()
}

impl Federation {
    async fn add_witness(&self, agency: &str, key: &SigningKey) -> bool {
        let vkey = key.witness_vkey().to_string();
        let add = AddWitnessKey::parse(agency.parse().unwrap(), &vkey, DOMAIN, String::new(), salt());
        self.server.hub().run(add.unwrap()).await.unwrap()
    }
}

fn read(answer: &WitnessResponse) -> (Note, Checkpoint) {
    let note: Note = answer.checkpoint.parse().unwrap();
    let checkpoint = note.text().parse().unwrap();
    (note, checkpoint)
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_go_round_and_come_back_cosigned() {
    let federation = Federation::start_with(meldeverbund_certs::Clock::system(), |config| {
        // Published by hand.
        config.ledger.publish_ms = 1_000_000;
    })
    .await;
    let hub = federation.server.hub();
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let (nw_key, by_key) = (witness_key("de-nw-lka", 1), witness_key("de-by-lka", 2));
    assert!(federation.add_witness("de-nw-lka", &nw_key).await);
    assert!(!federation.add_witness("de-nw-lka", &nw_key).await, "once");
    federation.add_witness("de-by-lka", &by_key).await;
    nw.open_case("1/26").await;
    assert!(publish(hub).await.unwrap());
    assert!(!publish(hub).await.unwrap(), "nothing has grown since");

    let mut one = Conversation::open(&nw, 0, 0).await;
    let shown = one.next().await.unwrap().unwrap();
    let (note, first) = read(&shown);
    assert!(shown.consistency.is_empty(), "nothing was verified before");
    Checkpoint::verified(&note, &federation.vkeys()).unwrap();
    let line = note.cosignature(&nw_key, 1_800_000_000).unwrap().to_string();
    one.cosign(1, first.size, line.clone()).await;
    one.cosign(1, first.size, line).await;
    let shown = one.next().await.unwrap().unwrap();
    let keys = [federation.vkeys(), vec![nw_key.witness_vkey(), by_key.witness_vkey()]].concat();
    let (note, same) = read(&shown);
    assert_eq!((same.size, Checkpoint::verified(&note, &keys).unwrap().1.len()), (first.size, 2));

    // A second witness hears it, adds its word, and both hear that.
    let mut two = Conversation::open(&by, 1, first.size).await;
    let (note, _) = read(&two.next().await.unwrap().unwrap());
    let line = note.cosignature(&by_key, 1_800_000_001).unwrap().to_string();
    two.cosign(1, first.size, line).await;
    for conversation in [&mut one, &mut two] {
        let (note, _) = read(&conversation.next().await.unwrap().unwrap());
        assert_eq!(Checkpoint::verified(&note, &keys).unwrap().1.len(), 3);
    }
    let (status, body) = nw.get("checkpoint").await;
    assert_eq!((status, body), (200, read_back(&nw).await.into_bytes()));

    // The next one continues it, and says so.
    nw.refer("1/26", &["https://a.test/1", "https://a.test/2", "https://a.test/3"]).await;
    assert!(publish(hub).await.unwrap());
    let shown = one.next().await.unwrap().unwrap();
    let (_, second) = read(&shown);
    let proof: Vec<_> = shown.consistency.iter().map(|hash| hash[..].try_into().unwrap()).collect();
    assert!(!proof.is_empty());
    consistency::verify(first.size, second.size, &first.root, &second.root, &proof).unwrap();
    let verified = federation.whole().await;
    assert_eq!((verified.checkpoints, verified.cosignatures), (2, 2));
    drop((one, two, nw, by));
    federation.end().await;
}

async fn read_back(office: &Office) -> String {
    let mut conversation = Conversation::open(office, 0, 0).await;
    conversation.next().await.unwrap().unwrap().checkpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_not_the_witnesses_own_is_refused() {
    let federation = Federation::start().await;
    let hub = federation.server.hub().clone();
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let (nw_key, dropped) = (witness_key("de-nw-lka", 1), witness_key("de-nw-lka", 3));
    federation.add_witness("de-nw-lka", &nw_key).await;
    federation.add_witness("de-nw-lka", &dropped).await;
    let drop_key = |key: &SigningKey| {
        let vkey = key.witness_vkey().to_string();
        DropWitnessKey::parse("de-nw-lka".parse().unwrap(), &vkey, String::new(), salt()).unwrap()
    };
    assert!(hub.run(drop_key(&dropped)).await.unwrap());
    assert!(!hub.run(drop_key(&dropped)).await.unwrap());
    assert!(hub.run(drop_key(&witness_key("de-nw-lka", 9))).await.is_err());
    publish(&hub).await.unwrap();
    let mut conversation = Conversation::open(&nw, 0, 0).await;
    let (note, checkpoint) = read(&conversation.next().await.unwrap().unwrap());
    let other = Note::sign(
        Checkpoint { size: checkpoint.size + 1, ..checkpoint.clone() }.to_string(),
        &SigningKey::from_seed("meldeverbund.test/ledger", &[5; 32]).unwrap(),
    )
    .unwrap();
    let sign = |note: &Note, key: &SigningKey| note.cosignature(key, 1_800_000_000).unwrap().to_string();
    let size = checkpoint.size;
    let good = sign(&note, &nw_key);
    for (office, size, line, code) in [
        (&by, size, good.clone(), RefusalCode::SignatureInvalid),
        (&nw, size, sign(&note, &dropped), RefusalCode::SignatureInvalid),
        (&nw, size, sign(&note, &witness_key("de-nw-lka", 9)), RefusalCode::SignatureInvalid),
        (&nw, size, sign(&other, &nw_key), RefusalCode::SignatureInvalid),
        (&nw, size + 1, good.clone(), RefusalCode::FieldInvalid),
        (&nw, size, "no line".into(), RefusalCode::FieldInvalid),
        (&nw, size, "x".repeat(513), RefusalCode::TooLarge),
    ] {
        let mut conversation = Conversation::open(office, 0, 0).await;
        conversation.next().await.unwrap();
        conversation.cosign(1, size, line).await;
        let status = conversation.next().await.unwrap_err();
        assert_eq!(reason(&status), code.as_str_name(), "{status:?}");
    }
    let mut silent = nw.ledger().witness(tokio_stream::iter([WitnessRequest { step: None }])).await.unwrap();
    let status = silent.get_mut().message().await.unwrap_err();
    assert_eq!(reason(&status), "REFUSAL_CODE_FIELD_MISSING");
    let rows = WitnessKeyRow::all(&mut hub.reader().await.unwrap()).await.unwrap();
    let used: Vec<_> = rows.iter().map(|row| row.dropped_leaf.is_none()).collect();
    assert_eq!(used, [true, false]);
    assert_eq!(federation.whole().await.cosignatures, 0);
    drop((conversation, nw, by, silent, hub));
    federation.end().await;
}
