//! Screens of a decision: what was taken, what was refused and why, and what is NOT YET IN FORCE.

use meldeverbund_proto::{
    node::v1::{DecideDone, DecisionRow, DecisionSummary, DryRunSource, HubLineState},
    v1::{AgencyCard, RefusalCode},
};
use serde_json::Value;

use super::to_json::{done_json, row_json};
use crate::{
    cli::{context::Context, error::CliError, json, screen::Screen, table},
    text::{self, Lang, say},
};

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
        // The queue has nobody's token, and sent again it would have none either.
        let takes_a_person =
            part.refusal.as_ref().is_some_and(|refusal| refusal.code() == RefusalCode::OfficerUnknown);
        let then = if takes_a_person {
            say(
                lang,
                "Das entscheidet eine Person unter ihrem eigenen ID-Token; mit einer Entscheidung sendet dieser \
                 Knoten keines (docs/node.md)."
                    .into(),
                "A person decides this under their own ID token; this node sends none with a decision (docs/node.md)."
                    .into(),
            )
        } else {
            say(
                lang,
                format!("Danach: meldeverbund-node resend --decision {id}"),
                format!("Then: meldeverbund-node resend --decision {id}"),
            )
        };
        screen.line(say(
            lang,
            format!("! Der Hub lehnt einen Teil ab: {reason}\n  {then}"),
            format!("! The hub refuses a part: {reason}\n  {then}"),
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
