//! What an export did, as it is told at the end: [`print`] for people, [`object`] for programs.

mod object;
mod print;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::DryRunSource,
    v1::{NoticeForce, NoticeKind, Refusal},
};
use serde_json::{Value, json};

use super::{
    Export,
    files::Sent,
    intents::Intents,
    recipients::Group,
    targets::{LeftOut, Why},
    terms::Letter,
};
use crate::{
    cli::{Exit, context::Context, error::CliError},
    notice::{Package, Written, WrittenFile},
    text::{self, Lang, say},
};

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
    failed: Vec<Failed>,
    several: Vec<Several>,
    /// Targets whose files name another recipient than the register.
    pub(super) renamed: u64,
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

/// Providers on whose targets nothing was intended.
struct Failed {
    providers: Vec<String>,
    targets: usize,
    error: String,
    reason: String,
}

/// Targets whose links lie with more than one provider: one intent for all of them.
struct Several {
    providers: Vec<String>,
    targets: usize,
    intents: Vec<CommandId>,
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
            failed: Vec::new(),
            several: Vec::new(),
            renamed: 0,
            dry_run: DryRunSource::Unspecified,
            would_take: 0,
            sent: None,
        }
    }

    /// What the hub said.
    pub(super) fn add_intents(
        &mut self,
        lang: Lang,
        packages: &[Package],
        groups: &[Group],
        intents: &Intents,
    ) {
        self.refused.clone_from(&intents.refused);
        self.open = intents.open;
        self.would_take = intents.would_take;
        self.failed = intents
            .failed
            .iter()
            .map(|(key, status)| {
                let error = CliError::from(status.clone());
                let (providers, targets) = (groups[*key].providers(packages), groups[*key].targets.len());
                Failed { providers, targets, error: error.text(lang), reason: error.reason() }
            })
            .collect();
        self.add_groups(packages, groups, &intents.taken);
    }

    /// Which of the targets on which a notice may leave more than one provider has.
    pub(super) fn add_groups(
        &mut self,
        packages: &[Package],
        groups: &[Group],
        taken: &HashMap<TargetId, CommandId>,
    ) {
        let several = groups.iter().filter(|group| group.packages.len() > 1).map(|group| {
            let taken: Vec<CommandId> =
                group.targets.iter().filter_map(|target| taken.get(target)).copied().collect();
            let (providers, targets) = (group.providers(packages), taken.len());
            let intents: BTreeSet<CommandId> = taken.into_iter().collect();
            Several { providers, targets, intents: intents.into_iter().collect() }
        });
        self.several = several.filter(|several| several.targets > 0).collect();
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
        groups: &[Group],
        intents: &Intents,
    ) -> Result<Exit, CliError> {
        self.dry_run = intents.source;
        let several = groups.iter().filter(|group| group.packages.len() > 1).map(|group| {
            let (providers, targets) = (group.providers(packages), group.targets.len());
            Several { providers, targets, intents: Vec::new() }
        });
        self.several = several.collect();
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
    pub(super) fn show_left_out(&self, context: &Context) -> Result<(), CliError> {
        let lang = context.lang;
        if context.json {
            let mut screen = context.screen();
            screen.json(&self.to_json())?;
            return screen.flush();
        }
        for (why, targets) in &self.left_out {
            eprintln!("{}: {}", why.text(lang), text::count(lang, targets.len() as u64));
        }
        if let Some(resume) = self.resume(lang) {
            eprintln!("{resume}");
        }
        Ok(())
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run != DryRunSource::Unspecified
    }

    /// What is typed once the notices have left.
    fn next(&self) -> String {
        let at = self.sent.as_ref().and_then(|sent| Timestamp::from_microsecond(sent.at_us).ok());
        let at = at.map_or_else(String::new, |at| format!(" --at {at}"));
        format!("meldeverbund-node notice sent {}{at}", self.selection)
    }

    /// How the files of what is under way already are written; nothing if nothing is.
    fn resume(&self, lang: Lang) -> Option<String> {
        let selection = &self.selection;
        self.left_out.contains_key(&Why::UnderWay).then(|| {
            say(
                lang,
                format!(
                    "Dateien zu dem, was schon unterwegs ist: meldeverbund-node notice export --resume {selection} --out ORDNER"
                ),
                format!(
                    "The files of what is under way already: meldeverbund-node notice export --resume {selection} --out FOLDER"
                ),
            )
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
    let file = |file: &WrittenFile| json!({ "name": file.name, "bytes": file.bytes, "sha256": hex::encode(file.sha256) });
    Row {
        provider: package.provider().to_owned(),
        recipient: package.recipient().to_owned(),
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
