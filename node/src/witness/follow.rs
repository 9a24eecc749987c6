//! The hub's keys: taken at first use where none is pinned, and followed from leaf to leaf after that.

use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf, Salt, decision_digest, statement_digest},
    note::{Checkpoint, KeyId, Note, VerifierKey, ledger_key_name},
    statement::LedgerKeyStatement,
};

use super::{
    AlarmKind,
    files::{Event, Files},
    known_keys,
    remote_tree::RemoteTree,
    run::End,
    writes::Learn,
};
use crate::{
    node::Node,
    store::{HubKey, NewAlarm},
};

/// Most keys that are followed at once: rotations are rare.
const KEYS: usize = 64;

/// Keeps the newest key that the hub names, if none is known.
pub(super) async fn first_use(node: &Node, files: &Files) -> Result<(), End> {
    let mut tx = node.store.read().await?;
    if !node.witness_now().known_keys(&mut tx).await?.is_empty() {
        return Ok(());
    }
    drop(tx);
    let Some(keys) = files.keys().await? else { return Ok(()) };
    let name = ledger_key_name(node.config.hub.trust_domain.as_str());
    let newest = keys.hub.into_iter().filter(|key| key.vkey.name() == name).max_by_key(|key| key.since_leaf);
    let Some(newest) = newest else { return Ok(()) };
    let now_us = node.clock.now_us();
    let key = HubKey { key: newest.vkey, previous: None, since_leaf: newest.since_leaf, learned_us: now_us };
    tracing::info!(key_id = key.key.key_id(), "witness.hub_key_taken_at_first_use");
    node.store.write(Learn { keys: vec![key], notices: Vec::new(), now_us }).await?;
    node.changed();
    Ok(())
}

/// Keys under the ledger's name that are said to have signed, and that are not known.
pub(super) fn strangers(note: &Note, known: &[VerifierKey]) -> Vec<KeyId> {
    let Some(name) = known.first().map(VerifierKey::name) else { return Vec::new() };
    let stranger = |line: &&meldeverbund_proto::note::SignatureLine| {
        line.key().0 == name && !known.iter().any(|key| line.is_by(key))
    };
    note.signatures().iter().filter(stranger).map(|line| line.key().1).collect()
}

/// Learns the keys that followed a known one and signed this note; true if there are any. Each must be put in office by a
/// leaf of the very tree that the note vouches for.
///
/// # Errors
/// Why a key that the hub names cannot be believed.
pub(super) async fn follow(
    node: &Node,
    files: &Files,
    known: &[VerifierKey],
    note: &Note,
) -> Result<Result<bool, String>, End> {
    let Some(named) = files.keys().await? else { return Ok(Ok(false)) };
    let now_us = node.clock.now_us();
    let mut new: Vec<(HubKey, Digest)> = Vec::new();
    let mut named = named.hub;
    named.sort_by_key(|key| key.since_leaf);
    for entry in named.into_iter().filter(|entry| !known.contains(&entry.vkey)).take(KEYS) {
        // Keys before the first known one are history.
        let Some(event) = files.event(entry.since_leaf).await? else { continue };
        let learned: Vec<HubKey> = new.iter().map(|(key, _)| key.clone()).collect();
        if let Some((key, hash)) = put_in_office(&event, &known_keys(known, &learned), now_us)
            && key.key == entry.vkey
        {
            new.push((key, hash));
        }
    }
    let all: Vec<VerifierKey> =
        known.iter().cloned().chain(new.iter().map(|(key, _)| key.key.clone())).collect();
    let Ok((checkpoint, _)) = Checkpoint::verified(note, &all) else {
        return Ok(Err("the hub signs with a key that no known key vouches for".into()));
    };
    let mut tree = RemoteTree::new(files, &checkpoint);
    let (mut keys, mut notices) = (Vec::new(), Vec::new());
    for (key, hash) in new.into_iter().filter(|(key, _)| key.since_leaf < checkpoint.size) {
        if !tree.has(key.since_leaf, &[hash]).await? {
            return Ok(Err(format!("the key's leaf {} is not in the ledger", key.since_leaf)));
        }
        let detail = format!("key {:08x} since leaf {}", key.key.key_id(), key.since_leaf);
        notices.push(NewAlarm::new(AlarmKind::KeyChanged, detail, "", ""));
        keys.push(key);
    }
    let any = !keys.is_empty();
    node.store.write(Learn { keys, notices, now_us }).await?;
    Ok(Ok(any))
}

/// The key that an event puts in office, if a known key vouches for it; with the leaf's hash.
fn put_in_office(event: &Event, known: &[VerifierKey], now_us: i64) -> Option<(HubKey, Digest)> {
    if event.kind != Kind::LedgerKey as u16 {
        return None;
    }
    let (key, previous) = LedgerKeyStatement::decode(&event.statement).ok()?.verify().ok()?;
    let previous = previous.filter(|previous| known.contains(previous))?;
    let since_leaf = event.index;
    let key = HubKey { key, previous: Some(previous), since_leaf, learned_us: now_us };
    Some((key, leaf_of(event)?.hash()))
}

/// The leaf that commits to an event.
pub(crate) fn leaf_of(event: &Event) -> Option<Leaf> {
    let salt = Salt::from_slice(&event.salt)?;
    Some(Leaf {
        kind: Kind::from_number(event.kind)?,
        time_us: event.recorded_at_us,
        statement: statement_digest(&salt, &event.statement),
        decision: decision_digest(&salt, &event.decision),
    })
}
