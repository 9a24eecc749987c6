//! Where leaves stand in the newest checkpoint that this node has verified: audit paths, read from the hub's tiles and
//! verified here.

use meldeverbund_proto::{
    leaf::Digest,
    node::v1::{InclusionProof, LinkProof},
    note::Checkpoint,
};

use crate::{
    node::Node,
    store::SeenCheckpoint,
    witness::{files::Files, remote_tree::RemoteTree},
};

/// A proof, and the hash of its leaf if the receipt proves one.
pub(super) type Proven = (LinkProof, Option<Digest>);

/// Adds the audit paths. What cannot be had is said with each proof; the rest of it stands.
pub(super) async fn add(node: &Node, newest: Option<SeenCheckpoint>, proofs: &mut [Proven]) {
    let Some(newest) = newest else {
        return proofs.iter_mut().for_each(|(proof, leaf)| proof.no_inclusion = none_yet(leaf).into());
    };
    let channel = node.channel();
    let files = channel.as_ref().map(Files::new);
    let SeenCheckpoint { size, root, .. } = newest;
    let shown = Checkpoint { origin: String::new(), size, root, extensions: Vec::new() };
    let mut tree = files.as_ref().map(|files| RemoteTree::new(files, &shown));
    for (proof, leaf) in proofs {
        let leaf = match leaf {
            Some(leaf) if proof.leaf < size => leaf,
            leaf => {
                proof.no_inclusion = none_yet(leaf).into();
                continue;
            }
        };
        let path = match &mut tree {
            Some(tree) => tree.path(proof.leaf, leaf).await,
            None => {
                proof.no_inclusion = "hub_away".into();
                continue;
            }
        };
        match path {
            Ok(Some(path)) => {
                proof.inclusion = Some(InclusionProof {
                    epoch: newest.epoch.into(),
                    index: proof.leaf,
                    size,
                    root: hex::encode(root),
                    leaf_hash: hex::encode(leaf),
                    hashes: path.iter().map(hex::encode).collect(),
                });
            }
            Ok(None) => proof.no_inclusion = "not_in_tree".into(),
            Err(error) => {
                tracing::warn!(%error, "desk.no_audit_path");
                // It fails for the others as well: each would wait in vain.
                tree = None;
                proof.no_inclusion = "hub_away".into();
            }
        }
    }
}

/// Why there is no path of a leaf that the checkpoint does not cover.
fn none_yet(leaf: &Option<Digest>) -> &'static str {
    if leaf.is_some() { "not_published" } else { "not_proven" }
}
