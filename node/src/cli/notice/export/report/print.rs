//! What an export did, for people: tables, and what to type next.

use meldeverbund_proto::node::v1::DryRunSource;

use super::{Report, Several};
use crate::{
    cli::{error::CliError, screen::Screen, table},
    text::{self, Lang, say},
};

impl Report {
    /// Everything, the folders first.
    pub(super) fn print(&self, screen: &mut Screen, lang: Lang) -> Result<(), CliError> {
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
        if let Some(resume) = self.resume(lang) {
            screen.line(resume)?;
        }
        for failed in &self.failed {
            let (provider, error) = (failed.providers.join("; "), &failed.error);
            screen.line(say(
                lang,
                format!("! {provider}: nichts angekündigt, die Links stehen in keiner Datei: {error}"),
                format!("! {provider}: nothing intended, the links are in no file: {error}"),
            ))?;
        }
        if self.open > 0 {
            let (count, selection) = (text::count(lang, self.open), &self.selection);
            screen.line(say(
                lang,
                format!(
                    "! Bei {count} Löschobjekten hat der Hub nicht geantwortet; es gibt keine Datei dazu. Sobald die Verbindung \
                     steht, schreibt dies die Dateien zu dem, was doch angekündigt ist: meldeverbund-node notice export \
                     --resume {selection} --out ORDNER\n  Was nicht angekündigt ist, nimmt derselbe Befehl noch einmal auf."
                ),
                format!(
                    "! On {count} targets the hub has not answered; there is no file of them. Once the line is up, this writes \
                     the files of what is intended after all: meldeverbund-node notice export --resume {selection} --out \
                     FOLDER\n  What is not intended is taken up by the same command once more."
                ),
            ))?;
        }
        self.print_several(screen, lang)
    }

    /// What one notice to several recipients asks of whoever sends it.
    fn print_several(&self, screen: &mut Screen, lang: Lang) -> Result<(), CliError> {
        for Several { providers, targets, .. } in &self.several {
            let (count, names) = (text::count(lang, *targets as u64), providers.join("; "));
            screen.line(say(
                lang,
                format!(
                    "! {count} Löschobjekte haben Links bei mehreren Anbietern ({names}). Jeder Ordner hat die eigenen; die \
                     Ankündigung gilt für alle: erst als versandt melden, wenn alle hinausgegangen sind."
                ),
                format!(
                    "! {count} targets have links at several providers ({names}). Each folder has its own; the intent is one \
                     for all: report it sent when all of them have left."
                ),
            ))?;
        }
        if self.renamed > 0 {
            let count = text::count(lang, self.renamed);
            screen.line(say(
                lang,
                format!(
                    "! Bei {count} Löschobjekten nennt das Register einen anderen Empfänger als die Dateien: die Liste der \
                     Anbieter wurde inzwischen geändert."
                ),
                format!(
                    "! On {count} targets the register names another recipient than the files: the list of providers has \
                     changed since."
                ),
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
}
