//! `notice answers`: a form that a provider has filled in, row by row.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
};

use futures::StreamExt as _;
use meldeverbund_proto::{
    CanonicalLink, TargetId,
    node::v1::{
        DecideDone, DryRunSource, GatherTargetsRequest, GatheredTarget, Selection, decide_request::Decision,
    },
    v1::{self, Refusal},
};
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, decide::moment, error::CliError, json, screen::Screen, table},
    client::{
        DeskClient,
        bulk::{self, Call, TARGETS},
        gather::gather,
    },
    clock::Clock,
    config::ProviderEntry,
    import::Source,
    notice::{
        Provider,
        answer::{self, Answer, Field, RowError, RowReason},
        provider::Directory,
    },
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Answers {
    /// The form as it came back: CSV in any dialect
    #[arg(value_name = "FILE")]
    filled_in: PathBuf,
    /// When the form came, for rows without a date; without it now
    #[arg(long = "at", value_parser = moment::instant, value_name = "TIME")]
    came_at: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
    /// Record the rows that can be read although others cannot
    #[arg(long)]
    partial: bool,
    /// Tell what would become of it; nothing is recorded
    #[arg(long)]
    dry_run: bool,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    officer: String,
}

/// What the form says.
#[derive(Default)]
struct Form {
    answers: Vec<(u64, Answer)>,
    errors: Vec<(u64, RowError)>,
    /// Answered targets that have links at several providers: the answer is that of one of them.
    several: usize,
}

/// What became of it.
#[derive(Default)]
struct Outcome {
    dry_run: DryRunSource,
    recorded: bool,
    decisions: Vec<u64>,
    taken: u64,
    waiting: u64,
    refused: Vec<(Refusal, u64)>,
    failed: Option<CliError>,
}

impl Answers {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut form = read(self.filled_in.clone()).await?;
        let mut desk = context.desk().await?;
        form.look_up(&mut desk, &providers(context)?).await?;
        let mut outcome = Outcome::default();
        if !form.answers.is_empty() && (self.dry_run || self.partial || form.errors.is_empty()) {
            outcome = self.record(&desk, &form).await;
        }
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&form, &outcome))?;
        } else {
            print(&mut screen, context.lang, &form, &outcome)?;
        }
        screen.flush()?;
        match outcome.failed {
            Some(error) if outcome.decisions.is_empty() => return Err(error),
            Some(_) => return Ok(Exit::Interrupted),
            None => {}
        }
        Ok(if !outcome.recorded && !self.dry_run && !form.errors.is_empty() {
            Exit::Failed
        } else if outcome.waiting > 0 {
            Exit::Interrupted
        } else if form.errors.is_empty() && outcome.refused.is_empty() {
            Exit::Done
        } else {
            Exit::SomeRefused
        })
    }

    /// One decision for each answer and date, in bulk.
    async fn record(&self, desk: &DeskClient, form: &Form) -> Outcome {
        let came_at_us = self.came_at.unwrap_or_else(|| Clock::system().now_us());
        let mut groups: BTreeMap<(i32, i64), Vec<String>> = BTreeMap::new();
        for (_, answer) in &form.answers {
            let key = (answer.code.into(), answer.at_us.unwrap_or(came_at_us));
            groups.entry(key).or_default().push(answer.target.to_string());
        }
        let mut calls = Vec::new();
        for ((answer, answered_at_us), ids) in groups {
            // A form may name a target in several lines: it has a line for each link.
            let mut seen = HashSet::new();
            let ids: Vec<String> = ids.into_iter().filter(|id| seen.insert(id.clone())).collect();
            let report = v1::ReportAnswer { answer, answered_at_us, reference: self.reference.clone() };
            calls.extend(ids.chunks(TARGETS).map(|chunk| Call {
                key: 0,
                target_ids: chunk.to_vec(),
                decision: Decision::ReportAnswer(report.clone()),
            }));
        }
        let mut outcome = Outcome { recorded: !self.dry_run, ..Outcome::default() };
        let mut answers = Box::pin(bulk::decide_all(desk, calls, self.dry_run, &self.officer));
        while let Some(called) = answers.next().await {
            match called.outcome {
                Ok(done) => outcome.add(done),
                Err(status) => outcome.failed = Some(status.into()),
            }
        }
        outcome
    }
}

