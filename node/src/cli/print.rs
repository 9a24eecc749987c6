//! Parts of screens that several verbs show.

use meldeverbund_proto::{
    node::v1::{HandInCounts, HubLine, HubLineState, LinkRow, LinkState},
    v1::AgencyCard,
};

use super::{error::CliError, screen::Screen, table};
use crate::text::{self, Lang, say};

/// How rows stand, as a table with a line for each kind that there is.
pub(super) fn counts(screen: &mut Screen, lang: Lang, counts: &HandInCounts) -> Result<(), CliError> {
    let HandInCounts { rows, rejected, waiting, new, joined, already_yours, reopened, refused } = *counts;
    let mut table = table::table([say(lang, "Ergebnis", "Outcome"), say(lang, "Zeilen", "Rows")]);
    let kinds = [
        (say(lang, "neu (diese Behörde ist zuständig)", "new (this agency is the owner)"), new),
        (
            say(lang, "beteiligt (eine andere war zuerst befasst)", "joined (another agency was first)"),
            joined,
        ),
        (say(lang, "schon im selben Vorgang gemeldet", "already yours (same case)"), already_yours),
        (say(lang, "neuer Durchgang", "reopened (next round)"), reopened),
        (say(lang, "vom Hub abgelehnt", "refused by the hub"), refused),
        (say(lang, "hier nicht angenommen", "rejected here"), rejected),
        (say(lang, "wartet auf den Hub", "waiting for the hub"), waiting),
    ];
    for (kind, count) in kinds.into_iter().filter(|(_, count)| *count > 0) {
        table.add_row([kind, &text::count(lang, count)]);
    }
    table.add_row([say(lang, "zusammen", "in all"), &text::count(lang, rows)]);
    table::right(&mut table, [1]);
    screen.line(table.to_string())
}

/// The line to the hub in one or a few lines.
pub(super) fn hub(screen: &mut Screen, lang: Lang, line: &HubLine, now_us: i64) -> Result<(), CliError> {
    let state = text::line_state(lang, line.state());
    let since = text::duration(lang, now_us - line.since_us);
    screen.line(say(
        lang,
        format!("Hub {}: {state} seit {since}", line.address),
        format!("Hub {}: {state} for {since}", line.address),
    ))?;
    let cause = text::line_cause(lang, line.cause());
    if !cause.is_empty() {
        screen.line(format!("  {cause}"))?;
    }
    if let Some(refusal) = &line.refusal {
        screen.line(format!("  {}", text::refusal(lang, refusal)))?;
    } else if !line.detail.is_empty() {
        screen.line(format!("  {}", line.detail))?;
    }
    if line.state() != HubLineState::Connected && line.next_try_at_us > now_us {
        let wait = text::duration(lang, line.next_try_at_us - now_us);
        screen.line(say(lang, format!("  nächster Versuch in {wait}"), format!("  next try in {wait}")))?;
    }
    Ok(())
}

/// The hub's other addresses, a line each.
pub(super) fn other_hubs(
    screen: &mut Screen,
    lang: Lang,
    line: &HubLine,
    now_us: i64,
) -> Result<(), CliError> {
    for hub in line.addresses.iter().filter(|hub| hub.address != line.address) {
        let untried = hub.state() == HubLineState::Connecting;
        let state = if untried {
            say(lang, "noch nicht gebraucht", "not needed yet")
        } else {
            text::line_state(lang, hub.state())
        };
        let mut row = format!("  {}: {state}", hub.address);
        let cause = text::line_cause(lang, hub.cause());
        if !cause.is_empty() {
            row.push_str(&format!(" ({cause})"));
        }
        if hub.not_before_us > now_us {
            let wait = text::duration(lang, hub.not_before_us - now_us);
            row.push_str(&say(
                lang,
                format!(", frühestens wieder in {wait}"),
                format!(", not before {wait} from now"),
            ));
        }
        screen.line(row)?;
    }
    Ok(())
}

/// Referrals as a table.
pub(super) fn links(
    screen: &mut Screen,
    lang: Lang,
    rows: &[LinkRow],
    agencies: &[AgencyCard],
    full: bool,
) -> Result<(), CliError> {
    let mut table = table::table([
        say(lang, "Zeile", "Line"),
        "Link",
        say(lang, "Vorgang", "Case"),
        say(lang, "Ergebnis", "Outcome"),
        say(lang, "zuständig", "Owner"),
        say(lang, "Stand", "Stage"),
        say(lang, "Bemerkung", "Remark"),
    ]);
    for row in rows {
        let link = if full { row.link.clone() } else { table::defanged(&row.link) };
        let stage = match row.state() {
            LinkState::Answered if row.round > 0 => text::stage(lang, row.stage()),
            _ => "",
        };
        let remark = row.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
        table.add_row([
            text::count(lang, row.line),
            link,
            row.case_number.clone(),
            text::outcome(lang, row.state(), row.verdict()).to_owned(),
            owner(row, agencies),
            stage.to_owned(),
            remark,
        ]);
    }
    table::right(&mut table, [0]);
    screen.line(table.to_string())
}

/// The owner's name, or its id where the name is not known.
pub(super) fn owner(row: &LinkRow, agencies: &[AgencyCard]) -> String {
    let card = agencies.iter().find(|card| card.agency_id == row.owner_agency_id);
    match card {
        Some(card) if !card.name.is_empty() => card.name.clone(),
        _ => row.owner_agency_id.clone(),
    }
}
