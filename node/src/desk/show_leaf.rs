//! A leaf, proven under the newest checkpoint that this node has verified.

use meldeverbund_proto::{
    node::v1::{ShowLeafRequest, ShowLeafResponse},
    note::Checkpoint,
};

use super::{DeskError, show_ledger::checkpoint};
use crate::{
    node::Node,
    witness::{files::Files, leaf_of, remote_tree::RemoteTree},
};

pub(super) async fn show_leaf(node: &Node, request: ShowLeafRequest) -> Result<ShowLeafResponse, DeskError> {
    let index = request.index;
    let newest = node.store.read().await?.newest_checkpoint().await?.ok_or(DeskError::LeafUnknown)?;
    if index >= newest.size {
        return Err(DeskError::LeafUnknown);
    }
    let channel = node.channel().ok_or(DeskError::HubAway)?;
    let files = Files::new(&channel);
    let shown =
        Checkpoint { origin: String::new(), size: newest.size, root: newest.root, extensions: Vec::new() };
    let leaf = RemoteTree::new(&files, &shown).leaf(index).await?;
    let unproven = || DeskError::Ledger(format!("leaf {index} is not in the tree that was verified"));
    let leaf = leaf.ok_or_else(unproven)?;
    let event = files.event(index).await?;
    if event.as_ref().is_some_and(|event| leaf_of(event) != Some(leaf)) {
        return Err(DeskError::Ledger(format!("what leaf {index} is said to be is not what it commits to")));
    }
    let event = event.map(|event| serde_json::to_string(&event)).transpose();
    Ok(ShowLeafResponse {
        index,
        kind: (leaf.kind as u16).into(),
        kind_name: kind_name(&format!("{:?}", leaf.kind)),
        recorded_at_us: leaf.time_us.cast_signed(),
        leaf_hash: hex::encode(leaf.hash()),
        checkpoint: Some(checkpoint(newest)),
        event: event.map_err(|error| DeskError::Ledger(error.to_string()))?.unwrap_or_default(),
    })
}

/// `CaseOpened` as programs read it: `case_opened`.
fn kind_name(variant: &str) -> String {
    let mut name = String::with_capacity(variant.len() + 4);
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    #[test]
    fn kinds_are_named_as_programs_read_them() {
        assert_eq!(super::kind_name("StatementKeyAdded"), "statement_key_added");
        assert_eq!(super::kind_name("Referral"), "referral");
    }
}
