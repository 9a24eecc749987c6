//! How far it is proven that a link's referrals are in the ledger: the receipt is verified again, from the own statement on,
//! and the leaf's audit path leads to the newest checkpoint that this node has verified.

use meldeverbund_proto::{
    CanonicalLink,
    leaf::{Digest, Salt, statement_digest},
    link::refang,
    node::v1::{LinkProof, ProveLinkRequest, ProveLinkResponse},
    statement::ReferralStatement,
    v1::Verdict,
};

use super::{
    DeskError,
    inclusion::{self, Proven},
};
use crate::{
    node::Node,
    store::{LeafPlace, ReceiptState, StoreError, StoredLink, StoredReceipt, Tx},
    witness::{Votes, recheck},
};

/// Referrals in the answer.
const SHOWN: u32 = 1_000;

pub(super) async fn prove_link(
    node: &Node,
    request: ProveLinkRequest,
) -> Result<ProveLinkResponse, DeskError> {
    let id = CanonicalLink::parse(&refang(request.link.trim()))?.id();
    let mut tx = node.store.read().await?;
    let links = tx.links_by_id(id, SHOWN).await?;
    if links.is_empty() {
        return Err(DeskError::NothingKnown);
    }
    let mut proofs = Vec::with_capacity(links.len());
    for link in links {
        proofs.push(prove(node, &mut tx, link).await?);
    }
    let newest = tx.newest_checkpoint().await?;
    // The hub is asked with no transaction open.
    drop(tx);
    inclusion::add(node, newest, &mut proofs).await;
    Ok(ProveLinkResponse { proofs: proofs.into_iter().map(|(proof, _)| proof).collect() })
}

async fn prove(node: &Node, tx: &mut Tx, link: StoredLink) -> Result<Proven, StoreError> {
    let mut proof = LinkProof {
        referral: link.place.referral.unsigned_abs(),
        case_number: link.case_number.clone(),
        pinned: Votes::pinned(&node.config.ledger.witnesses) as u64,
        ..LinkProof::default()
    };
    proof.state = match link.verdict {
        None => "waiting",
        Some(verdict) if verdict == i32::from(Verdict::Refused) => "refused",
        Some(_) => "no_receipt",
    }
    .into();
    let place = tx.leaf_place(link.place).await?;
    let Some(stored) = tx.receipt_of_submission(place.submission).await? else {
        return Ok((proof, None));
    };
    if proof.state != "no_receipt" {
        return Ok((proof, None));
    }
    proof.leaf = stored.receipt.receipt.first_leaf + place.before;
    proof.recorded_at_us = stored.receipt.recorded_us;
    proof.receipt_size = stored.receipt.tree.map_or(0, |(_, size, _)| size);
    (proof.joined_epoch, proof.joined_size) =
        stored.linked.map_or((0, 0), |(epoch, size)| (u64::from(epoch), size));
    let own = own_digest(node, &link, place);
    let at = usize::try_from(place.before).ok();
    let stated = at.and_then(|at| stored.receipt.statements.get(at));
    let leaf = at.and_then(|at| stored.receipt.leaf_hashes().get(at).copied());
    let keys = node.witness_now().known_keys(tx).await?;
    let mut proven = None;
    proof.state = match stored.receipt.state {
        ReceiptState::Unchecked => "unchecked",
        ReceiptState::GivenUp => "given_up",
        ReceiptState::Unproven => "unproven",
        // Verified again here and now, from what this office stated.
        ReceiptState::Proven if own.is_none() || own.as_ref() != stated => "unproven",
        ReceiptState::Proven => match recheck(&stored.receipt, &keys) {
            Ok(Some(_)) => {
                proven = leaf;
                joined(tx, &stored, &mut proof).await?
            }
            Ok(None) => "unchecked",
            Err(_) => "unproven",
        },
    }
    .into();
    Ok((proof, proven))
}

async fn joined(
    tx: &mut Tx,
    stored: &StoredReceipt,
    proof: &mut LinkProof,
) -> Result<&'static str, StoreError> {
    let Some((epoch, joined)) = stored.linked else { return Ok("proven") };
    // An epoch's own receipts count from their tree's size on; those of an earlier one from where they were joined.
    let from = match stored.receipt.tree {
        Some((own_epoch, size, _)) if own_epoch == epoch => size,
        _ => joined,
    };
    let (votes, is_final) = tx.votes_from(epoch, from).await?;
    proof.votes = votes;
    Ok(if is_final { "final" } else { "joined" })
}

/// The digest of the referral as this office holds it.
fn own_digest(node: &Node, link: &StoredLink, place: LeafPlace) -> Option<Digest> {
    let salt = Salt::from_slice(&link.referral.salt)?;
    let mut bytes = Vec::new();
    ReferralStatement {
        agency: &node.config.agency,
        submission: place.submission_id,
        position: u32::try_from(place.position).ok()?,
        case_number: &link.case_number,
        referral: &link.referral,
    }
    .encode(&mut bytes);
    Some(statement_digest(&salt, &bytes))
}
