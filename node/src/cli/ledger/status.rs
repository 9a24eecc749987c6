//! `ledger status`: how the ledger stands at this node.

use meldeverbund_proto::node::v1::{LedgerAlarm, LedgerReceipts, LedgerState, ShowLedgerRequest};
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json, screen::Screen},
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Status {}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ShowLedgerRequest { all_alarms: false };
        let answer = context.desk().await?.show_ledger(request).await?.into_inner();
        let state = answer.state.unwrap_or_default();
        let mut screen = context.screen();
        if context.json {
            let mut value = state_json(&state);
            value["statement_key"] = Value::from(answer.statement_key);
            value["witness_key"] = Value::from(answer.witness_key);
            screen.json(&value)?;
        } else {
            show(&mut screen, context.lang, &state)?;
        }
        screen.flush()?;
        Ok(if state.open_alarms > 0 { Exit::Fault } else { Exit::Done })
    }
}

fn show(screen: &mut Screen, lang: Lang, state: &LedgerState) -> Result<(), CliError> {
    for alarm in &state.alarms {
        screen.line(alarm_line(lang, alarm))?;
    }
    if !state.trouble.is_empty() {
        let trouble = &state.trouble;
        screen.line(say(
            lang,
            format!("! Das Nachweisbuch wird gerade nicht verfolgt: {trouble}"),
            format!("! The ledger is not followed at the moment: {trouble}"),
        ))?;
    }
    for key in &state.hub_keys {
        screen.line(format!("{}  {key}", say(lang, "Schlüssel des Hubs", "Key of the hub")))?;
    }
    if !state.hub_keys_pinned {
        screen.line(not_pinned(lang, state))?;
    }
    match &state.newest {
        None => screen.line(say(lang, "Noch kein Prüfpunkt geprüft.", "No checkpoint was verified yet."))?,
        Some(newest) => {
            let (size, at) = (text::count(lang, newest.size), text::time(lang, newest.seen_at_us));
            let (votes, pinned) = (newest.votes, state.pinned_witnesses);
            screen.line(say(
                lang,
                format!(
                    "Geprüft bis Blatt {size} (Epoche {}) am {at}, mitgezeichnet von {votes} von {pinned}",
                    newest.epoch
                ),
                format!(
                    "Verified up to leaf {size} (epoch {}) at {at}, cosigned by {votes} of {pinned}",
                    newest.epoch
                ),
            ))?;
            let last = text::count(lang, state.final_size);
            screen.line(say(
                lang,
                format!("Endgültig bis Blatt {last}"),
                format!("Final up to leaf {last}"),
            ))?;
        }
    }
    receipts(screen, lang, state.receipts.unwrap_or_default())
}

/// What to say of keys that no configuration names.
pub(crate) fn not_pinned(lang: Lang, state: &LedgerState) -> &'static str {
    if state.hub_keys.is_empty() {
        say(
            lang,
            "! Kein Schlüssel des Hubs ist bekannt: Eingangsbestätigungen lassen sich nicht prüfen ([ledger] hub_keys).",
            "! No key of the hub is known: receipts cannot be checked ([ledger] hub_keys).",
        )
    } else {
        say(
            lang,
            "! Der Schlüssel des Hubs ist nicht festgelegt, sondern beim ersten Mal übernommen ([ledger] hub_keys).",
            "! The hub's key is not pinned: the first one that it showed was kept ([ledger] hub_keys).",
        )
    }
}

fn receipts(screen: &mut Screen, lang: Lang, receipts: LedgerReceipts) -> Result<(), CliError> {
    let LedgerReceipts { unchecked, proven, joined, r#final, unproven, given_up } = receipts;
    let kinds = [
        (say(lang, "endgültig", "final"), r#final),
        (say(lang, "im veröffentlichten Nachweisbuch", "in the published ledger"), joined),
        (say(lang, "vom Hub bestätigt", "confirmed by the hub"), proven),
        (say(lang, "noch nicht prüfbar", "not yet checkable"), unchecked),
        (say(lang, "NICHT BEWIESEN", "NOT PROVEN"), unproven),
        (say(lang, "von einer späteren Epoche aufgegeben", "given up by a later epoch"), given_up),
    ];
    let told = kinds.iter().filter(|(_, count)| *count > 0);
    let told: Vec<String> =
        told.map(|(kind, count)| format!("{} {kind}", text::count(lang, *count))).collect();
    let told = if told.is_empty() { say(lang, "keine", "none").to_owned() } else { told.join(", ") };
    screen.line(format!("{}: {told}", say(lang, "Eingangsbestätigungen", "Receipts")))
}

/// An alarm or notice in one line, with what to do.
pub(crate) fn alarm_line(lang: Lang, alarm: &LedgerAlarm) -> String {
    let mark = if alarm.is_notice {
        say(lang, "Hinweis zum Nachweisbuch", "Ledger notice")
    } else {
        say(lang, "ALARM zum Nachweisbuch", "LEDGER ALARM")
    };
    let (what, id, detail) = (text::ledger_alarm(lang, &alarm.kind), alarm.id, &alarm.detail);
    let at = text::time(lang, alarm.raised_at_us);
    say(
        lang,
        format!(
            "!! {mark} {id} ({at}): {what} [{detail}]\n   Danach: meldeverbund-node ledger alarm ack {id} --reason GRUND"
        ),
        format!(
            "!! {mark} {id} ({at}): {what} [{detail}]\n   Then: meldeverbund-node ledger alarm ack {id} --reason REASON"
        ),
    )
}

/// The state as JSON.
pub(crate) fn state_json(state: &LedgerState) -> Value {
    let LedgerReceipts { unchecked, proven, joined, r#final, unproven, given_up } =
        state.receipts.unwrap_or_default();
    let newest = state.newest.as_ref().map(|newest| {
        json!({
            "epoch": newest.epoch,
            "size": newest.size,
            "root": newest.root,
            "votes": newest.votes,
            "final": newest.is_final,
            "seen_at": json::time(newest.seen_at_us),
            "cosigned_at": json::time(newest.cosigned_at_us),
        })
    });
    json!({
        "hub_keys": state.hub_keys,
        "hub_keys_pinned": state.hub_keys_pinned,
        "pinned_witnesses": state.pinned_witnesses,
        "newest": newest,
        "final_size": state.final_size,
        "receipts": {
            "unchecked": unchecked,
            "proven": proven,
            "joined": joined,
            "final": r#final,
            "unproven": unproven,
            "given_up": given_up,
        },
        "open_alarms": state.open_alarms,
        "alarms": alarms_json(&state.alarms),
        "trouble": json::text(&state.trouble),
    })
}

/// Alarms as JSON.
pub(crate) fn alarms_json(alarms: &[LedgerAlarm]) -> Vec<Value> {
    let alarm = |alarm: &LedgerAlarm| {
        json!({
            "alarm": alarm.id,
            "kind": alarm.kind,
            "notice": alarm.is_notice,
            "raised_at": json::time(alarm.raised_at_us),
            "detail": alarm.detail,
            "known": json::text(&alarm.known),
            "shown": json::text(&alarm.shown),
            "acknowledged_at": json::time(alarm.acknowledged_at_us),
            "acknowledged_by": json::text(&alarm.acknowledged_by),
            "reason": json::text(&alarm.reason),
        })
    };
    alarms.iter().map(alarm).collect()
}
