//! `ledger prove LINK`: how far it is proven that a link's referrals are in the ledger, and the audit paths that prove it.

use meldeverbund_proto::node::v1::{InclusionProof, LinkProof, ProveLinkRequest};
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json},
    text::{self, Lang, say},
};

/// States in which the leaf is proven to be in the tree that the hub signed.
const PROVEN: [&str; 3] = ["proven", "joined", "final"];

/// The hub's tiles do not lead from the leaf to the checkpoint that was verified.
const NOT_IN_TREE: &str = "not_in_tree";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Prove {
    /// The link in any spelling
    #[arg(value_name = "LINK")]
    link: String,
}

impl Prove {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ProveLinkRequest { link: self.link };
        let proofs = context.desk().await?.prove_link(request).await?.into_inner().proofs;
        let mut screen = context.screen();
        for proof in &proofs {
            if context.json {
                screen.json(&json!({
                    "referral": proof.referral,
                    "case": proof.case_number,
                    "state": proof.state,
                    "leaf": PROVEN.contains(&proof.state.as_str()).then_some(proof.leaf),
                    "recorded_at": json::time(proof.recorded_at_us),
                    "receipt_size": (proof.receipt_size > 0).then_some(proof.receipt_size),
                    "joined": (proof.joined_size > 0)
                        .then(|| json!({ "epoch": proof.joined_epoch, "size": proof.joined_size })),
                    "votes": proof.votes,
                    "pinned": proof.pinned,
                    "inclusion": proof.inclusion.as_ref().map(path_json),
                    "no_inclusion": Some(&proof.no_inclusion).filter(|why| !why.is_empty()),
                }))?;
            } else {
                screen.line(line(context.lang, proof))?;
                if let Some(path) = path(context.lang, proof) {
                    screen.line(path)?;
                }
            }
        }
        screen.flush()?;
        let holds =
            |proof: &LinkProof| PROVEN.contains(&proof.state.as_str()) && proof.no_inclusion != NOT_IN_TREE;
        let all = proofs.iter().all(holds);
        Ok(if all { Exit::Done } else { Exit::Failed })
    }
}

fn line(lang: Lang, proof: &LinkProof) -> String {
    let LinkProof { case_number, leaf, votes, pinned, .. } = proof;
    let (at, size) = (text::time(lang, proof.recorded_at_us), text::count(lang, proof.receipt_size));
    let state = text::proof(lang, &proof.state, *votes, *pinned);
    if !PROVEN.contains(&proof.state.as_str()) {
        return say(lang, format!("Vorgang {case_number}: {state}"), format!("Case {case_number}: {state}"));
    }
    say(
        lang,
        format!(
            "Vorgang {case_number}: Blatt {leaf}, {at}, Prüfpunkt mit {size} Blättern\nEingangsbestätigung zu diesem Link: {state}"
        ),
        format!(
            "Case {case_number}: leaf {leaf}, {at}, checkpoint of {size} leaves\nReceipt of this link: {state}"
        ),
    )
}

/// The audit path, or why there is none; nothing where the state has said it.
fn path(lang: Lang, proof: &LinkProof) -> Option<String> {
    let Some(InclusionProof { epoch, index, size, root, leaf_hash, hashes }) = &proof.inclusion else {
        return match proof.no_inclusion.as_str() {
            "hub_away" => Some(say(
                lang,
                "  kein Prüfpfad: der Hub, von dem die Kacheln kommen, ist nicht erreichbar".into(),
                "  no audit path: the hub, from which the tiles come, cannot be reached".into(),
            )),
            "not_published" => Some(say(
                lang,
                "  noch kein Prüfpfad: der neueste geprüfte Prüfpunkt reicht nicht bis zu diesem Blatt"
                    .into(),
                "  no audit path yet: the newest checkpoint verified here does not reach this leaf".into(),
            )),
            NOT_IN_TREE => Some(say(
                lang,
                "  FEHLER: die Kacheln des Hubs führen nicht von diesem Blatt zum geprüften Prüfpunkt".into(),
                "  FAULT: the hub's tiles do not lead from this leaf to the checkpoint verified here".into(),
            )),
            _ => None,
        };
    };
    let leaves = text::count(lang, *size);
    let head = say(
        lang,
        format!(
            "  Prüfpfad (RFC 6962) von Blatt {index} im Prüfpunkt mit {leaves} Blättern, Epoche {epoch}:"
        ),
        format!(
            "  audit path (RFC 6962) of leaf {index} in the checkpoint of {leaves} leaves, epoch {epoch}:"
        ),
    );
    let [leaf_label, path_label, root_label] =
        [("Blatt", "leaf"), ("Pfad", "path"), ("Wurzel", "root")].map(|(de, en)| say(lang, de, en));
    let mut lines = vec![head, format!("    {leaf_label:6} {leaf_hash}")];
    lines.extend(hashes.iter().map(|hash| format!("    {path_label:6} {hash}")));
    lines.push(format!("    {root_label:6} {root}"));
    Some(lines.join("\n"))
}

fn path_json(path: &InclusionProof) -> Value {
    let InclusionProof { epoch, index, size, root, leaf_hash, hashes } = path;
    json!({
        "epoch": epoch,
        "index": index,
        "size": size,
        "root": root,
        "leaf_hash": leaf_hash,
        "hashes": hashes,
    })
}
