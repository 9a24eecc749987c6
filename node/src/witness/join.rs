//! Joins the trees of receipts to the newest published checkpoint: what the hub told this office alone becomes part of what
//! it shows to all.

use std::time::Duration;

use meldeverbund_proto::{
    leaf::Digest,
    merkle::consistency,
    v1::{ProveConsistencyRequest, ledger_service_client::LedgerServiceClient},
};
use tonic::transport::Channel;

use super::{
    AlarmKind,
    files::Files,
    follow,
    judge::Tree,
    promise::recheck,
    run::End,
    writes::{Join, Recheck},
};
use crate::{
    node::Node,
    store::{NewAlarm, SeenCheckpoint},
};

/// Sizes in one question, as the contract says.
const SIZES: u32 = 100;

/// Receipts that are checked again together.
const RECHECKED: u32 = 100;

/// How long proofs may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks the hub for proofs.
#[derive(Debug)]
pub(super) struct Joiner {
    client: LedgerServiceClient<Channel>,
    files: Files,
}

impl Joiner {
    pub(super) fn new(channel: &Channel) -> Self {
        Self { client: LedgerServiceClient::new(channel.clone()), files: Files::new(channel) }
    }

    /// Joins all receipts up to the published checkpoint's size.
    pub(super) async fn join(&self, node: &Node, published: &SeenCheckpoint) -> Result<(), End> {
        loop {
            let (epoch, size) = (published.epoch, published.size);
            let trees = node.store.read().await?.trees_to_join(epoch, size, SIZES).await?;
            if trees.is_empty() {
                return Ok(());
            }
            let mut sizes: Vec<u64> = trees.iter().map(|(size, ..)| *size).collect();
            sizes.dedup();
            let proofs = self.proofs(epoch, sizes.clone(), size).await?;
            let (mut joined, mut missing) = (Vec::new(), Vec::new());
            for (from, root, note) in trees {
                let at = sizes.binary_search(&from).expect("each tree's size was asked for");
                match consistency::verify(from, size, &root, &published.root, &proofs[at]) {
                    Ok(()) => joined.push((from, root)),
                    Err(error) => {
                        let why = format!("receipt of {from} leaves, published {size}: {error}");
                        let alarm = NewAlarm::new(AlarmKind::MissingLeaf, why, &published.note, &note);
                        missing.push((from, root, alarm));
                    }
                }
            }
            let now_us = node.clock.now_us();
            node.store.write(Join { published: (epoch, size), joined, missing, now_us }).await?;
        }
    }

    /// Whether the older tree is the beginning of the newer; or how it shows that it is not.
    pub(super) async fn prove_one(&self, older: &Tree, newer: &Tree) -> Result<Result<(), String>, End> {
        let proofs = self.proofs(newer.epoch, vec![older.size], newer.size).await?;
        let proven = consistency::verify(older.size, newer.size, &older.root, &newer.root, &proofs[0]);
        let (old, new) = (older.size, newer.size);
        Ok(proven.map_err(|error| format!("{new} leaves do not continue {old}: {error}")))
    }

    /// Checks receipts that came before their key did.
    pub(super) async fn recheck(&self, node: &Node) -> Result<(), End> {
        loop {
            let mut tx = node.store.read().await?;
            let waiting = tx.unchecked_receipts(RECHECKED).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            let mut keys = node.witness_now().known_keys(&mut tx).await?;
            drop(tx);
            if keys.is_empty() {
                return Ok(());
            }
            let mut found = Vec::with_capacity(waiting.len());
            for stored in waiting {
                let note = &stored.receipt.receipt.note;
                let leaf = stored.receipt.receipt.first_leaf;
                let command = stored.receipt.command;
                let alarm = |kind, why: &str| {
                    NewAlarm::new(kind, format!("command {command}, first leaf {leaf}: {why}"), "", note)
                };
                let mut checked = recheck(&stored.receipt, &keys);
                let mut stranger = String::from("signed by no known key of the hub");
                if let (Ok(None), Ok(note)) = (&checked, note.parse()) {
                    // The hub's key may have changed since this office last looked.
                    match follow::follow(node, &self.files, &keys, &note).await? {
                        Ok(_) => {
                            let mut tx = node.store.read().await?;
                            keys = node.witness_now().known_keys(&mut tx).await?;
                            checked = recheck(&stored.receipt, &keys);
                        }
                        Err(why) => stranger = why,
                    }
                }
                let result = match checked {
                    Ok(Some(tree)) => Ok(tree),
                    Ok(None) => Err(alarm(AlarmKind::Key, &stranger)),
                    Err(why) => Err(alarm(AlarmKind::Receipt, &why)),
                };
                found.push((stored.id, result));
            }
            node.store.write(Recheck { found, now_us: node.clock.now_us() }).await?;
        }
    }

    async fn proofs(&self, epoch: u32, from: Vec<u64>, to: u64) -> Result<Vec<Vec<Digest>>, End> {
        // Trees of one size need no proof, and the question may be put with older sizes alone.
        let asked: Vec<u64> = from.iter().copied().filter(|size| *size > 0 && *size < to).collect();
        let mut answers = Vec::new();
        if !asked.is_empty() {
            let count = asked.len();
            let request = ProveConsistencyRequest { epoch: epoch.into(), from: asked, to };
            let mut client = self.client.clone();
            let answer = tokio::time::timeout(PATIENCE, client.prove_consistency(request)).await;
            let answer = answer.map_err(|_| End::Line("proofs take too long".into()))??;
            answers = answer.into_inner().proofs;
            if answers.len() != count {
                return Err(End::Line("another number of proofs than was asked for".into()));
            }
        }
        let mut answers = answers.into_iter();
        let proof = |size: u64| {
            let hashes = if size > 0 && size < to { answers.next().map(|proof| proof.hashes) } else { None };
            let hash = |hash: Vec<u8>| {
                hash.try_into().map_err(|_| End::Line("a proof's hash is not 32 bytes".into()))
            };
            hashes.unwrap_or_default().into_iter().map(hash).collect()
        };
        from.into_iter().map(proof).collect()
    }
}
