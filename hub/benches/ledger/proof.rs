//! Proof of one leaf in a large tree, as the hub looks it up and as anybody verifies it: time and size.

use meldeverbund_hub::{
    ledger::{Ledger, LedgerFiles, included},
    store::{Committed, Connection, Head, LeafRow, Newest, Store, Tree},
};
use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Span, inclusion},
    receipt::Receipt,
    v1,
};
use prost::Message as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::Instant;

use crate::{
    Size,
    common::{fill::fill, gauge::percentile, workload::BATCH},
    harness::DOMAIN,
};

/// The same leaves in every run.
const SEED: u64 = 20_261_122;

pub(crate) async fn run(size: &Size) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.sqlite");
    let started = Instant::now();
    fill(&path, size.tree).await;
    println!("{} leaves, made in {:.0} s", size.tree, started.elapsed().as_secs_f64());
    let store = Store::open(&path).await.unwrap();
    let files = LedgerFiles::in_folder(DOMAIN, folder.path());
    let mut reader = store.reader().await.unwrap();
    let ledger = Ledger::open(&files, &mut reader).await.unwrap();
    let head = Head::read(&mut reader).await.unwrap();
    ledger
        .committed(&Committed {
            epoch: head.epoch,
            tree: Tree::new(head.range.clone()),
            told: Vec::new(),
            newest: Newest::default(),
        })
        .unwrap();
    proofs(&mut reader, &head, size.proofs).await;
    for leaves in [1, BATCH as u64] {
        receipts(&mut reader, &ledger, head.size(), leaves, size.proofs).await;
    }
    drop(reader);
    store.close().await;
}

/// Audit paths (RFC 6962).
async fn proofs(reader: &mut Connection, head: &Head, count: usize) {
    let (mut made, mut verified, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    let mut random = StdRng::seed_from_u64(SEED);
    for _ in 0..count {
        let index = random.random_range(0..head.size());
        let leaf = leaf_hashes(reader, index, 1).await[0];
        let started = Instant::now();
        let proof = included(reader, index, head.size()).await.unwrap();
        made.push(started.elapsed().as_secs_f64());
        let started = Instant::now();
        inclusion::verify(index, head.size(), &leaf, &proof, &head.root()).unwrap();
        verified.push(started.elapsed().as_secs_f64());
        hashes.push(proof.len() as f64);
    }
    let most = percentile(hashes, 100);
    println!("proof of 1 leaf: at most {most} hashes, {} bytes{}", most * 32.0, times(&made, &verified));
}

/// Receipts of so many leaves, as the hub makes them for a command that is repeated later.
async fn receipts(reader: &mut Connection, ledger: &Ledger, size: u64, leaves: u64, count: usize) {
    let (mut made, mut verified, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut random = StdRng::seed_from_u64(SEED);
    for _ in 0..count {
        let begin = random.random_range(0..size - leaves);
        let hashes = leaf_hashes(reader, begin, leaves).await;
        let started = Instant::now();
        let receipt = ledger.receipt(reader, Span { begin, end: begin + leaves }).await.unwrap();
        made.push(started.elapsed().as_secs_f64());
        bytes.push(receipt.encoded_len() as f64);
        let receipt = read(receipt);
        let started = Instant::now();
        receipt.verify(&hashes, &ledger.vkeys()).unwrap();
        verified.push(started.elapsed().as_secs_f64());
    }
    let most = percentile(bytes, 100);
    println!("receipt of {leaves} leaves: at most {most} bytes{}", times(&made, &verified));
}

fn times(made: &[f64], verified: &[f64]) -> String {
    let of = |values: &[f64], percent| 1e3 * percentile(values.iter().copied(), percent);
    format!(
        "; made in {:.2} ms (p50), {:.2} ms (p99); verified in {:.3} ms (p50), {:.3} ms (p99)",
        of(made, 50),
        of(made, 99),
        of(verified, 50),
        of(verified, 99)
    )
}

async fn leaf_hashes(reader: &mut Connection, first: u64, count: u64) -> Vec<Digest> {
    let rows = LeafRow::range(reader, first, count).await.unwrap();
    rows.iter().map(|row| row.leaf().unwrap().hash()).collect()
}

/// A receipt off the wire.
fn read(receipt: v1::Receipt) -> Receipt {
    let hashes = |bytes: Vec<Vec<u8>>| bytes.into_iter().map(|hash| hash.try_into().unwrap()).collect();
    Receipt {
        note: receipt.checkpoint,
        first_leaf: receipt.first_leaf_index,
        before: hashes(receipt.before),
        decisions: hashes(receipt.decision_digests),
        after: hashes(receipt.after),
    }
}
