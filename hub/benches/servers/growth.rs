//! How much slower intake becomes beside ten million targets, and how much slower bare SQL does.
//!
//! The tables that a referral looks into are filled: targets with their random key, bindings. The ledger's tables only
//! grow at their end, and are left as they are.

use meldeverbund_pgtest::Cluster;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::Instant;

use crate::{
    Size,
    bare::Bare,
    common::{
        gauge::median,
        workload::{CASE, links},
    },
    federation,
    harness::Federation,
    intake::rate,
};

const NAME: &str = "hub_growth";

/// Targets as `first seised` of the first agency, each with a link that nobody hands in.
const TARGETS: &str = "INSERT INTO target (target_no, link_id, stage, round, owner_no, owner_basis, opened_leaf) \
     SELECT h.next_target + n, sha256(('filled ' || n)::BYTEA), 1, 1, 1, 3, 0 FROM head h, generate_series(0, $1 - 1) n";
const BINDINGS: &str = "INSERT INTO binding (target_no, agency_no, case_no, since_leaf) \
     SELECT h.next_target + n, 1, 1, 0 FROM head h, generate_series(0, $1 - 1) n";
const HEAD: &str = "UPDATE head SET next_target = next_target + $1";

/// The share of its speed that the hub keeps, to the share that bare SQL keeps.
pub(crate) async fn run(cluster: &Cluster, size: Size) {
    let mut bare = Bare::start(cluster, "bare_growth").await;
    let mut federation = federation(cluster, NAME).await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    drop(office);
    let before = [hub(&federation, 0, size).await, sql(&mut bare, 0, size).await];
    federation.server.end().await.unwrap();
    let started = Instant::now();
    fill(cluster, size.targets).await;
    bare.grow(size.targets).await;
    println!("{} targets made in {:.0} s", size.targets, started.elapsed().as_secs_f64());
    federation.server =
        meldeverbund_hub::serve::Server::start(&federation.config, federation.clock.clone(), None)
            .await
            .unwrap();
    let after = [hub(&federation, 1, size).await, sql(&mut bare, 1, size).await];
    let [hub, sql] = [after[0] / before[0], after[1] / before[1]];
    println!(
        "medians: hub {:.0} to {:.0} ({hub:.2}), bare SQL {:.0} to {:.0} ({sql:.2})",
        before[0], after[0], before[1], after[1]
    );
    println!("the hub keeps of its speed, beside what bare SQL keeps: {:.2}", hub / sql);
    federation.end().await;
}

async fn hub(federation: &Federation, which: u64, size: Size) -> f64 {
    let office = federation.connect("de-nw-lka", "main").await;
    let mut rates = Vec::new();
    for round in 0..size.rounds {
        rates.push(rate(std::slice::from_ref(&office), &links(round, which, size.batches)).await);
    }
    median(rates)
}

async fn sql(bare: &mut Bare, which: u64, size: Size) -> f64 {
    let mut rates = Vec::new();
    for round in 0..size.rounds {
        rates.push(bare.intake(&links(round, which, size.batches)).await);
    }
    median(rates)
}

async fn fill(cluster: &Cluster, targets: u64) {
    let mut database = PgConnection::connect(&cluster.url(NAME)).await.unwrap();
    for fill in [TARGETS, BINDINGS, HEAD] {
        sqlx::query(fill).bind(targets.cast_signed()).execute(&mut database).await.unwrap();
    }
    database.execute("VACUUM ANALYZE target").await.unwrap();
    database.execute("VACUUM ANALYZE binding").await.unwrap();
    database.execute("CHECKPOINT").await.unwrap();
}
