//! The hub on PostgreSQL beside bare SQL on the same cluster: `cargo bench -p meldeverbund-hub --bench servers --profile dist -- PART …`.
//!
//! The parts are `intake`, `hubs`, `growth` and `failover`; none named: all of them. The cluster is the benchmark's own, and
//! writes to its disk as one that must not forget does.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

mod bare;
#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod common;
mod failover;
mod growth;
#[path = "../../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;
mod intake;
#[path = "../../tests/it/process.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod process;

use meldeverbund_certs::Clock;
use meldeverbund_pgtest::Cluster;

use crate::harness::{Federation, Place};

/// The settings of a server that keeps what it has confirmed, with room for what is measured.
const DURABLE: &str = "\
fsync = on
full_page_writes = on
shared_buffers = 512MB
max_wal_size = 8GB
min_wal_size = 2GB
";

/// How much of each is done.
#[derive(Debug, Clone, Copy)]
struct Size {
    rounds: u64,
    batches: usize,
    targets: u64,
}

const WHOLE: Size = Size { rounds: 7, batches: 100, targets: 10_000_000 };
/// `cargo test --benches` runs this with `--test`: once, small, to see that it works.
const QUICK: Size = Size { rounds: 1, batches: 4, targets: 20_000 };

fn main() {
    meldeverbund_certs::install_default();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let size = if arguments.iter().any(|argument| argument == "--bench") { WHOLE } else { QUICK };
    let parts: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| *asked == part);
    let cluster = Cluster::start_with(DURABLE);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(bare::warm_up(&cluster));
    if asked("intake") {
        runtime.block_on(intake::beside_bare_sql(&cluster, size));
    }
    if asked("hubs") {
        runtime.block_on(intake::two_beside_one(&cluster, size));
    }
    if asked("growth") {
        runtime.block_on(growth::run(&cluster, size));
    }
    if asked("failover") {
        runtime.block_on(failover::run(&cluster, size));
    }
}

/// A hub on an empty database of this name.
async fn federation(cluster: &Cluster, name: &str) -> Federation {
    bare::Bare::make(cluster, name).await;
    let url = cluster.url(name);
    let change = |config: &mut meldeverbund_hub::serve::Config| config.database = url.parse().unwrap();
    Federation::start_at(Place::file(), Clock::system(), change).await
}
