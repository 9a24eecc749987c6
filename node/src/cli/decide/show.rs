//! Screens of a decision: what was taken, what was refused and why, and what is NOT YET IN FORCE.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meldeverbund_proto::{
    node::v1::{DecideDone, DecisionRow, DecisionSummary, DryRunSource, HubLineState},
    v1::AgencyCard,
};
use serde_json::{Value, json};

use crate::{
    cli::{
        context::Context,
        error::CliError,
        json,
        screen::{Screen, is_watched},
        table,
    },
    text::{self, Lang, say},
};

/// How far the hub's answers are; on standard error, for people alone.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(context: &Context) -> Self {
        let bar = ProgressBar::new(0);
        if context.json || !is_watched() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = "{bar:24} {human_pos}/{human_len}  {per_sec}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: bar.with_style(style) }
    }

    pub(super) fn begin(&mut self, row: &DecisionRow) {
        self.bar.set_length(row.targets);
        self.bar.reset_eta();
    }

    pub(super) fn set(&self, row: &DecisionRow) {
        self.bar.set_position(row.targets - row.waiting);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The last word of a decision or a dry run.
pub(super) fn done(
    screen: &mut Screen,
    context: &Context,
    done: &DecideDone,
    owners: &[AgencyCard],
) -> Result<(), CliError> {
    let lang = context.lang;
    let summary = done.summary.clone().unwrap_or_default();
    if context.json {
        return screen.json(&done_json(done, &summary, owners));
    }
    match &done.decision {
        None => dry_run(screen, lang, done.dry_run())?,
        Some(row) => {
            if row.not_in_force {
                not_in_force(screen, lang, owners)?;
            }
            state(screen, lang, row)?;
            if row.waiting > 0 {
                standstill(screen, lang, done)?;
            }
        }
    }
    summary_table(screen, lang, &summary, done.decision.is_none())
}

/// The officer did not wait.
pub(super) fn queued(
    screen: &mut Screen,
    context: &Context,
    row: &DecisionRow,
    owners: &[AgencyCard],
) -> Result<(), CliError> {
    if context.json {
        let mut value = row_json(row);
        value["owners"] = Value::from(owners.iter().map(json::agency).collect::<Vec<_>>());
        return screen.json(&value);
    }
    if row.not_in_force {
        not_in_force(screen, context.lang, owners)?;
    }
    state(screen, context.lang, row)
}

/// A hold that only this node knows of stops nobody.
fn not_in_force(screen: &mut Screen, lang: Lang, owners: &[AgencyCard]) -> Result<(), CliError> {
    screen.line(say(
        lang,
        "NOCH NICHT IN KRAFT: Der Löschaufschub gilt erst, wenn der Hub geantwortet hat. Bis dahin bitte die \
         zuständige Behörde anrufen:",
        "NOT YET IN FORCE: the hold counts once the hub has answered. Until then please ring up the owner:",
    ))?;
    for owner in owners {
        screen.line(format!("  {} ({}): {}", owner.name, owner.agency_id, owner.contact))?;
    }
    Ok(())
}

/// A decision in one or a few lines.
fn state(screen: &mut Screen, lang: Lang, row: &DecisionRow) -> Result<(), CliError> {
    let (what, id) = (text::decision(lang, &row.what), row.decision);
    let count = |value| text::count(lang, value);
    let mut parts = vec![say(
        lang,
        format!("{} von {} Löschobjekten wirksam", count(row.taken), count(row.targets)),
        format!("took effect on {} of {} targets", count(row.taken), count(row.targets)),
    )];
    for (value, de, en) in [
        (row.refused, "abgelehnt", "refused"),
        (row.waiting, "warten auf den Hub", "waiting for the hub"),
        (row.held_up, "angehalten", "held up"),
        (row.given_up, "nicht abgeschickt, nicht vorgemerkt", "not sent and not queued"),
    ] {
        if value > 0 {
            parts.push(format!("{} {}", count(value), say(lang, de, en)));
        }
    }
    screen.line(say(
        lang,
        format!("{what} (Entscheidung {id}): {}", parts.join(", ")),
        format!("{what} (decision {id}): {}", parts.join(", ")),
    ))?;
    for part in &row.refused_parts {
        let reason = part.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
        screen.line(say(
            lang,
            format!(
                "! Der Hub lehnt einen Teil ab: {reason}\n  Danach: meldeverbund-node resend --decision {id}"
            ),
            format!("! The hub refuses a part: {reason}\n  Then: meldeverbund-node resend --decision {id}"),
        ))?;
    }
    Ok(())
}

fn standstill(screen: &mut Screen, lang: Lang, done: &DecideDone) -> Result<(), CliError> {
    let Some(hub) = done.hub.as_ref().filter(|hub| hub.state() != HubLineState::Connected) else {
        return Ok(());
    };
    let state = text::line_state(lang, hub.state());
    let needs_hub = done.decision.as_ref().is_some_and(|row| row.needs_hub);
    screen.line(if needs_hub {
        say(
            lang,
            format!(
                "Hub: {state}. Ob es wirksam wurde, ist noch offen; es wird unter derselben Kennung geklärt."
            ),
            format!("Hub: {state}. Whether it took effect is open; it is settled under the same id."),
        )
    } else {
        say(
            lang,
            format!("Hub: {state}. Alles ist gesichert und geht von selbst hinaus."),
            format!("Hub: {state}. Everything is safe and goes out by itself."),
        )
    })
}

fn dry_run(screen: &mut Screen, lang: Lang, source: DryRunSource) -> Result<(), CliError> {
    screen.line(match source {
        DryRunSource::Node => say(
            lang,
            "Probelauf, nichts wurde festgehalten. Der Hub ist nicht erreichbar: nur eine SCHÄTZUNG nach dem letzten \
             bekannten Stand.",
            "Dry run, nothing was recorded. The hub is away: only an ESTIMATE by what was last told.",
        ),
        _ => say(
            lang,
            "Probelauf, nichts wurde festgehalten. Der Hub würde so entscheiden:",
            "Dry run, nothing was recorded. The hub would decide so:",
        ),
    })
}

fn summary_table(
    screen: &mut Screen,
    lang: Lang,
    summary: &DecisionSummary,
    is_dry_run: bool,
) -> Result<(), CliError> {
    if summary.under_way > 0 {
        let (count, since) =
            (text::count(lang, summary.under_way), text::time(lang, summary.under_way_since_us));
        screen.line(say(
            lang,
            format!("! Bei {count} Löschobjekten ist eine Anbietermitteilung unterwegs, seit {since}."),
            format!("! On {count} targets a notice is under way, since {since}."),
        ))?;
    }
    if summary.refused.is_empty() && !is_dry_run {
        return Ok(());
    }
    let mut table = table::table([
        say(lang, "Ergebnis", "Outcome"),
        say(lang, "Löschobjekte", "Targets"),
        say(lang, "zum Beispiel", "For example"),
    ]);
    let taken = if is_dry_run {
        say(lang, "würde wirksam", "would take effect")
    } else {
        say(lang, "wirksam", "took effect")
    };
    table.add_row([taken.to_owned(), text::count(lang, summary.taken), String::new()]);
    for group in &summary.refused {
        let reason = group.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
        let example = group.target_ids.first().cloned().unwrap_or_default();
        table.add_row([reason, text::count(lang, group.targets), example]);
    }
    table::right(&mut table, [1]);
    screen.line(table.to_string())
}

/// A decision of a list.
pub(in crate::cli) fn row(screen: &mut Screen, context: &Context, row: &DecisionRow) -> Result<(), CliError> {
    if context.json {
        return screen.json(&row_json(row));
    }
    let (when, officer) = (text::time(context.lang, row.given_at_us), &row.officer);
    screen.line(format!("{when}  {officer}"))?;
    if row.not_in_force {
        screen.line(say(context.lang, "NOCH NICHT IN KRAFT", "NOT YET IN FORCE"))?;
    }
    state(screen, context.lang, row)
}

pub(in crate::cli) fn row_json(row: &DecisionRow) -> Value {
    let parts = row.refused_parts.iter().map(|part| {
        json!({
            "command": part.command_id,
            "targets": part.targets,
            "refusal": json::refusal(part.refusal.as_ref()),
            "refused_at": json::time(part.refused_at_us),
        })
    });
    json!({
        "decision": row.decision,
        "what": row.what,
        "officer": row.officer,
        "annotation": json::text(&row.annotation),
        "given_at": json::time(row.given_at_us),
        "answered_at": json::time(row.answered_at_us),
        "targets": row.targets,
        "waiting": row.waiting,
        "taken": row.taken,
        "refused": row.refused,
        "held_up": row.held_up,
        "given_up": row.given_up,
        "needs_hub": row.needs_hub,
        "not_in_force": row.not_in_force,
        "refused_parts": parts.collect::<Vec<_>>(),
    })
}

fn done_json(done: &DecideDone, summary: &DecisionSummary, owners: &[AgencyCard]) -> Value {
    let refused = summary.refused.iter().map(|group| {
        json!({
            "refusal": json::refusal(group.refusal.as_ref()),
            "targets": group.targets,
            "first": group.target_ids,
        })
    });
    let summary = json!({
        "targets": summary.targets,
        "taken": summary.taken,
        "refused": refused.collect::<Vec<_>>(),
        "under_way": summary.under_way,
        "under_way_since": json::time(summary.under_way_since_us),
    });
    let mut value = done.decision.as_ref().map_or_else(|| json!({}), row_json);
    value["dry_run"] = json::name(done.dry_run().as_str_name(), "DRY_RUN_SOURCE_");
    value["summary"] = summary;
    value["owners"] = Value::from(owners.iter().map(json::agency).collect::<Vec<_>>());
    value["hub"] = done.hub.as_ref().map_or(Value::Null, json::hub);
    value
}
