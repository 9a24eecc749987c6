//! A node that knows more than its hub stops every write by showing it, and nobody stops the hub by lying.

use std::time::Duration;

use meldeverbund_hub::{
    flow::publish,
    ledger::{Behind, Standing, verify::What},
    serve::{Config, Readiness, Server},
    store::InstanceRow,
};
use meldeverbund_proto::{
    leaf::Digest,
    note::{Checkpoint, Note, Origin, SigningKey, ledger_key_name},
    v1::{
        AcknowledgeRequest, FollowRequest, RefusalCode, WitnessBegin, WitnessRequest,
        feed_service_client::FeedServiceClient, witness_request::Step,
    },
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{checkpoint, epochs::copy, faults};
use crate::{
    deciding::reason,
    harness::{BOOT, DOMAIN, Federation, INSTANCE, Office, batch, connect_to, refused},
};

/// How long an event that is there is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

impl Office {
    fn feeds(&self) -> FeedServiceClient<tonic::transport::Channel> {
        FeedServiceClient::new(self.channel.clone())
    }

    /// Opens the feed behind a cursor and shows a checkpoint; sequence and epoch of the first event.
    async fn follow(&self, (epoch, after_sequence): (u32, u64), shown: &str) -> Result<(u64, u32), Status> {
        // One process: the hub may not have noticed yet that its last stream has ended.
        let (instance_id, boot_id) = (INSTANCE.into(), BOOT.into());
        let newest_checkpoint = shown.to_owned();
        let request = FollowRequest { instance_id, boot_id, after_sequence, epoch, newest_checkpoint };
        let mut events = self.feeds().follow(request).await?.into_inner();
        let first = tokio::time::timeout(PATIENCE, events.message()).await.expect("an event is told in time");
        Ok(first?.map(|event| (event.sequence, event.epoch)).unwrap())
    }

    /// Opens a witness's stream and shows a checkpoint; what comes of it.
    async fn show(&self, shown: &str) -> Result<(), Status> {
        let begin = WitnessBegin { epoch: 0, size: 0, newest_checkpoint: shown.into() };
        let begin = WitnessRequest { step: Some(Step::Begin(begin)) };
        let said = futures::StreamExt::chain(tokio_stream::iter([begin]), futures::stream::pending());
        let mut stream = self.ledger().witness(said).await?.into_inner();
        // What is published comes after what was shown has been looked at.
        stream.message().await?.unwrap();
        Ok(())
    }
}

impl Federation {
    async fn publish(&self) {
        // What the hub itself has published in between is as good.
        publish(self.server.hub()).await.unwrap();
    }

    /// Up to where the one node has applied its feed.
    async fn acknowledged(&self) -> i64 {
        let rows = InstanceRow::all(&mut self.server.hub().reader().await.unwrap()).await.unwrap();
        rows[0].acknowledged
    }
}

/// A hub that was restored on another machine: without its mark, and without what an office was promised last.
async fn lost() -> (Federation, Office, String) {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    let promised = nw.refer("1/26", &["https://a.test/2"]).await.receipt.unwrap().checkpoint;
    drop(nw);
    std::fs::remove_file(&federation.config.ledger.mark).unwrap();
    let federation = federation.restore(&backup).await;
    assert_eq!(federation.server.hub().ledger().standing(), Standing::Sound, "it does not know yet");
    let nw = federation.connect("de-nw-lka", "main").await;
    (federation, nw, promised)
}

fn elsewhere(config: &Config) -> Config {
    let mut config = config.clone();
    config.ledger.mark.set_extension("mark2");
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_shows_stops_every_write_also_without_the_mark() {
    let (federation, nw, promised) = lost().await;
    // Another machine with a mark of its own, on the same database.
    let other = Server::start(&elsewhere(&federation.config), federation.clock.clone(), None).await.unwrap();
    let files = federation.credentials("de-nw-lka", "main");
    let channel = connect_to(other.address(), &files, federation.clock.clone()).await.unwrap();
    let there = Office { agency: nw.agency.clone(), channel };

    let status = nw.follow((1, 3), &promised).await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::Unavailable, "REFUSAL_CODE_UNAVAILABLE"));
    assert!(status.get_error_details().retry_info().is_some());
    let size = checkpoint(&promised).size;
    let expected = Standing::Behind(Behind::Shown { epoch: 1, size });
    assert_eq!(federation.server.hub().ledger().standing(), expected);
    for office in [&nw, &there] {
        let refusal = refused(office.submit(batch("1/26", &["https://a.test/3"])).await);
        assert_eq!((refusal.code(), refusal.retry_after_ms), (RefusalCode::Unavailable, 60_000));
        assert!(refusal.reason.contains("a node has shown a checkpoint of epoch 1"), "{refusal:?}");
    }
    assert_eq!(nw.follow((1, 0), "").await.unwrap(), (1, 1), "what is there is read");
    let said = |now: &Readiness| now.reasons.iter().any(|why| why.contains("a node has shown"));
    assert!(!federation.server.readiness().wait_for(said).await.unwrap().ready);
    let (_, found) = faults(federation.server.hub().store(), &federation.config.ledger_files()).await;
    assert_eq!(found.iter().map(|fault| fault.what).collect::<Vec<_>>(), [What::Mark]);
    drop((nw, there));
    other.end().await.unwrap();

    let federation = federation.restart().await;
    assert_eq!(federation.server.hub().ledger().standing(), expected, "for good");
    let (epoch, leaf) = federation.new_epoch(None).await;
    let statement = federation.epoch_statement(leaf).await;
    assert_eq!((epoch, statement.last_checkpoint), (2, promised.clone()), "what was shown is owned up to");
    let nw = federation.connect("de-nw-lka", "main").await;
    nw.show(&promised).await.unwrap();
    // Two rows of the feed were kept; what came in the third place before is not what comes there now.
    nw.refer("1/26", &["https://a.test/3"]).await;
    assert_eq!(nw.follow((1, 3), &promised).await.unwrap(), (3, 2));
    let acknowledge = async |epoch, sequence| {
        nw.feeds().acknowledge(AcknowledgeRequest { instance_id: INSTANCE.into(), sequence, epoch }).await
    };
    acknowledge(1, 3).await.unwrap();
    assert_eq!(federation.acknowledged().await, 2, "the third one it never had");
    acknowledge(2, 3).await.unwrap();
    assert_eq!(federation.acknowledged().await, 3);
    for beyond in [acknowledge(2, 4).await, acknowledge(3, 1).await] {
        assert_eq!(reason(&beyond.unwrap_err()), "REFUSAL_CODE_FIELD_INVALID");
    }
    for beyond in [(2, 4), (3, 1)] {
        let status = nw.follow(beyond, "").await.unwrap_err();
        assert_eq!(reason(&status), "REFUSAL_CODE_FIELD_INVALID", "{beyond:?}");
    }
    federation.whole().await;
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_leaves_in_the_place_of_lost_ones_are_noticed() {
    let (federation, nw, promised) = lost().await;
    nw.refer("1/26", &["https://a.test/other", "https://a.test/more"]).await;
    federation.publish().await;
    assert!(nw.show(&promised).await.is_ok());
    let standing = federation.server.hub().ledger().standing();
    let size = checkpoint(&promised).size;
    assert_eq!(standing, Standing::Behind(Behind::Shown { epoch: 1, size }));
    let refusal = refused(nw.submit(batch("1/26", &["https://a.test/3"])).await);
    assert_eq!(refusal.code(), RefusalCode::Unavailable);
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stops_the_hub_by_lying() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let genuine = nw.refer("1/26", &["https://a.test/1"]).await.receipt.unwrap().checkpoint;
    nw.refer("1/26", &["https://a.test/2"]).await;
    federation.publish().await;
    let forged = |domain: &str, key: &SigningKey, epoch| {
        let origin = Origin { trust_domain: domain.into(), epoch };
        Note::sign(Checkpoint::new(&origin, 1_000, Digest::default()).to_string(), key).unwrap().to_string()
    };
    let stranger = SigningKey::from_seed(&ledger_key_name(DOMAIN), &[7; 32]).unwrap();
    let pem = std::fs::read_to_string(&federation.config.ledger.key).unwrap();
    let own = SigningKey::from_pem(&ledger_key_name(DOMAIN), &pem).unwrap();
    let lies = [
        "nonsense".to_owned(),
        forged(DOMAIN, &stranger, 1),
        forged(DOMAIN, &stranger, 9),
        // What it signed, for a ledger of another name.
        forged("other.test", &own, 1),
        // What it signed, of another size.
        genuine.replacen(&format!("\n{}\n", checkpoint(&genuine).size), "\n999\n", 1),
        genuine,
    ];
    for lie in &lies {
        nw.show(lie).await.unwrap();
        nw.follow((1, 0), lie).await.unwrap();
        assert_eq!(federation.server.hub().ledger().standing(), Standing::Sound, "{lie}");
    }
    nw.refer("1/26", &["https://a.test/3"]).await;
    let long = nw.show(&"x".repeat(16_385)).await.unwrap_err();
    assert_eq!(reason(&long), "REFUSAL_CODE_TOO_LARGE");
    // The same, signed by the hub's own key: that one is believed.
    nw.show(&forged(DOMAIN, &own, 1)).await.unwrap();
    assert_ne!(federation.server.hub().ledger().standing(), Standing::Sound);
    drop(nw);
    federation.end().await;
}