/// The providers that are known by name; a desk that was named by its socket alone knows none.
fn providers(context: &Context) -> Result<Vec<Provider>, CliError> {
    match context.config() {
        Ok(config) => Ok(config.providers.iter().map(ProviderEntry::to_provider).collect()),
        Err(CliError::NoConfig) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn has_several(directory: &Directory<'_>, target: &GatheredTarget) -> bool {
    let links = target.referrals.iter().filter_map(|referral| CanonicalLink::parse(&referral.link).ok());
    let mut owners = links.map(|link| directory.owner(&link));
    owners.next().is_some_and(|first| owners.any(|other| other != first))
}

/// Reads the form to its end.
async fn read(path: PathBuf) -> Result<Form, CliError> {
    let read = move || {
        let mut form = Form::default();
        let file = std::fs::File::open(path).map_err(CliError::Input)?;
        for row in answer::read(Source::reader(file))? {
            let row = row?;
            match row.outcome {
                Ok(answer) => form.answers.push((row.line, answer)),
                Err(error) => form.errors.push((row.line, error)),
            }
        }
        Ok(form)
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| CliError::Input(std::io::Error::other(error)))?
}

impl Form {
    /// A reference that this node knows nothing of is an error of its row.
    async fn look_up(&mut self, desk: &mut DeskClient, providers: &[Provider]) -> Result<(), CliError> {
        let directory = Directory::new(providers);
        let mut known: HashSet<TargetId> = HashSet::new();
        let ids: BTreeSet<String> =
            self.answers.iter().map(|(_, answer)| answer.target.to_string()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        for chunk in ids.chunks(TARGETS) {
            let selection = Selection { target_ids: chunk.to_vec(), ..Selection::default() };
            let request =
                GatherTargetsRequest { selection: Some(selection), with_referrals: true, only_known: true };
            let several = &mut self.several;
            gather::<CliError>(desk, request, |page| {
                known.extend(
                    page.targets.iter().filter_map(|target| target.target_id.parse::<TargetId>().ok()),
                );
                *several += page.targets.iter().filter(|target| has_several(&directory, target)).count();
                Ok(())
            })
            .await?;
        }
        let (answers, unknown): (Vec<_>, Vec<_>) =
            self.answers.drain(..).partition(|(_, answer)| known.contains(&answer.target));
        self.answers = answers;
        let error = RowError { field: Some(Field::Reference), reason: RowReason::Unknown };
        self.errors.extend(unknown.into_iter().map(|(line, _)| (line, error)));
        self.errors.sort_by_key(|(line, _)| *line);
        Ok(())
    }

    /// How many rows there are of each answer.
    fn counts(&self) -> BTreeMap<i32, u64> {
        let mut counts = BTreeMap::new();
        for (_, answer) in &self.answers {
            *counts.entry(answer.code.into()).or_default() += 1;
        }
        counts
    }
}

impl Outcome {
    fn add(&mut self, done: DecideDone) {
        if self.dry_run != DryRunSource::Node {
            self.dry_run = done.dry_run();
        }
        if let Some(row) = done.decision {
            self.decisions.push(row.decision);
            self.waiting += row.waiting + row.held_up;
        }
        let summary = done.summary.unwrap_or_default();
        self.taken += summary.taken;
        for group in summary.refused {
            let refusal = group.refusal.unwrap_or_default();
            match self.refused.iter_mut().find(|(known, _)| *known == refusal) {
                Some((_, count)) => *count += group.targets,
                None => self.refused.push((refusal, group.targets)),
            }
        }
    }
}

fn print(screen: &mut Screen, lang: Lang, form: &Form, outcome: &Outcome) -> Result<(), CliError> {
    let mut rows = table::table([say(lang, "Antwort", "Answer"), say(lang, "Zeilen", "Rows")]);
    for (code, count) in form.counts() {
        let code = v1::AnswerCode::try_from(code).unwrap_or_default();
        rows.add_row([text::answer(lang, code).to_owned(), text::count(lang, count)]);
    }
    table::right(&mut rows, [1]);
    screen.line(rows.to_string())?;
    for (line, error) in &form.errors {
        let reason = say(lang, error.german(), error.to_string());
        screen.line(say(lang, format!("Zeile {line}: {reason}"), format!("line {line}: {reason}")))?;
    }
    for (line, answer) in form.answers.iter().filter(|(_, answer)| !answer.remark.is_empty()) {
        let (target, remark) = (answer.target, &answer.remark);
        screen.line(say(
            lang,
            format!("Zeile {line}, Bemerkung zu {target}: {remark}"),
            format!("line {line}, remark on {target}: {remark}"),
        ))?;
    }
    if form.several > 0 {
        let count = text::count(lang, form.several as u64);
        screen.line(say(
            lang,
            format!(
                "! {count} Löschobjekte haben Links bei mehreren Anbietern; dies ist die Antwort eines von ihnen. Vor dem \
                 Abschluss die übrigen Links prüfen."
            ),
            format!(
                "! {count} targets have links at several providers; this is the answer of one of them. Look at the other \
                 links before the round is closed."
            ),
        ))?;
    }
    for (refusal, count) in &outcome.refused {
        let (reason, count) = (text::refusal(lang, refusal), text::count(lang, *count));
        screen.line(say(
            lang,
            format!("vom Hub abgelehnt ({count}): {reason}"),
            format!("refused by the hub ({count}): {reason}"),
        ))?;
    }
    let (taken, waiting) = (text::count(lang, outcome.taken), text::count(lang, outcome.waiting));
    screen.line(match (outcome.recorded, outcome.dry_run) {
        (true, _) => say(
            lang,
            format!("Vermerkt: {taken} Löschobjekte, {waiting} warten auf den Hub."),
            format!("Recorded: {taken} targets, {waiting} wait for the hub."),
        ),
        (false, DryRunSource::Unspecified) if form.errors.is_empty() => {
            say(lang, "Das Formular gibt keine Antwort.".into(), "The form answers nothing.".into())
        }
        (false, DryRunSource::Unspecified) => say(
            lang,
            "Nichts wurde vermerkt. Die Zeilen berichtigen, oder mit --partial die übrigen vermerken.".into(),
            "Nothing was recorded. Mend the rows, or record the others with --partial.".into(),
        ),
        (false, source) => {
            let estimate = source == DryRunSource::Node;
            say(
                lang,
                format!(
                    "Probelauf, nichts wurde vermerkt; würde wirksam: {taken}{}",
                    if estimate { " (SCHÄTZUNG, der Hub ist nicht erreichbar)" } else { "" }
                ),
                format!(
                    "Dry run, nothing was recorded; would take effect: {taken}{}",
                    if estimate { " (an ESTIMATE, the hub is away)" } else { "" }
                ),
            )
        }
    })
}

fn to_json(form: &Form, outcome: &Outcome) -> Value {
    let name = |code: v1::AnswerCode| json::name(code.as_str_name(), "ANSWER_CODE_");
    let answers = form.counts().into_iter().map(|(code, rows)| {
        json!({ "answer": name(v1::AnswerCode::try_from(code).unwrap_or_default()), "rows": rows })
    });
    let errors = form.errors.iter().map(|(line, error)| {
        json!({ "line": line, "field": error.field.map(Field::name), "reason": error.reason.to_string() })
    });
    let remarks = form.answers.iter().filter(|(_, answer)| !answer.remark.is_empty());
    let remarks = remarks.map(|(line, answer)| {
        json!({ "line": line, "target": answer.target.to_string(), "remark": answer.remark })
    });
    let refused = outcome
        .refused
        .iter()
        .map(|(refusal, targets)| json!({ "refusal": json::refusal(Some(refusal)), "targets": targets }));
    json!({
        "dry_run": json::name(outcome.dry_run.as_str_name(), "DRY_RUN_SOURCE_"),
        "recorded": outcome.recorded,
        "rows": form.answers.len(),
        "answers": answers.collect::<Vec<_>>(),
        "errors": errors.collect::<Vec<_>>(),
        "remarks": remarks.collect::<Vec<_>>(),
        "several_providers": form.several,
        "decisions": outcome.decisions,
        "taken": outcome.taken,
        "waiting": outcome.waiting,
        "refused": refused.collect::<Vec<_>>(),
    })
}
