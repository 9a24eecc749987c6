//! What an export did: a table for people, one object for programs.

use std::collections::HashSet;

use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::DryRunSource,
    v1::{NoticeForce, NoticeKind, Refusal},
};
use serde_json::{Value, json};

use super::{Export, files::Sent, intents::Intents, targets::LeftOut, terms::Letter};
use crate::{
    cli::{Exit, context::Context, error::CliError, json, screen::Screen, table},
    notice::{Package, Written},
    text::{self, Lang, say},
};

/// Targets that are named for each reason.
const NAMED: usize = 10;

/// What is told at the end.
pub(super) struct Report {
    kind: NoticeKind,
    force: NoticeForce,
    out: String,
    selection: String,
    left_out: LeftOut,
    rows: Vec<Row>,
    refused: Vec<(Refusal, u64, Vec<String>)>,
    open: u64,
    other_package: u64,
    failed: Vec<Failed>,
    dry_run: DryRunSource,
    would_take: u64,
    pub(super) sent: Option<Sent>,
}

/// One provider.
struct Row {
    provider: String,
    recipient: String,
    folder: String,
    links: usize,
    targets: usize,
    intents: Vec<String>,
    files: Vec<Value>,
}

/// A provider of whose links nothing was intended.
struct Failed {
    provider: String,
    error: String,
    reason: String,
}

impl Report {
    pub(super) fn new(letter: &Letter, export: &Export, left_out: LeftOut) -> Self {
        Self {
            kind: letter.intend.kind(),
            force: letter.intend.force(),
            out: export.out.display().to_string(),
            selection: export.selection.words(),
            left_out,
            rows: Vec::new(),
            refused: Vec::new(),
            open: 0,
            other_package: 0,
            failed: Vec::new(),
            dry_run: DryRunSource::Unspecified,
            would_take: 0,
            sent: None,
        }
    }

    /// What the hub said.
    pub(super) fn add_intents(&mut self, lang: Lang, packages: &[Package], intents: &Intents) {
        self.refused.clone_from(&intents.refused);
        self.open = intents.open;
        self.other_package = intents.other_package;
        self.would_take = intents.would_take;
        self.failed = intents
            .failed
            .iter()
            .map(|(key, status)| {
                let error = CliError::from(status.clone());
                let provider = packages[*key].provider().to_owned();
                Failed { provider, error: error.text(lang), reason: error.reason() }
            })
            .collect();
    }

    /// What is on the disk.
    pub(super) fn add_written(&mut self, packages: &[Package], written: &[Written]) {
        self.rows =
            packages.iter().zip(written).map(|(package, written)| row(package, Some(written))).collect();
    }

    /// Tells what would be done.
    pub(super) fn dry_run(
        mut self,
        context: &Context,
        packages: &[Package],
        intents: &Intents,
    ) -> Result<Exit, CliError> {
        self.add_intents(context.lang, packages, intents);
        self.dry_run = intents.source;
        self.rows = packages.iter().map(|package| row(package, None)).collect();
        self.show(context)
    }

    /// Tells everything.
    pub(super) fn show(self, context: &Context) -> Result<Exit, CliError> {
        let mut screen = context.screen();
        if context.json {
            screen.json(&self.to_json())?;
        } else {
            self.print(&mut screen, context.lang)?;
        }
        screen.flush()?;
        let not_sent = self.sent.as_ref().is_some_and(|sent| sent.taken < sent.targets);
        Ok(if self.open > 0 || !self.failed.is_empty() || not_sent {
            Exit::Interrupted
        } else if self.refused.is_empty() {
            Exit::Done
        } else {
            Exit::SomeRefused
        })
    }

    /// Why nothing is left, before the error that says so.
    pub(super) fn show_left_out(&self, context: &Context) {
        for (why, targets) in &self.left_out {
            eprintln!("{}: {}", why.text(context.lang), text::count(context.lang, targets.len() as u64));
        }
    }

    fn print(&self, screen: &mut Screen, lang: Lang) -> Result<(), CliError> {
        if self.is_dry_run() {
            screen.line(match self.dry_run {
                DryRunSource::Node => say(
                    lang,
                    "Probelauf, nichts wurde angekündigt oder geschrieben. Der Hub ist nicht erreichbar: nur eine \
                     SCHÄTZUNG nach dem letzten bekannten Stand.",
                    "Dry run, nothing was intended or written. The hub is away: only an ESTIMATE by what was last told.",
                ),
                _ => say(
                    lang,
                    "Probelauf, nichts wurde angekündigt oder geschrieben.",
                    "Dry run, nothing was intended or written.",
                ),
            })?;
        }
        if !self.rows.is_empty() {
            screen.line(self.packages(lang))?;
        }
        self.print_rest(screen, lang)?;
        self.print_next(screen, lang)
    }

    fn packages(&self, lang: Lang) -> String {
        let mut rows = table::table([
            say(lang, "Anbieter", "Provider"),
            say(lang, "Links", "Links"),
            say(lang, "Löschobjekte", "Targets"),
            say(lang, "Ordner", "Folder"),
        ]);
        for row in &self.rows {
            let (links, targets) =
                (text::count(lang, row.links as u64), text::count(lang, row.targets as u64));
            rows.add_row([row.provider.clone(), links, targets, row.folder.clone()]);
        }
        table::right(&mut rows, [1, 2]);
        rows.to_string()
    }

