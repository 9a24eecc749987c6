//! A new log epoch: its first leaf must own up to what this office had witnessed, and what it kept must still be there.

use meldeverbund_proto::{
    leaf::{Kind, LEAF_BYTES, Leaf},
    note::{Checkpoint, Note, VerifierKey},
    statement::EpochStatement,
};

use super::{
    AlarmKind, files::Files, follow::leaf_of, join::Joiner, judge::Tree, remote_tree::RemoteTree, run::End,
    writes::Begin,
};
use crate::{
    node::Node,
    store::{NewAlarm, NewEpoch, ReceiptState, SeenCheckpoint},
};

/// Receipts that are looked at together.
const PAGE: u32 = 200;

/// Where a leaf's kind stands.
const KIND: std::ops::Range<usize> = 1..3;

/// An epoch that may begin; what it does to the receipts.
#[derive(Debug)]
pub(super) struct Began {
    kept: u64,
    joined: Vec<i64>,
    missing: Vec<(i64, NewAlarm)>,
    notice: NewAlarm,
    now_us: i64,
}

impl Began {
    /// With the checkpoint that is the newest from now on.
    pub(super) fn kept_by(self, node: &Node, seen: SeenCheckpoint) -> Begin {
        let Self { kept, joined, missing, notice, now_us } = self;
        let (instance, random) = (node.store.instance_id().to_string(), node.random.clone());
        let again = NewEpoch { epoch: seen.epoch, kept, instance, random, now_us };
        Begin { seen, kept, again, joined, missing, notice, now_us }
    }
}

/// Examines the epoch that follows the known one.
///
/// # Errors
/// Why it must not be followed.
pub(super) async fn examine(
    node: &Node,
    files: &Files,
    keys: &[VerifierKey],
    known: &SeenCheckpoint,
    shown: &Checkpoint,
    joiner: &Joiner,
) -> Result<Result<Began, String>, End> {
    let mut tree = RemoteTree::new(files, shown);
    let (index, statement) = match first_leaf(files, &mut tree, shown.size, known.epoch).await? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    if let Err(why) = owns_up(&statement, index, keys, known) {
        return Ok(Err(why));
    }
    let new = Tree {
        epoch: shown.ledger().map_err(|error| End::Line(error.to_string()))?.epoch,
        size: shown.size,
        root: shown.root,
    };
    let whole = known.size <= index;
    if whole && let Err(why) = joiner.prove_one(&Tree::from(known), &new).await? {
        return Ok(Err(format!("what was witnessed is not in the new epoch: {why}")));
    }
    let (mut joined, mut missing) = (Vec::new(), Vec::new());
    let mut from = 0;
    loop {
        let page = node.store.read().await?.receipts_from(from, PAGE).await?;
        let Some(last) = page.last() else { break };
        from = last.receipt.receipt.first_leaf + 1;
        for stored in page.into_iter().filter(|stored| stored.receipt.state == ReceiptState::Proven) {
            let receipt = &stored.receipt;
            let first = receipt.receipt.first_leaf;
            let end = first + receipt.statements.len() as u64;
            let size = receipt.tree.map_or(0, |(_, size, _)| size);
            // One whose own tree was kept is joined like any other; one whose leaves were not kept is given up.
            if end > index || size <= index {
                continue;
            }
            if tree.has(first, &receipt.leaf_hashes()).await? {
                joined.push(stored.id);
            } else {
                let why = format!("leaf {first} of epoch {} is not in epoch {}", known.epoch, new.epoch);
                let alarm = NewAlarm::new(AlarmKind::MissingLeaf, why, &receipt.receipt.note, "");
                missing.push((stored.id, alarm));
            }
        }
    }
    let detail = format!(
        "epoch {} began at leaf {index}; epoch {} had been verified up to {}",
        statement.epoch, known.epoch, known.size
    );
    let notice = NewAlarm::new(AlarmKind::EpochBegan, detail, &known.note, &statement.last_checkpoint);
    Ok(Ok(Began { kept: index, joined, missing, notice, now_us: node.clock.now_us() }))
}

/// The leaf with which the first epoch after the known one began, as far as the ledger has it: a second restore may have
/// taken away the next one's. Sought from the tree's end: epochs are rare and mostly young.
async fn first_leaf(
    files: &Files,
    tree: &mut RemoteTree<'_>,
    size: u64,
    known: u32,
) -> Result<Result<(u64, EpochStatement), String>, End> {
    let none = || format!("no leaf begins an epoch after {known}");
    let mut found = None;
    let mut end = size;
    while end > 0 {
        let (first, leaves) = tree.bundle(end - 1).await?;
        let numbered: Vec<_> = (first..end).zip(&leaves).filter(|(_, bytes)| is_epoch(bytes)).collect();
        for (index, bytes) in numbered.into_iter().rev() {
            let Some(event) = files.event(index).await? else {
                return Ok(Err(format!("the hub does not say what epoch leaf {index} is")));
            };
            let leaf = leaf_of(&event).filter(|leaf| leaf.kind == Kind::Epoch);
            let same = Leaf::from_bytes(bytes).ok();
            let statement = EpochStatement::decode(&event.statement).ok();
            let (Some(leaf), Some(statement)) = (leaf.filter(|leaf| Some(*leaf) == same), statement) else {
                return Ok(Err(format!(
                    "what the hub says of epoch leaf {index} is not what the leaf commits to"
                )));
            };
            if statement.epoch <= known {
                return Ok(found.ok_or_else(none));
            }
            if !tree.has(index, &[leaf.hash()]).await? {
                return Ok(Err(format!("epoch leaf {index} is not in the tree that the hub signed")));
            }
            if statement.epoch == known + 1 {
                return Ok(Ok((index, statement)));
            }
            found = Some((index, statement));
        }
        end = first;
    }
    Ok(found.ok_or_else(none))
}

fn is_epoch(leaf: &[u8; LEAF_BYTES]) -> bool {
    leaf[KIND] == (Kind::Epoch as u16).to_be_bytes()
}

/// The statement names a checkpoint at least as new as what was verified; of the epochs between, each owned up to its own.
fn owns_up(
    statement: &EpochStatement,
    index: u64,
    keys: &[VerifierKey],
    known: &SeenCheckpoint,
) -> Result<(), String> {
    if statement.kept_leaves != index {
        return Err(format!("its first leaf is {index}, it says that it kept {}", statement.kept_leaves));
    }
    let note: Note = statement
        .last_checkpoint
        .parse()
        .map_err(|_| String::from("its first leaf names no checkpoint of the epoch before"))?;
    let (named, _) = Checkpoint::verified(&note, keys)
        .map_err(|error| format!("the checkpoint that its first leaf names: {error}"))?;
    let named = named.ledger().map(|origin| Tree::of(&origin, &named)).map_err(|error| error.to_string())?;
    if (named.epoch, named.size) < (known.epoch, known.size) || named.epoch >= statement.epoch {
        return Err(format!(
            "its first leaf names epoch {} with {} leaves, verified were {} in epoch {}",
            named.epoch, named.size, known.size, known.epoch
        ));
    }
    if (named.epoch, named.size) == (known.epoch, known.size) && named.root != known.root {
        return Err("its first leaf names another root than was verified".into());
    }
    Ok(())
}
