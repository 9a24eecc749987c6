//! An answer wakes whoever may have waited for it, with nothing else there that could.

use std::{fs, io};

use http::Uri;
use meldeverbund_proto::{
    InstanceId,
    v1::{Assess, Stage, TargetAnswer, decide_request::Decision},
};
use tempfile::TempDir;

use super::*;
use crate::{
    clock::{Clock, Random},
    config::Config,
    decision::Lane,
    ledger::OwnKeys,
    store::{NewBatch, NewDecision, Store, Tx, Write},
    sync::{Dial, Dialling},
};

/// No way to any hub: what a test tells the sender is all that comes.
#[derive(Debug)]
struct Nowhere;

impl Dial for Nowhere {
    fn dial<'a>(&'a self, _: &'a Uri) -> Dialling<'a> {
        Box::pin(async {
            let detail = io::Error::from(io::ErrorKind::NotConnected).to_string();
            Err(Trouble { cause: HubLineCause::Unreachable, detail, refusal: None })
        })
    }
}

#[derive(Debug)]
struct Put(NewDecision);

impl Write for Put {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.put_decision(&self.0).await.map(drop)
    }
}

/// A node with one decision that waits for the hub, of which nobody is told.
async fn scene() -> (TempDir, Arc<Node>, UnsentDecision) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.toml");
    let text = "agency = \"de-nw-lka\"\ndata_dir = \"data\"\n\
         [hub]\naddress = \"https://127.0.0.1:9\"\nagency = \"de-bka\"\ntrust_domain = \"meldeverbund.test\"\n\
         [tls]\ncertificate = \"node.pem\"\nkey = \"node.key\"\ntrust_anchors = \"ca.pem\"\n";
    fs::write(&file, text).unwrap();
    let config = Config::load(&file).unwrap();
    fs::create_dir(&config.data_dir).unwrap();
    let (clock, random) = (Clock::new(|| 1_800_000_000_000_000), Random::seeded(1));
    let keys = OwnKeys::load_or_make(&config, &random).unwrap();
    let store = Store::open(&config.store_path(), &config.agency, &clock, &random).await.unwrap();
    let command_id = random.command_id(clock.now_us());
    let request = DecideRequest {
        command_id: command_id.to_string(),
        salt: random.bytes::<32>().to_vec(),
        instance_id: InstanceId::from_bytes([0; 16]).to_string(),
        target_ids: vec!["00000000-0000-4000-8000-000000000001".into()],
        decision: Some(Decision::Assess(Assess::default())),
        ..DecideRequest::default()
    };
    let decision = NewDecision {
        what: "assess",
        needs_hub: false,
        lane: Lane::of(request.decision.as_ref().unwrap(), 1),
        given_us: 1,
        given_by: "Erika Muster".into(),
        annotation: String::new(),
        batches: vec![NewBatch { command_id, request }],
    };
    store.write(Put(decision)).await.unwrap();
    let unsent = store.read().await.unwrap().unsent_decisions(1).await.unwrap().remove(0);
    let node = Node::new(config, store, keys, Arc::new(Nowhere), clock, random);
    (folder, node, unsent)
}

/// Who hands in again after a restore tells the hub so when the last of it is answered; the answer itself has to say that it is there.
#[tokio::test]
async fn the_answer_to_the_last_decision_wakes_who_waits_for_it() {
    let (_folder, node, batch) = scene().await;
    let mut work = node.work();
    let mut set_aside = SetAside::default();
    let (requests, _outgoing) = mpsc::channel(1);
    let mut sender = Sender {
        node: &node,
        set_aside: &mut set_aside,
        requests,
        window: Window::default(),
        paused_until: None,
    };
    let command_id = batch.command_id.to_string();
    sender.window.push(Signed { command: batch, digests: vec![[0; 32]] });
    work.mark_unchanged();
    let answer = TargetAnswer { stage: Stage::Referred.into(), round: 1, ..TargetAnswer::default() };
    let decided = Decided { answers: vec![answer], recorded_at_us: 1, ..Decided::default() };
    let result = Some(decide_response::Result::Decided(decided));
    sender.answered(vec![DecideResponse { command_id, result }]).await.unwrap();

    assert!(node.store.read().await.unwrap().unsent_decisions(1).await.unwrap().is_empty(), "it is the last");
    assert!(work.has_changed().unwrap(), "nobody says that there may be something to do");
}