    /// What has no file, and why.
    fn print_rest(&self, screen: &mut Screen, lang: Lang) -> Result<(), CliError> {
        let mut rest = table::table([
            say(lang, "nicht dabei", "Left out"),
            say(lang, "Löschobjekte", "Targets"),
            say(lang, "zum Beispiel", "For example"),
        ]);
        let example = |ids: &[String]| ids.first().cloned().unwrap_or_default();
        for (refusal, count, ids) in &self.refused {
            let reason = text::refusal(lang, refusal);
            let reason =
                say(lang, format!("vom Hub abgelehnt: {reason}"), format!("refused by the hub: {reason}"));
            rest.add_row([reason, text::count(lang, *count), example(ids)]);
        }
        for (why, ids) in &self.left_out {
            rest.add_row([why.text(lang).to_owned(), text::count(lang, ids.len() as u64), example(ids)]);
        }
        if !(self.refused.is_empty() && self.left_out.is_empty()) {
            table::right(&mut rest, [1]);
            screen.line(rest.to_string())?;
        }
        for failed in &self.failed {
            let Failed { provider, error, .. } = failed;
            screen.line(say(
                lang,
                format!("! {provider}: nichts angekündigt, kein Ordner: {error}"),
                format!("! {provider}: nothing intended, no folder: {error}"),
            ))?;
        }
        if self.open > 0 {
            let (count, selection) = (text::count(lang, self.open), &self.selection);
            screen.line(say(
                lang,
                format!(
                    "! Bei {count} Löschobjekten hat der Hub nicht geantwortet; es gibt keine Datei dazu. Danach: \
                     meldeverbund-node notice list; notice export --resume {selection} --out ORDNER"
                ),
                format!(
                    "! On {count} targets the hub has not answered; there is no file of them. Then: meldeverbund-node \
                     notice list; notice export --resume {selection} --out FOLDER"
                ),
            ))?;
        }
        if self.other_package > 0 {
            let count = text::count(lang, self.other_package);
            screen.line(say(
                lang,
                format!("! {count} Links liegen bei einem zweiten Anbieter desselben Löschobjekts; sie stehen in keiner Datei."),
                format!("! {count} links lie with a second provider of the same target; they are in no file."),
            ))?;
        }
        Ok(())
    }

    /// What to type next.
    fn print_next(&self, screen: &mut Screen, lang: Lang) -> Result<(), CliError> {
        if self.is_dry_run() || self.rows.is_empty() {
            return Ok(());
        }
        let selection = &self.selection;
        match &self.sent {
            None => screen.line(say(
                lang,
                format!(
                    "Es wurde nichts versandt. Wenn die Mitteilungen hinausgegangen sind: {}\nWenn nicht: \
                     meldeverbund-node notice failed {selection} --reason GRUND",
                    self.next()
                ),
                format!(
                    "Nothing was sent. When the notices have left: {}\nIf they cannot: meldeverbund-node notice failed \
                     {selection} --reason TEXT",
                    self.next()
                ),
            )),
            Some(sent) => {
                let (taken, targets) = (text::count(lang, sent.taken), text::count(lang, sent.targets));
                screen.line(say(
                    lang,
                    format!("Als versandt gemeldet: {taken} von {targets} Löschobjekten"),
                    format!("Reported sent: {taken} of {targets} targets"),
                ))?;
                if sent.taken < sent.targets {
                    let reason = sent.failed.as_ref().map_or_else(String::new, |error| error.text(lang));
                    screen.line(say(
                        lang,
                        format!("! Der Rest ist nicht gemeldet. {reason} Danach: {}", self.next()),
                        format!("! The rest is not reported. {reason} Then: {}", self.next()),
                    ))?;
                }
                Ok(())
            }
        }
    }

    fn next(&self) -> String {
        format!("meldeverbund-node notice sent {}", self.selection)
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run != DryRunSource::Unspecified
    }

    fn to_json(&self) -> Value {
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
            |failed| json!({ "provider": failed.provider, "reason": failed.reason, "error": failed.error }),
        );
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
            "links_of_second_provider": self.other_package,
            "sent": sent,
            "next": (!self.is_dry_run() && !self.rows.is_empty()).then(|| self.next()),
        })
    }
}

fn row(package: &Package, written: Option<&Written>) -> Row {
    let items = package.items();
    let targets: HashSet<TargetId> = items.iter().map(|item| item.target).collect();
    let mut intents: Vec<CommandId> = items.iter().map(|item| item.intent).collect();
    intents.sort_unstable();
    intents.dedup();
    let files = written.map(|written| &written.files[..]).unwrap_or_default();
    let file = |file: &crate::notice::WrittenFile| json!({ "name": file.name, "bytes": file.bytes, "sha256": hex::encode(file.sha256) });
    Row {
        provider: package.provider().to_owned(),
        recipient: super::intents::recipient(package),
        folder: written
            .map_or_else(|| package.folder().to_owned(), |written| written.folder.display().to_string()),
        links: items.len(),
        targets: targets.len(),
        intents: match written {
            Some(_) => intents.iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        },
        files: files.iter().map(file).collect(),
    }
}
