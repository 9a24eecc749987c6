//! One stream of published checkpoints: verify, keep, join the own receipts, and only then vouch.

use std::{collections::HashSet, sync::Arc};

use meldeverbund_proto::{
    leaf::Digest,
    note::{Checkpoint, KeyId, Note, VerifierKey},
    v1::{WitnessCosignature, WitnessRequest, WitnessResponse, witness_request},
};
use tokio::sync::mpsc;
use tonic::transport::Channel;

use super::{
    AlarmKind, epoch,
    files::Files,
    follow,
    join::Joiner,
    judge::{Judged, Tree, judge},
    promise::lacks_key,
    run::End,
    votes::Votes,
    writes::{Keep, Raise, Vouch},
};
use crate::{
    node::Node,
    store::{NewAlarm, SeenCheckpoint},
};

/// Most bytes of a published checkpoint.
const NOTE_BYTES: usize = 16_384;

/// A cosignature's time is in seconds.
const US_PER_S: i64 = 1_000_000;

/// One stream.
pub(super) struct Watcher<'a> {
    node: &'a Arc<Node>,
    files: Files,
    joiner: Joiner,
    requests: mpsc::Sender<WitnessRequest>,
    /// Where the next message's proof begins: what this stream has proven last.
    proven: Option<Tree>,
    first: bool,
    /// What this stream showed last that stands.
    standing: Option<(SeenCheckpoint, Note)>,
    vouched: Option<(u32, u64)>,
    /// The hub takes none of this node's cosignatures for now.
    silent: bool,
    /// A hub that is late by a moment is no alarm yet.
    may_be_late: bool,
    followed: HashSet<KeyId>,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(
        node: &'a Arc<Node>,
        channel: &Channel,
        requests: mpsc::Sender<WitnessRequest>,
        known: Option<&SeenCheckpoint>,
        silent: bool,
        may_be_late: bool,
    ) -> Self {
        Self {
            node,
            files: Files::new(channel),
            joiner: Joiner::new(channel),
            requests,
            proven: known.map(Tree::from),
            first: true,
            standing: None,
            vouched: None,
            silent,
            may_be_late,
            followed: HashSet::new(),
        }
    }

    /// The hub shows a checkpoint.
    pub(super) async fn shown(&mut self, message: WitnessResponse) -> Result<(), End> {
        let first = std::mem::replace(&mut self.first, false);
        let known = self.node.store.read().await?.newest_checkpoint().await?;
        let known_note = known.as_ref().map_or("", |known| known.note.as_str());
        let alarm = |kind, detail: String| NewAlarm::new(kind, detail, known_note, &message.checkpoint);
        let proof: Option<Vec<Digest>> =
            message.consistency.iter().map(|hash| hash[..].try_into().ok()).collect();
        let note = Some(&message.checkpoint).filter(|note| note.len() <= NOTE_BYTES);
        let note = note.and_then(|note| note.parse::<Note>().ok());
        let (Some(note), Some(proof)) = (note, proof) else {
            return self.alarm(alarm(AlarmKind::Signature, "the message is malformed".into())).await;
        };
        let checkpoint = match self.verified(&note).await? {
            Ok(checkpoint) => checkpoint,
            Err((kind, why)) => return self.alarm(alarm(kind, why)).await,
        };
        let origin = checkpoint.ledger().map_err(|error| End::Line(error.to_string()))?;
        let tree = Tree::of(&origin, &checkpoint);
        let known_tree = known.as_ref().map(Tree::from);
        match judge(known_tree.as_ref(), self.proven.as_ref(), &tree, &proof, first) {
            Judged::Stands => {}
            Judged::Older => {
                let known = known_tree.expect("only something known makes another older");
                if let Err(why) = self.joiner.prove_one(&tree, &known).await? {
                    return self.alarm(alarm(AlarmKind::Fork, why)).await;
                }
                return Ok(());
            }
            Judged::LaterEpoch => {
                let known = known.as_ref().expect("only something known makes another later");
                let keys = self.keys().await?;
                let found =
                    epoch::examine(self.node, &self.files, &keys, known, &checkpoint, &self.joiner).await?;
                match found {
                    Ok(began) => {
                        let seen = self.seen(&tree, &note);
                        self.node.store.write(began.kept_by(self.node, seen)).await?;
                        // What the hub lost is handed in again.
                        self.node.has_work();
                    }
                    Err(why) => return self.alarm(alarm(AlarmKind::Epoch, why)).await,
                }
            }
            Judged::Behind if self.may_be_late => return Err(End::Late),
            Judged::Behind => {
                let known = known_tree.expect("only something known makes another older");
                let why = format!(
                    "epoch {} with {} leaves was verified, the hub's newest is epoch {} with {}",
                    known.epoch, known.size, tree.epoch, tree.size
                );
                let alarms = vec![alarm(AlarmKind::Behind, why)];
                self.node.store.write(Raise { alarms, now_us: self.node.clock.now_us() }).await?;
                self.node.changed();
                return Err(End::Behind);
            }
            Judged::Fork(why) => return self.alarm(alarm(AlarmKind::Fork, why)).await,
        }
        self.proven = Some(tree);
        let seen = self.seen(&tree, &note);
        self.node.store.write(Keep(seen.clone())).await?;
        self.standing = Some((seen, note));
        self.again().await
    }

    /// Joins what can be joined to what the stream showed last, and vouches for it if nothing speaks against it.
    pub(super) async fn again(&mut self) -> Result<(), End> {
        let Some((seen, note)) = &self.standing else { return Ok(()) };
        self.joiner.recheck(self.node).await?;
        self.joiner.join(self.node, seen).await?;
        let own = self.node.keys.witness_vkey();
        let has_own_line = note.verified(std::slice::from_ref(&own)).is_ok();
        if !self.silent && !has_own_line && self.vouched != Some((seen.epoch, seen.size)) {
            let now_us = self.node.clock.now_us();
            // Durable first: whatever happens now, this node never vouches for another tree of this size.
            let may = self.node.store.write(Vouch { seen: seen.clone(), now_us }).await?;
            if may {
                let time_s = (now_us / US_PER_S).unsigned_abs();
                let line = note.cosignature(&self.node.keys.witness, time_s);
                let line = line.map_err(|error| End::Line(error.to_string()))?.to_string();
                let cosignature = WitnessCosignature { epoch: seen.epoch.into(), size: seen.size, line };
                let step = Some(witness_request::Step::Cosignature(cosignature));
                // Closed, the stream's end tells why.
                let _ = self.requests.send(WitnessRequest { step }).await;
                self.vouched = Some((seen.epoch, seen.size));
            }
        }
        self.node.changed();
        Ok(())
    }

    /// The checkpoint, if a key that this office believes signed it; keys that follow are learnt on the way.
    async fn verified(&mut self, note: &Note) -> Result<Result<Checkpoint, (AlarmKind, String)>, End> {
        let mut keys = self.keys().await?;
        let strangers = follow::strangers(note, &keys);
        let new: Vec<KeyId> = strangers.into_iter().filter(|id| self.followed.insert(*id)).collect();
        if !new.is_empty() && !keys.is_empty() {
            match follow::follow(self.node, &self.files, &keys, note).await? {
                Ok(true) => keys = self.keys().await?,
                Ok(false) => {}
                Err(why) => return Ok(Err((AlarmKind::Key, why))),
            }
        }
        Ok(match Checkpoint::verified(note, &keys) {
            Ok((checkpoint, _)) => Ok(checkpoint),
            Err(error) if lacks_key(&error) => Err((AlarmKind::Key, error.to_string())),
            Err(error) => Err((AlarmKind::Signature, error.to_string())),
        })
    }

    async fn keys(&self) -> Result<Vec<VerifierKey>, End> {
        let mut tx = self.node.store.read().await?;
        Ok(self.node.witness_now().known_keys(&mut tx).await?)
    }

    fn seen(&self, tree: &Tree, note: &Note) -> SeenCheckpoint {
        let votes = Votes::count(note, &self.node.config.ledger.witnesses);
        SeenCheckpoint {
            epoch: tree.epoch,
            size: tree.size,
            root: tree.root,
            note: note.to_string(),
            votes: votes.given as u64,
            is_final: votes.are_enough(),
            seen_us: self.node.clock.now_us(),
            cosigned_us: None,
        }
    }

    async fn alarm<T>(&self, alarm: NewAlarm) -> Result<T, End> {
        self.node.store.write(Raise { alarms: vec![alarm], now_us: self.node.clock.now_us() }).await?;
        self.node.changed();
        Err(End::Alarmed)
    }
}
