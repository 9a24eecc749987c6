//! `watch`: what happens, as it happens.

use meldeverbund_proto::node::v1::{WatchRequest, WatchResponse, watch_response::What};
use serde_json::{Value, json};

use super::{Exit, announce, asked, context::Context, decide::row_json, disclosure, error::CliError, json};
use crate::text::{self, Lang, say};

#[derive(Debug, clap::Args)]
pub(super) struct Watch {}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut happenings = context.desk().await?.watch(WatchRequest {}).await?.into_inner();
        let mut screen = context.screen();
        loop {
            let next = tokio::select! {
                next = happenings.message() => next?,
                _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            };
            let Some(happening) = next else { return Ok(Exit::Done) };
            if context.json {
                screen.json(&to_json(&happening))?;
            } else {
                let when = text::time(context.lang, happening.at_us);
                screen.line(format!("{when}  {}", in_words(context.lang, &happening)))?;
            }
            screen.flush()?;
        }
    }
}

fn in_words(lang: Lang, happening: &WatchResponse) -> String {
    match &happening.what {
        None => String::new(),
        Some(What::Hub(hub)) => {
            let cause = text::line_cause(lang, hub.cause());
            format!("Hub: {} {cause}", text::line_state(lang, hub.state()))
        }
        Some(What::Case(row)) => {
            let number = row.case.as_ref().map_or("", |case| case.number.as_str());
            let (state, at_hub) =
                (text::case_state(lang, row.state()), text::case_at_hub(lang, row.at_hub()));
            say(
                lang,
                format!("Vorgang {number}: {state}, beim Hub {at_hub}"),
                format!("Case {number}: {state}, at the hub {at_hub}"),
            )
        }
        Some(What::HandIn(hand_in)) => {
            let counts = hand_in.counts.unwrap_or_default();
            let (rows, waiting) = (text::count(lang, counts.rows), text::count(lang, counts.waiting));
            let (new, joined) = (text::count(lang, counts.new), text::count(lang, counts.joined));
            let source = &hand_in.source_name;
            say(
                lang,
                format!("{source}: {rows} Zeilen, {new} neu, {joined} beteiligt, {waiting} warten"),
                format!("{source}: {rows} rows, {new} new, {joined} joined, {waiting} waiting"),
            )
        }
        Some(What::Refused(refused)) => {
            let reason =
                refused.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
            let count = text::count(lang, refused.referrals);
            say(
                lang,
                format!("Der Hub lehnt {count} Linkmeldungen ab: {reason}"),
                format!("The hub refuses {count} referrals: {reason}"),
            )
        }
        Some(What::Joined(joined)) => {
            let who = joined.agency.clone().unwrap_or_default();
            let count = text::count(lang, joined.target_ids.len() as u64);
            let who = format!("{} ({})", who.name, who.contact);
            say(
                lang,
                format!("{who} ist jetzt an {count} Ihrer Löschobjekte beteiligt"),
                format!("{who} joined {count} of your targets"),
            )
        }
        Some(What::Elsewhere(elsewhere)) => {
            let (count, case) = (text::count(lang, elsewhere.referrals), &elsewhere.case_number);
            say(
                lang,
                format!("Ein anderer Knoten der Behörde meldete {count} Links im Vorgang {case}"),
                format!("Another node of the agency referred {count} links in case {case}"),
            )
        }
        Some(What::Parked(parked)) => {
            let (number, reason) = (parked.sequence, &parked.reason);
            say(
                lang,
                format!("Mitteilung {number} des Hubs konnte nicht angewendet werden: {reason}"),
                format!("Event {number} of the hub could not be applied: {reason}"),
            )
        }
        Some(What::Decision(row)) => {
            let what = text::decision(lang, &row.what);
            let (taken, targets) = (text::count(lang, row.taken), text::count(lang, row.targets));
            let (waiting, refused) =
                (text::count(lang, row.waiting), text::count(lang, row.refused + row.held_up));
            say(
                lang,
                format!("{what}: {taken} von {targets} wirksam, {refused} abgelehnt, {waiting} warten"),
                format!("{what}: took effect on {taken} of {targets}, {refused} refused, {waiting} waiting"),
            )
        }
        Some(What::Changed(changed)) => {
            let (what, count) =
                (text::decision(lang, &changed.what), text::count(lang, changed.target_ids.len() as u64));
            let who = if changed.agency_id.is_empty() { "" } else { changed.agency_id.as_str() };
            say(
                lang,
                format!("{what} an {count} Löschobjekten {who}"),
                format!("{what} on {count} targets {who}"),
            )
        }
        Some(What::LiaisonAsked(asked)) => {
            let (who, purpose) = (&asked.agency_id, &asked.purpose_code);
            let count = text::count(lang, (asked.target_ids.len() + asked.hidden_target_ids.len()) as u64);
            say(
                lang,
                format!("{who} hat nach {count} Ihrer Löschobjekte gefragt ({purpose})"),
                format!("{who} asked about {count} of your targets ({purpose})"),
            )
        }
        Some(What::Disclosure(one)) => {
            let (id, state) = (&one.disclosure_id, text::disclosure_state(lang, one.state()));
            say(lang, format!("Auskunftsersuchen {id}: {state}"), format!("Disclosure {id}: {state}"))
        }
        Some(What::Announcement(row)) => {
            let one = row.announcement.clone().unwrap_or_default();
            let (what, state) =
                (text::announcement_kind(lang, one.kind()), text::announcement_state(lang, one.state()));
            format!("{what} {}: {state}", row.agency_id)
        }
        Some(What::LeftOut(count)) => {
            say(lang, format!("({count} Meldungen ausgelassen)"), format!("({count} happenings left out)"))
        }
    }
}

fn to_json(happening: &WatchResponse) -> Value {
    let (kind, what) = match &happening.what {
        None => ("nothing", Value::Null),
        Some(What::Hub(hub)) => ("hub", json::hub(hub)),
        Some(What::Case(row)) => ("case", json::case(row)),
        Some(What::HandIn(hand_in)) => ("hand_in", json::hand_in(hand_in)),
        Some(What::Refused(refused)) => ("refused", json::refused_submission(refused)),
        Some(What::Joined(joined)) => (
            "joined",
            json!({ "agency": joined.agency.as_ref().map(json::agency), "targets": joined.target_ids }),
        ),
        Some(What::Elsewhere(elsewhere)) => {
            ("elsewhere", json!({ "case": elsewhere.case_number, "referrals": elsewhere.referrals }))
        }
        Some(What::Parked(parked)) => {
            ("parked", json!({ "sequence": parked.sequence, "reason": parked.reason }))
        }
        Some(What::Decision(row)) => ("decision", row_json(row)),
        Some(What::Changed(changed)) => (
            "changed",
            json!({
                "decision": changed.what,
                "agency": json::text(&changed.agency_id),
                "targets": changed.target_ids,
            }),
        ),
        Some(What::LiaisonAsked(asked)) => ("liaison_asked", asked::to_json(asked)),
        Some(What::Disclosure(one)) => ("disclosure", disclosure::to_json(one)),
        Some(What::Announcement(row)) => ("announcement", announce::row_json(row)),
        Some(What::LeftOut(count)) => ("left_out", json!(count)),
    };
    json!({ "at": json::time(happening.at_us), "what": kind, kind: what })
}
