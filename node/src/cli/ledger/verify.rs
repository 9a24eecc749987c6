//! `ledger verify DIR`: verifies an export, wherever it lies.

use std::path::PathBuf;

use meldeverbund_proto::note::VerifierKey;
use serde_json::json;

use crate::{
    cli::{Exit, context::Context, error::CliError, screen::Screen},
    ledger::verify::{Finding, Level, Summary, Trust, verify},
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Verify {
    /// The export's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// A key of the hub that is trusted; may be repeated [default: those that the export names]
    #[arg(long, value_name = "KEY")]
    hub_key: Vec<VerifierKey>,
    /// A witness's key, one vote an agency; may be repeated [default: those that the export names]
    #[arg(long, value_name = "KEY")]
    witness: Vec<VerifierKey>,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let trust = Trust { hub_keys: self.hub_key, witnesses: self.witness };
        let mut screen = context.screen();
        let mut failed = None;
        let summary = verify(&self.folder, &trust, &mut |finding| {
            if failed.is_none() {
                failed = tell(&mut screen, context, &finding).err();
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if context.json {
            screen.json(&summary_json(&summary))?;
        } else {
            screen.line(summary_text(context.lang, &summary))?;
        }
        screen.flush()?;
        Ok(if summary.faults > 0 { Exit::Failed } else { Exit::Done })
    }
}

fn tell(screen: &mut Screen, context: &Context, finding: &Finding) -> Result<(), CliError> {
    let lang = context.lang;
    let Finding { place, level, fault } = finding;
    if context.json {
        let level = if *level == Level::Fault { "fault" } else { "warning" };
        let text = fault.text(lang);
        return screen.json(&json!({ "level": level, "place": place, "fault": fault.name(), "text": text }));
    }
    let mark = match level {
        Level::Fault => say(lang, "FEHLER", "FAULT"),
        Level::Warning => say(lang, "Hinweis", "warning"),
    };
    screen.line(format!("{mark:8} {place}: {}", fault.text(lang)))
}

fn summary_text(lang: Lang, summary: &Summary) -> String {
    let Summary { epoch, size, events, envelopes, receipts, seen, votes, witnesses, faults } = summary;
    let [size, events, envelopes, receipts, seen, count] =
        [*size, *events, *envelopes, *receipts, *seen, *faults].map(|count| text::count(lang, count));
    let counted = say(
        lang,
        format!(
            "{size} Blätter (Epoche {epoch}), {events} Vorgänge, {envelopes} Unterschriften, {receipts} Eingangsbestätigungen, {seen} gesehene Prüfpunkte, mitgezeichnet von {votes} von {witnesses}"
        ),
        format!(
            "{size} leaves (epoch {epoch}), {events} events, {envelopes} signatures, {receipts} receipts, {seen} checkpoints seen, cosigned by {votes} of {witnesses}"
        ),
    );
    let verdict = if *faults == 0 {
        say(lang, "Alles stimmt überein".to_owned(), "All of it holds".to_owned())
    } else {
        say(lang, format!("FEHLER: {count}"), format!("FAULTS: {count}"))
    };
    format!("{verdict}: {counted}.")
}

fn summary_json(summary: &Summary) -> serde_json::Value {
    let Summary { epoch, size, events, envelopes, receipts, seen, votes, witnesses, faults } = summary;
    json!({
        "epoch": epoch,
        "size": size,
        "events": events,
        "envelopes": envelopes,
        "receipts": receipts,
        "seen": seen,
        "votes": votes,
        "witnesses": witnesses,
        "faults": faults,
        "holds": *faults == 0,
    })
}
