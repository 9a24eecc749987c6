//! `ledger prove LINK`: how far it is proven that a link's referrals are in the ledger.

use meldeverbund_proto::node::v1::{LinkProof, ProveLinkRequest};
use serde_json::json;

use crate::{
    cli::{Exit, context::Context, error::CliError, json},
    text::{self, Lang, say},
};

/// States in which the leaf is proven to be in the tree that the hub signed.
const PROVEN: [&str; 3] = ["proven", "joined", "final"];

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
                }))?;
            } else {
                screen.line(line(context.lang, proof))?;
            }
        }
        screen.flush()?;
        let all = proofs.iter().all(|proof| PROVEN.contains(&proof.state.as_str()));
        Ok(if all { Exit::Done } else { Exit::Failed })
    }
}

fn line(lang: Lang, proof: &LinkProof) -> String {
    let LinkProof { case_number, leaf, votes, pinned, .. } = proof;
    let (at, size) = (text::time(lang, proof.recorded_at_us), text::count(lang, proof.receipt_size));
    let state = match proof.state.as_str() {
        "final" => say(
            lang,
            format!("endgültig, mitgezeichnet von {votes} von {pinned}"),
            format!("final, cosigned by {votes} of {pinned}"),
        ),
        "joined" => say(
            lang,
            format!(
                "im veröffentlichten Nachweisbuch, mitgezeichnet von {votes} von {pinned}, noch nicht endgültig"
            ),
            format!("in the published ledger, cosigned by {votes} of {pinned}, not final yet"),
        ),
        "proven" => say(
            lang,
            "vom Hub bestätigt, noch nicht veröffentlicht".into(),
            "confirmed by the hub, not published yet".into(),
        ),
        state => text::proof_state(lang, state).to_owned(),
    };
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
