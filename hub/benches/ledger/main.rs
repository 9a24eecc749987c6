//! What the ledger costs, and how quickly it proves and is verified:
//! `cargo bench -p meldeverbund-hub --bench ledger --profile dist -- PART …`; no part named: all of them.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

mod beside;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;
#[path = "../../tests/it/process.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod process;
mod proof;
mod redo;
mod retention;
mod share;
mod stage;
mod whole;

/// The parts, in the order in which all of them run.
const PARTS: [&str; 5] = ["share", "beside", "retention", "whole", "proof"];

/// How large a run is.
struct Size {
    rounds: u64,
    /// Batches of one measurement of intake.
    batches: usize,
    /// Batches of the ledger that is verified as a whole.
    whole: usize,
    /// Leaves of the tree of which leaves are proven.
    tree: u64,
    /// How often it is proven.
    proofs: usize,
}

const FULL: Size = Size { rounds: 5, batches: 200, whole: 1_000, tree: 10_000_000, proofs: 1_000 };

/// Once and small, to see that it works: `cargo test --benches` calls it with `--test`.
const QUICK: Size = Size { rounds: 1, batches: 4, whole: 4, tree: 70_000, proofs: 20 };

fn main() {
    meldeverbund_certs::install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = if arguments.iter().any(|argument| argument == "--bench") { FULL } else { QUICK };
    let named: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    for part in &named {
        assert!(PARTS.contains(&part.as_str()), "{part} is none of {PARTS:?}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for part in PARTS.into_iter().filter(|part| named.is_empty() || named.iter().any(|one| one == part)) {
        println!("## {part}");
        match part {
            "share" => runtime.block_on(share::run(&size)),
            "beside" => runtime.block_on(beside::run(&size)),
            "retention" => runtime.block_on(retention::run(&size)),
            "whole" => runtime.block_on(whole::run(&size)),
            _ => runtime.block_on(proof::run(&size)),
        }
    }
}
