//! What a dry run found.

use meldeverbund_proto::node::v1::ReferPreview;
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json, table},
    text::{self, say},
};

pub(super) fn show(context: &Context, preview: &ReferPreview, full: bool) -> Result<Exit, CliError> {
    let mut screen = context.screen();
    let lang = context.lang;
    if context.json {
        screen.json(&to_json(preview))?;
    } else {
        let mut found = table::table([
            say(lang, "Prüfung (nichts eingereicht)", "Check (nothing handed in)"),
            say(lang, "Zeilen", "Rows"),
        ]);
        for (label, count) in [
            (say(lang, "würden gemeldet", "would be referred"), preview.valid),
            (
                say(lang, "  davon in der Liste schon weiter oben", "  of them further up in the list"),
                preview.repeated,
            ),
            (
                say(
                    lang,
                    "  davon an diesem Knoten schon gemeldet",
                    "  of them referred at this node before",
                ),
                preview.known_here,
            ),
            (say(lang, "würden nicht angenommen", "would be rejected"), preview.rejected),
            (say(lang, "zusammen", "in all"), preview.rows),
        ] {
            found.add_row([label.to_owned(), text::count(lang, count)]);
        }
        table::right(&mut found, [1]);
        screen.line(found.to_string())?;
        if !preview.first_rejected.is_empty() {
            let mut rejected = table::table([
                say(lang, "Zeile", "Line"),
                say(lang, "Inhalt", "Content"),
                say(lang, "Grund", "Reason"),
            ]);
            for row in &preview.first_rejected {
                let problem = row.problem.clone().unwrap_or_default();
                let input = if full { problem.input } else { table::defanged(&problem.input) };
                let reason =
                    problem.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
                rejected.add_row([text::count(lang, row.line), input, reason]);
            }
            screen.line(rejected.to_string())?;
        }
    }
    screen.flush()?;
    Ok(if preview.rejected > 0 { Exit::SomeRefused } else { Exit::Done })
}

fn to_json(preview: &ReferPreview) -> Value {
    let rejected = preview.first_rejected.iter().map(|row| {
        let problem = row.problem.clone().unwrap_or_default();
        json!({
            "line": row.line,
            "input": problem.input,
            "refusal": json::refusal(problem.refusal.as_ref()),
        })
    });
    json!({
        "dry_run": true,
        "rows": preview.rows,
        "valid": preview.valid,
        "rejected": preview.rejected,
        "repeated": preview.repeated,
        "known_here": preview.known_here,
        "first_rejected": rejected.collect::<Vec<_>>(),
    })
}
