//! `ledger show INDEX`: one leaf.

use meldeverbund_proto::node::v1::ShowLeafRequest;
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// The leaf's index, from 0
    #[arg(value_name = "INDEX")]
    index: u64,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ShowLeafRequest { index: self.index };
        let leaf = context.desk().await?.show_leaf(request).await?.into_inner();
        let checkpoint = leaf.checkpoint.unwrap_or_default();
        let event: Value = serde_json::from_str(&leaf.event).unwrap_or(Value::Null);
        let mut screen = context.screen();
        if context.json {
            screen.json(&json!({
                "index": leaf.index,
                "kind": leaf.kind_name,
                "recorded_at": json::time(leaf.recorded_at_us),
                "leaf_hash": leaf.leaf_hash,
                "proven_under": { "epoch": checkpoint.epoch, "size": checkpoint.size, "root": checkpoint.root },
                "event": event,
            }))?;
        } else {
            let lang = context.lang;
            let at = text::time(lang, leaf.recorded_at_us);
            let (index, kind, hash) = (leaf.index, &leaf.kind_name, &leaf.leaf_hash);
            let (size, epoch) = (text::count(lang, checkpoint.size), checkpoint.epoch);
            screen.line(say(
                lang,
                format!("Blatt {index}: {kind}, {at}\n  Hash {hash}\n  bewiesen unter dem Prüfpunkt mit {size} Blättern, Epoche {epoch}"),
                format!("Leaf {index}: {kind}, {at}\n  hash {hash}\n  proven under the checkpoint of {size} leaves, epoch {epoch}"),
            ))?;
            if event.is_null() {
                screen.line(say(
                    lang,
                    "  Sein Inhalt ist nicht für diese Behörde, oder seine Aufbewahrung ist beendet.",
                    "  Its content is not for this office, or its retention has ended.",
                ))?;
            }
            for field in ["agency", "salt", "statement", "decision"] {
                if let Some(value) = event[field].as_str().filter(|value| !value.is_empty()) {
                    screen.line(format!("  {field}: {value}"))?;
                }
            }
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
