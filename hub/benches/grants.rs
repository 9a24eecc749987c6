//! Grants as a ratio to the same statements without rules, in one run:
//! `cargo bench -p meldeverbund-hub --bench grants --profile dist`.
//!
//! The baseline runs the statements of a granting decision, grouped alike, on the same store: facts read, targets, lives,
//! history, leaf, command and feed row written, nothing decided and no network. Beside it stands the real thing over
//! mutual TLS through four connections.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;

use std::fmt::Write as _;

use harness::{Federation, Office, decided, decision_on};
use meldeverbund_domain::{
    Ownership, Target, TargetNo,
    life::{Grant, Life, Takedown},
};
use meldeverbund_hub::{
    flow::{Command, Failure, Lane},
    store::{FeedKind, LifeRow, NewCommand, NewEvent, NewFeedRow, Tx, interests, lives},
};
use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Kind, statement_digest},
    v1::{
        Assess, DecideRequest, Finding, OffenceClass, ProviderDataState, Release, RequestGrant,
        SecureEvidence, SettleProviderData, Stage, decide_request::Decision,
    },
};
use tokio::time::Instant;

const ROUNDS: usize = 5;
const BATCH: usize = 1_000;
const BATCHES: usize = 100;
const CONNECTIONS: usize = 4;

fn main() {
    meldeverbund_certs::install_default();
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rounds, batches) = if quick { (1, 4) } else { (ROUNDS, BATCHES) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!(
        "{batches} batches of {BATCH} targets; grants per second, and the ratio to the statements alone"
    );
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let bare = runtime.block_on(measure(batches, true));
        let real = runtime.block_on(measure(batches, false));
        println!("round {round}: statements {bare:>8.0}  over TLS {real:>8.0} ({:.2})", real / bare);
        ratios.push(real / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio: {:.2}", ratios[ratios.len() / 2]);
}

/// Grants for targets of one office, whose gates are set.
async fn measure(batches: usize, bare: bool) -> f64 {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    let mut targets = Vec::new();
    for batch in 0..batches {
        let mut links = Vec::new();
        for n in 0..BATCH {
            let mut link = String::new();
            write!(link, "https://host-{}.example/{batch}/{n}", n % 97).unwrap();
            links.push(link);
        }
        let links: Vec<_> = links.iter().map(String::as_str).collect();
        let answers = office.refer("1/26", &links).await.answers;
        let ids: Vec<String> = answers.into_iter().map(|answer| answer.target_id).collect();
        for gate in gates() {
            office.decided(&ids, gate).await;
        }
        targets.push(ids);
    }
    let elapsed =
        if bare { statements(&federation, &targets).await } else { over_tls(&federation, targets).await };
    drop(office);
    federation.end().await;
    (batches * BATCH) as f64 / elapsed
}

/// Four connections, each with its share of the decisions.
async fn over_tls(federation: &Federation, targets: Vec<Vec<String>>) -> f64 {
    let mut running = Vec::new();
    let mut offices = Vec::new();
    for _ in 0..CONNECTIONS {
        offices.push(federation.connect("de-nw-lka", "main").await);
    }
    let share = targets.len().div_ceil(CONNECTIONS);
    let shares: Vec<Vec<DecideRequest>> = targets
        .chunks(share)
        .map(|share| {
            share.iter().map(|ids| decision_on(ids, Decision::RequestGrant(RequestGrant {}))).collect()
        })
        .collect();
    let started = Instant::now();
    for (office, share) in offices.into_iter().zip(shares) {
        running.push(tokio::spawn(ask(office, share)));
    }
    for task in running {
        task.await.unwrap();
    }
    started.elapsed().as_secs_f64()
}

async fn ask(office: Office, requests: Vec<DecideRequest>) {
    let mut answers = office.decisions().decide(tokio_stream::iter(requests)).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(decided(answer).answers.iter().all(|answer| answer.fence > 0));
    }
}

/// The same statements, in the same groups, without anything to decide.
async fn statements(federation: &Federation, targets: &[Vec<String>]) -> f64 {
    let hub = federation.server.hub();
    let ids = hub.store().target_ids();
    let commands: Vec<Bare> = targets
        .iter()
        .map(|batch| Bare {
            caller: "de-nw-lka".parse().unwrap(),
            id: harness::uuid().parse().unwrap(),
            request: decision_on(batch, Decision::RequestGrant(RequestGrant {})),
            numbers: batch.iter().map(|id| ids.number(id.parse().unwrap()).unwrap()).collect(),
        })
        .collect();
    let started = Instant::now();
    let running: Vec<_> = commands
        .into_iter()
        .map(|command| {
            let hub = hub.clone();
            tokio::spawn(async move { hub.run(command).await.unwrap() })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    started.elapsed().as_secs_f64()
}

#[derive(Debug)]
struct Bare {
    caller: AgencyId,
    id: CommandId,
    request: DecideRequest,
    numbers: Vec<TargetNo>,
}

impl Command for Bare {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let agencies = tx.agencies().await?;
        let agency = agencies.iter().find(|row| row.agency.id == self.caller).unwrap().agency.no;
        tx.command(agency, self.id).await?;
        let targets = tx.targets_by_number(self.numbers.iter().copied()).await?;
        let lives: Vec<(TargetNo, Life)> = lives(tx.reading(), self.numbers.iter().copied()).await?;
        interests(tx.reading(), self.numbers.iter().copied()).await?;
        let salt = harness::salt();
        let statement = prost::Message::encode_to_vec(&self.request);
        let digest = statement_digest(&salt, &statement);
        let event = NewEvent {
            kind: Kind::Decision,
            agency,
            salt,
            statement: &statement,
            statement_digest: digest,
            // As long as what is recorded of a real decision.
            decision: vec![7; 50 * self.numbers.len()],
        };
        let leaf = tx.append(&[event]).await?;
        let granted = |target: Target| Target {
            stage: Stage::Granted,
            ownership: Ownership { ..target.ownership },
            ..target
        };
        tx.put_targets(targets.into_iter().map(granted)).await?;
        let grant = Grant { fence: leaf.unsigned_abs(), until_us: i64::MAX };
        let rows: Vec<_> = lives
            .into_iter()
            .map(|(target, life)| {
                LifeRow::new(target, Some(i64::MAX), &Life { takedown: Takedown::Granted(grant), ..life })
            })
            .collect();
        tx.put_lives(&rows).await?;
        tx.note_history(leaf, self.numbers.iter().copied()).await?;
        let body = vec![7; 25 + 8 * self.numbers.len()];
        tx.tell(NewFeedRow { agency, kind: FeedKind::TargetsChanged, first_leaf: leaf, leaf_count: 1, body })
            .await?;
        let verdict = vec![7; 16 * self.numbers.len()];
        tx.remember(NewCommand { agency, id: self.id, digest, first_leaf: leaf, leaf_count: 1, verdict })
            .await?;
        Ok(())
    }
}

fn gates() -> [Decision; 4] {
    [
        Decision::Assess(Assess {
            finding: Finding::Unlawful.into(),
            offence_class: OffenceClass::Stgb184b.into(),
            means_of_collection: "open forum".into(),
            ..Assess::default()
        }),
        Decision::SecureEvidence(SecureEvidence {
            secured_at_us: 1,
            custodian: "evidence room".into(),
            ..SecureEvidence::default()
        }),
        Decision::SettleProviderData(SettleProviderData {
            state: ProviderDataState::Requested.into(),
            ..SettleProviderData::default()
        }),
        Decision::Release(Release {
            not_needed_reason: "agreed with the prosecutor".into(),
            ..Release::default()
        }),
    ]
}
