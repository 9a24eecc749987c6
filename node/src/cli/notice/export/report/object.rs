//! What an export did, for programs: one object.

use serde_json::{Value, json};

use super::{Report, Several};
use crate::cli::json;

/// Targets that are named for each reason.
const NAMED: usize = 10;

impl Report {
    /// The object.
    pub(super) fn to_json(&self) -> Value {
        let packages = self.rows.iter().map(|row| {
            json!({
                "provider": row.provider,
                "recipient": row.recipient,
                "folder": row.folder,
                "links": row.links,
                "targets": row.targets,
                "intents": row.intents,
                "files": row.files,
            })
        });
        let refused = self.refused.iter().map(|(refusal, targets, first)| {
            json!({ "refusal": json::refusal(Some(refusal)), "targets": targets, "first": first })
        });
        let left_out = self.left_out.iter().map(|(why, ids)| {
            json!({ "why": why.name(), "targets": ids.len(), "first": ids[..ids.len().min(NAMED)] })
        });
        let failed = self.failed.iter().map(
            |failed| json!({ "providers": failed.providers, "targets": failed.targets, "reason": failed.reason, "error": failed.error }),
        );
        let several = self.several.iter().map(|several| {
            let Several { providers, targets, intents } = several;
            let intents: Vec<String> = intents.iter().map(ToString::to_string).collect();
            json!({ "providers": providers, "targets": targets, "intents": intents })
        });
        let sent = self.sent.as_ref().map(|sent| json!({ "targets": sent.targets, "taken": sent.taken }));
        json!({
            "dry_run": json::name(self.dry_run.as_str_name(), "DRY_RUN_SOURCE_"),
            "would_take": self.is_dry_run().then_some(self.would_take),
            "kind": json::name(self.kind.as_str_name(), "NOTICE_KIND_"),
            "force": json::name(self.force.as_str_name(), "NOTICE_FORCE_"),
            "out": self.out,
            "packages": packages.collect::<Vec<_>>(),
            "links": self.rows.iter().map(|row| row.links).sum::<usize>(),
            "refused": refused.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
            "unanswered": self.open,
            "failed": failed.collect::<Vec<_>>(),
            "several_providers": several.collect::<Vec<_>>(),
            "recipient_changed": self.renamed,
            "sent": sent,
            "next": (!self.is_dry_run() && !self.rows.is_empty()).then(|| self.next()),
        })
    }
}
