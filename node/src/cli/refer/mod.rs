//! `refer`: hands in a list, then follows the hub's answers.

mod follow;
mod input;
mod preview;
mod progress;
mod send;

use std::path::PathBuf;

use meldeverbund_proto::node::v1::{HandIn, ReferBegin};

use self::{
    follow::Followed,
    input::{Input, Reading},
    send::{Sent, send},
};
use super::{Exit, context::Context, error::CliError, json, print, report};
use crate::text::{self, say};

/// A table of so many rows is shown without being asked for.
const FEW_ROWS: u64 = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Refer {
    /// The list: CSV, XLSX, plain text or XARF; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The case (Vorgangsnummer) that the list belongs to
    #[arg(long, value_name = "NUMBER")]
    case: String,
    #[command(flatten)]
    reading: Reading,
    /// Check and count only; nothing is handed in
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each row to this CSV file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    report: Option<PathBuf>,
    /// Show what became of each row as a table
    #[arg(long, conflicts_with = "dry_run")]
    table: bool,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
    /// Return once the list is safe at the node; the hub answers later
    #[arg(long, conflicts_with_all = ["dry_run", "report", "table"])]
    no_wait: bool,
    /// Hand in again what was handed in completely before
    #[arg(long)]
    again: bool,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", value_name = "NAME")]
    officer: String,
}

impl Refer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let input = Input::open(&self.file, &self.reading, &self.case).await?;
        let mut desk = context.desk().await?;
        let begin = ReferBegin {
            case_number: self.case.clone(),
            digest: input.digest.to_vec(),
            source_name: input.name.clone(),
            annotation: self.officer.clone(),
            again: self.again,
            dry_run: self.dry_run,
        };
        let hand_in = match send(&mut desk, begin, input, context).await? {
            Sent::Preview(preview) => return preview::show(context, &preview, self.full),
            Sent::Interrupted { rows_taken } => return interrupted(context, rows_taken),
            Sent::Finished(hand_in) => hand_in,
        };
        if self.no_wait {
            return self.accepted(context, &hand_in);
        }
        match follow::follow(&mut desk, hand_in.id, context).await? {
            Followed::Settled(hand_in) => self.settled(context, &mut desk, &hand_in).await,
            Followed::Interrupted(hand_in) => self.queued(context, &hand_in),
        }
    }

    /// All rows are safe, and that is enough.
    fn accepted(&self, context: &Context, hand_in: &HandIn) -> Result<Exit, CliError> {
        let mut screen = context.screen();
        let counts = hand_in.counts.unwrap_or_default();
        if context.json {
            screen.json(&json::hand_in(hand_in))?;
        } else {
            let (rows, id) = (text::count(context.lang, counts.rows - counts.rejected), hand_in.id);
            screen.line(say(
                context.lang,
                format!("{rows} Linkmeldungen sind angenommen (Einreichung {id}). Ergebnis: meldeverbund-node report {id}"),
                format!("{rows} referrals are accepted (hand-in {id}). Outcome: meldeverbund-node report {id}"),
            ))?;
        }
        screen.flush()?;
        Ok(if counts.rejected > 0 { Exit::SomeRefused } else { Exit::Done })
    }

    /// The officer did not wait for all answers.
    fn queued(&self, context: &Context, hand_in: &HandIn) -> Result<Exit, CliError> {
        let mut screen = context.screen();
        if context.json {
            screen.json(&json::hand_in(hand_in))?;
        } else {
            let counts = hand_in.counts.unwrap_or_default();
            let (waiting, id) = (text::count(context.lang, counts.waiting), hand_in.id);
            screen.line(say(
                context.lang,
                format!("Alles ist gesichert; {waiting} Linkmeldungen warten noch auf den Hub und gehen von selbst hinaus.\nErgebnis: meldeverbund-node report {id}, Stand: meldeverbund-node status"),
                format!("Everything is safe; {waiting} referrals still wait for the hub and go out by themselves.\nOutcome: meldeverbund-node report {id}, state: meldeverbund-node status"),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Interrupted)
    }

    /// No more answers come by themselves.
    async fn settled(
        &self,
        context: &Context,
        desk: &mut crate::client::DeskClient,
        hand_in: &HandIn,
    ) -> Result<Exit, CliError> {
        let counts = hand_in.counts.unwrap_or_default();
        let mut screen = context.screen();
        if context.json {
            screen.json(&json::hand_in(hand_in))?;
        } else {
            print::counts(&mut screen, context.lang, &counts)?;
            if self.table || counts.rows <= FEW_ROWS {
                report::table(desk, hand_in.id, &mut screen, context.lang, self.full).await?;
            }
        }
        if let Some(file) = &self.report {
            report::csv(desk, hand_in.id, file, context.lang).await?;
            if !context.json {
                let file = file.display();
                screen.line(say(context.lang, format!("Bericht: {file}"), format!("Report: {file}")))?;
            }
        }
        if counts.waiting > 0 && !context.json {
            let waiting = text::count(context.lang, counts.waiting);
            screen.line(say(
                context.lang,
                format!("{waiting} Linkmeldungen sind angehalten, weil der Hub sie ablehnt: meldeverbund-node status"),
                format!("{waiting} referrals are held up because the hub refuses them: meldeverbund-node status"),
            ))?;
        }
        screen.flush()?;
        Ok(match (counts.waiting, counts.rejected + counts.refused) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::SomeRefused,
            _ => Exit::Interrupted,
        })
    }
}

/// The officer broke off while rows were being taken.
fn interrupted(context: &Context, rows_taken: u64) -> Result<Exit, CliError> {
    let mut screen = context.screen();
    if context.json {
        screen.json(&serde_json::json!({ "interrupted": true, "rows_taken": rows_taken }))?;
    } else {
        let rows = text::count(context.lang, rows_taken);
        screen.line(say(
            context.lang,
            format!("Abgebrochen. {rows} Zeilen sind gesichert und gehen hinaus; derselbe Befehl macht danach weiter."),
            format!("Interrupted. {rows} rows are safe and go out; the same command goes on after them."),
        ))?;
    }
    screen.flush()?;
    Ok(Exit::Interrupted)
}
