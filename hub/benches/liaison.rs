//! Liaison's questions beside bare look-ups: `cargo bench -p meldeverbund-hub --bench liaison --profile dist -- [targets]`.
//!
//! Batches of 1,000 links, half of them known, over one mTLS connection, each question recorded durably; beside it, in the same
//! engine and run, look-ups of the same keys in the same database, one statement a batch, by the unique key alone. Then single questions,
//! idle and while a bulk import runs.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "common/mod.rs"]
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod common;
#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;

use common::{
    fill::fill,
    gauge::{median, percentile},
    workload::{BATCH, CASE, hand_in, links, requests},
};
use harness::{Federation, INSTANCE, Office, salt, uuid};
use meldeverbund_hub::{serve::Server, store::query};
use meldeverbund_proto::{
    CanonicalLink,
    v1::{
        AgencyKind, Purpose, QueryRequest, Selector, liaison_service_client::LiaisonServiceClient,
        query_response, selector,
    },
};
use tokio::time::Instant;
use tokio_stream::StreamExt as _;

const ROUNDS: usize = 5;
const BATCHES: usize = 100;
const SINGLES: usize = 2_000;
const TARGETS: u64 = 1_000_000;
const EUROPOL: &str = "eu-europol";

/// The unique key alone, as the hub's own statement is given its keys.
const BARE: &str = "SELECT target_no FROM json_each($1) j CROSS JOIN target t ON t.link_id = unhex(j.value)";

fn main() {
    meldeverbund_certs::install_default();
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let (rounds, batches, singles, targets) =
        if quick { (1, 4, 20, 20_000) } else { (ROUNDS, BATCHES, SINGLES, asked.unwrap_or(TARGETS)) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(rounds, batches, singles, targets));
}

async fn run(rounds: usize, batches: usize, singles: usize, targets: u64) {
    let federation = filled(targets).await;
    let (nw, europol) =
        (federation.connect("de-nw-lka", "main").await, federation.connect(EUROPOL, "main").await);
    let (mut asked, mut bare) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let batches: Vec<_> = (0..batches).map(|batch| keys(round * batches + batch, targets)).collect();
        let links = (batches.len() * BATCH) as f64;
        asked.push(links / ask(&europol, batches.iter().map(|batch| question(batch)).collect()).await);
        bare.push(links / look_up(&federation, &batches).await);
        println!("round {round}: asked {:.0} links/s, bare {:.0}", asked[round], bare[round]);
    }
    let (asked, bare) = (median(asked), median(bare));
    println!(
        "{targets} targets, batches of {BATCH}: {asked:.0} links/s, bare {bare:.0}, ratio {:.2}",
        asked / bare
    );

    single("idle", &europol, singles, targets).await;
    let import = tokio::spawn(async move {
        for round in 0.. {
            hand_in(&nw, requests(&links(round, 7, 20)).collect()).await;
        }
    });
    single("while a bulk import runs", &europol, singles, targets).await;
    import.abort();
    let _ = import.await;
    drop(europol);
    federation.end().await;
}

/// A hub with so many targets, an office and a liaison body.
async fn filled(targets: u64) -> Federation {
    let federation =
        Federation::start_at(harness::Place::file(), meldeverbund_certs::Clock::system(), |config| {
            config.liaison.selectors_per_minute = u32::MAX;
            config.liaison.selectors_per_day = u32::MAX;
            config.liaison.selectors_per_stream = u32::MAX;
        })
        .await;
    federation.office("de-nw-lka").await.open_case(CASE).await;
    federation.register(EUROPOL, AgencyKind::Liaison).await;
    let Federation { folder, authority, config, clock, server, place } = federation;
    server.end().await.unwrap();
    fill(config.database.file().expect("it was started on a file"), targets).await;
    let officers = harness::officers::plain();
    let server = Server::start_with(&config, clock.clone(), None, officers).await.unwrap();
    Federation { folder, authority, config, clock, server, place }
}

/// The links of a batch: every other one is known.
fn keys(batch: usize, targets: u64) -> Vec<String> {
    let known = |n: u64| format!("https://host-{}.example/filled/file-{n:08}?part=1", n % 997);
    // A step that has no divisor in common with the round numbers that are filled: spread over all of them.
    let number = |at: usize| (batch * BATCH + at) as u64 * 7_919 % targets;
    let link = |at: usize| {
        if at.is_multiple_of(2) { known(number(at)) } else { format!("https://absent.example/{batch}/{at}") }
    };
    (0..BATCH).map(link).collect()
}

fn question(links: &[String]) -> QueryRequest {
    let selector = |link: &String| Selector { selector: Some(selector::Selector::Link(link.clone())) };
    QueryRequest {
        query_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        purpose: Some(Purpose {
            code: "prevention".into(),
            case_number: "EU-1".into(),
            reason: String::new(),
        }),
        selectors: links.iter().map(selector).collect(),
    }
}

/// Asks all on one stream; seconds until the last answer.
async fn ask(office: &Office, questions: Vec<QueryRequest>) -> f64 {
    let mut request = tonic::Request::new(tokio_stream::iter(questions));
    let token = format!("Bearer {EUROPOL} liaison {}", i64::MAX);
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    let mut client = LiaisonServiceClient::new(office.channel.clone()).max_decoding_message_size(8 << 20);
    let started = Instant::now();
    let mut answers = client.query(request).await.unwrap().into_inner();
    while let Some(answer) = answers.next().await {
        assert!(matches!(answer.unwrap().result, Some(query_response::Result::Answered(_))));
    }
    started.elapsed().as_secs_f64()
}

/// Seconds of bare look-ups of the same keys.
async fn look_up(federation: &Federation, batches: &[Vec<String>]) -> f64 {
    let id = |link: &String| *CanonicalLink::parse(link).unwrap().id().as_bytes();
    let keys: Vec<Vec<[u8; 32]>> = batches.iter().map(|batch| batch.iter().map(id).collect()).collect();
    let mut reader = federation.server.hub().reader().await.unwrap();
    let started = Instant::now();
    for batch in &keys {
        let found = query(BARE).bind_all(batch.iter().copied()).fetch_all(&mut reader).await.unwrap();
        assert_eq!(found.len(), BATCH / 2);
    }
    started.elapsed().as_secs_f64()
}

async fn single(when: &str, office: &Office, count: usize, targets: u64) {
    let links = keys(0, targets);
    let mut took_ms = Vec::with_capacity(count);
    for n in 0..count {
        took_ms.push(ask(office, vec![question(&links[n % BATCH..=n % BATCH])]).await * 1e3);
    }
    let [half, most] = [50, 99].map(|percent| percentile(took_ms.iter().copied(), percent));
    println!(
        "a single question, {when}: p50 {half:.1} ms, p99 {most:.1} ms (answers leave at ticks of 10 ms)"
    );
}
