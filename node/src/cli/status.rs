//! `status`: what waits and why.

use meldeverbund_proto::node::v1::{Reconciliation, StatusRequest, StatusResponse};
use serde_json::{Value, json};

use super::{
    Exit,
    context::Context,
    error::CliError,
    json,
    ledger::{alarm_line, not_pinned, state_json},
    print,
    screen::Screen,
    table,
};
use crate::{
    clock::Clock,
    text::{self, Lang, say},
};

/// A clock that is this far off makes certificates and dates doubtful.
const CLOCK_TOLERANCE_US: i64 = 5_000_000;

/// A certificate that ends within this time is worth a line.
const EXPIRY_NOTICE_US: i64 = 14 * 24 * 3_600 * 1_000_000;

#[derive(Debug, clap::Args)]
pub(super) struct Status {}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let status = context.desk().await?.status(StatusRequest {}).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&status))?;
        } else {
            show(&mut screen, context.lang, &status, Clock::system().now_us())?;
        }
        screen.flush()?;
        let alarmed = status.ledger.as_ref().is_some_and(|ledger| ledger.open_alarms > 0);
        Ok(if alarmed { Exit::Fault } else { Exit::Done })
    }
}

fn show(screen: &mut Screen, lang: Lang, status: &StatusResponse, now_us: i64) -> Result<(), CliError> {
    ledger(screen, lang, status)?;
    screen.line(say(
        lang,
        format!("Knoten {} (Stand {}), Sie sind {}", status.agency_id, status.version, status.officer),
        format!("Node {} (version {}), you are {}", status.agency_id, status.version, status.officer),
    ))?;
    if let Some(hub) = &status.hub {
        print::hub(screen, lang, hub, now_us)?;
        print::other_hubs(screen, lang, hub, now_us)?;
        certificate(screen, lang, hub.certificate_not_after_us, &hub.certificate_problem, now_us)?;
        if hub.who_am_i.is_some() && hub.clock_ahead_us.abs() > CLOCK_TOLERANCE_US {
            let by = text::duration(lang, hub.clock_ahead_us);
            screen.line(say(
                lang,
                format!("! Die Uhr weicht um {by} von der des Hubs ab."),
                format!("! The clock differs from the hub's by {by}."),
            ))?;
        }
    }
    if let Some(state) = &status.reconciliation {
        reconciliation(screen, lang, state)?;
    }
    if status.restored_at_us > 0 {
        let (at, of) = (text::time(lang, status.restored_at_us), text::time(lang, status.backup_at_us));
        screen.line(say(
            lang,
            format!("Datenbestand zurückgeholt am {at}, aus der Sicherung vom {of}."),
            format!("The store was put back at {at}, from the backup of {of}."),
        ))?;
    }
    queue(screen, lang, status, now_us)?;
    if let Some(totals) = &status.totals
        && totals.rows > 0
    {
        print::counts(screen, lang, totals)?;
    }
    holds(screen, lang, status)?;
    troubles(screen, lang, status)?;
    if let Some(disk) = &status.disk {
        let (store, free) = (text::bytes(lang, disk.store_bytes), text::bytes(lang, disk.free_bytes));
        screen.line(say(
            lang,
            format!("Datenbestand {store}, frei {free}"),
            format!("Store {store}, free {free}"),
        ))?;
    }
    Ok(())
}

/// What is wrong with the ledger comes before everything else.
fn ledger(screen: &mut Screen, lang: Lang, status: &StatusResponse) -> Result<(), CliError> {
    let Some(ledger) = &status.ledger else { return Ok(()) };
    for alarm in &ledger.alarms {
        screen.line(alarm_line(lang, alarm))?;
    }
    let hub_is_there = status.hub.as_ref().is_some_and(|hub| hub.who_am_i.is_some());
    if !ledger.hub_keys_pinned && hub_is_there {
        screen.line(not_pinned(lang, ledger))?;
    }
    Ok(())
}

fn certificate(
    screen: &mut Screen,
    lang: Lang,
    end_us: i64,
    problem: &str,
    now_us: i64,
) -> Result<(), CliError> {
    if !problem.is_empty() {
        screen.line(format!("! {}: {problem}", say(lang, "Zertifikat", "Certificate")))?;
    }
    if end_us != 0 && end_us - now_us < EXPIRY_NOTICE_US {
        let end = text::time(lang, end_us);
        screen.line(say(
            lang,
            format!("! Das Zertifikat endet am {end}."),
            format!("! The certificate ends at {end}."),
        ))?;
    }
    Ok(())
}

/// What the hub lost when it was restored, and how far it has it again.
fn reconciliation(screen: &mut Screen, lang: Lang, state: &Reconciliation) -> Result<(), CliError> {
    let epoch = state.epoch;
    if state.reported_at_us > 0 {
        let at = text::time(lang, state.reported_at_us);
        return screen.line(say(
            lang,
            format!("Der Hub wurde wiederhergestellt (Epoche {epoch}); was er verloren hatte, hat er wieder seit {at}."),
            format!("The hub was restored (epoch {epoch}); what it had lost it has again since {at}."),
        ));
    }
    let submissions = text::count(lang, state.waiting_submissions);
    let (decisions, commands) =
        (text::count(lang, state.waiting_decisions), text::count(lang, state.case_commands));
    screen.line(say(
        lang,
        format!(
            "! Der Hub wurde wiederhergestellt (Epoche {epoch}). Noch einmal einzureichen sind Pakete: {submissions}, Teile von \
             Entscheidungen: {decisions}, Vorgangsmeldungen: {commands}. Bis dahin bekommt niemand eine Versandberechtigung."
        ),
        format!(
            "! The hub was restored (epoch {epoch}). To be handed in again are submissions: {submissions}, parts of decisions: \
             {decisions}, case commands: {commands}. Until then nobody gets a grant."
        ),
    ))?;
    if state.refused > 0 {
        let refused = text::count(lang, state.refused);
        screen.line(say(
            lang,
            format!("! Davon lehnt der Hub ab: {refused}. Danach: meldeverbund-node resend"),
            format!("! Of these the hub refuses: {refused}. Then: meldeverbund-node resend"),
        ))?;
    }
    Ok(())
}

fn queue(screen: &mut Screen, lang: Lang, status: &StatusResponse, now_us: i64) -> Result<(), CliError> {
    let queue = status.queue.unwrap_or_default();
    if queue.referrals == 0 && queue.case_commands == 0 && queue.decisions == 0 {
        return screen.line(say(lang, "Nichts wartet auf den Hub.", "Nothing waits for the hub."));
    }
    let (referrals, commands) = (text::count(lang, queue.referrals), text::count(lang, queue.case_commands));
    let targets = text::count(lang, queue.decided_targets);
    let mut line = say(
        lang,
        format!(
            "Auf den Hub warten Linkmeldungen: {referrals}, Vorgangsmeldungen: {commands}, Entscheidungen über \
             Löschobjekte: {targets}"
        ),
        format!(
            "Waiting for the hub: referrals: {referrals}, case commands: {commands}, decided targets: {targets}"
        ),
    );
    if queue.oldest_at_us > 0 {
        let age = text::duration(lang, now_us - queue.oldest_at_us);
        line.push_str(&say(lang, format!(", die älteste seit {age}"), format!(", the oldest for {age}")));
    }
    screen.line(line)?;
    if queue.set_aside > 0 {
        let count = text::count(lang, queue.set_aside);
        screen.line(say(
            lang,
            format!("! {count} Pakete sind zurückgestellt, weil der Hub an ihnen scheiterte."),
            format!("! {count} submissions are set aside because the hub failed on them."),
        ))?;
    }
    Ok(())
}

/// Holds block as long as they are there, the lapsed ones until a person acts.
fn holds(screen: &mut Screen, lang: Lang, status: &StatusResponse) -> Result<(), CliError> {
    let (held, lapsed) = (status.held_targets, status.lapsed_targets);
    if held > 0 {
        let count = text::count(lang, held);
        screen.line(say(
            lang,
            format!("Löschaufschub in Kraft bei Löschobjekten: {count}. Liste: meldeverbund-node hold list"),
            format!("Targets with a hold in force: {count}. List: meldeverbund-node hold list"),
        ))?;
    }
    if lapsed > 0 {
        let count = text::count(lang, lapsed);
        screen.line(say(
            lang,
            format!(
                "! Löschaufschub abgelaufen bei Löschobjekten: {count}; er sperrt weiter, bis ihn jemand verlängert oder \
                 aufhebt. Liste: meldeverbund-node hold list"
            ),
            format!(
                "! Targets with a hold that has run out: {count}; it blocks on until somebody renews or lifts it. List: \
                 meldeverbund-node hold list"
            ),
        ))?;
    }
    Ok(())
}

/// What a person has to see to.
fn troubles(screen: &mut Screen, lang: Lang, status: &StatusResponse) -> Result<(), CliError> {
    for refused in &status.refused {
        let reason =
            refused.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
        let count = text::count(lang, refused.referrals);
        let (id, case) = (&refused.submission_id, &refused.case_number);
        screen.line(say(
            lang,
            format!("! Der Hub lehnt {count} Linkmeldungen im Vorgang {case} ab: {reason}\n  Danach: meldeverbund-node resend --submission {id}"),
            format!("! The hub refuses {count} referrals of case {case}: {reason}\n  Then: meldeverbund-node resend --submission {id}"),
        ))?;
    }
    let refused = status.queue.unwrap_or_default().refused_decisions;
    if refused > 0 {
        let count = text::count(lang, refused);
        screen.line(say(
            lang,
            format!("! Der Hub lehnt Teile von Entscheidungen ab: {count}. Liste: meldeverbund-node decisions --open"),
            format!("! The hub refuses parts of decisions: {count}. List: meldeverbund-node decisions --open"),
        ))?;
    }
    for case in &status.refused_cases {
        let reason = case.refusal.as_ref().map_or_else(String::new, |refusal| text::refusal(lang, refusal));
        let number = case.case.as_ref().map_or("", |case| case.number.as_str());
        screen.line(say(
            lang,
            format!("! Der Hub lehnt den Vorgang {number} ab: {reason}"),
            format!("! The hub refuses case {number}: {reason}"),
        ))?;
    }
    for hand_in in &status.broken_off {
        let rows = text::count(lang, hand_in.counts.unwrap_or_default().rows);
        let (source, case) = (&hand_in.source_name, &hand_in.case_number);
        screen.line(say(
            lang,
            format!("! Die Einreichung von {source} (Vorgang {case}) brach nach {rows} Zeilen ab; derselbe Befehl macht dort weiter."),
            format!("! The hand-in of {source} (case {case}) broke off after {rows} rows; the same command goes on from there."),
        ))?;
    }
    let feed = status.feed.clone().unwrap_or_default();
    if feed.parked > 0 {
        let count = text::count(lang, feed.parked);
        screen.line(say(
            lang,
            format!("! {count} Mitteilungen des Hubs konnten nicht angewendet werden:"),
            format!("! {count} events of the hub could not be applied:"),
        ))?;
        let mut table = table::table([say(lang, "Nr.", "No."), say(lang, "Grund", "Reason")]);
        for parked in &feed.first_parked {
            table.add_row([parked.sequence.to_string(), parked.reason.clone()]);
        }
        screen.line(table.to_string())?;
    }
    Ok(())
}

fn to_json(status: &StatusResponse) -> Value {
    let queue = status.queue.unwrap_or_default();
    let feed = status.feed.clone().unwrap_or_default();
    let disk = status.disk.unwrap_or_default();
    let parked: Vec<Value> = feed
        .first_parked
        .iter()
        .map(|event| json!({ "sequence": event.sequence, "reason": event.reason, "at": json::time(event.parked_at_us) }))
        .collect();
    json!({
        "agency": status.agency_id,
        "instance": status.instance_id,
        "version": status.version,
        "started_at": json::time(status.started_at_us),
        "officer": status.officer,
        "hub": status.hub.as_ref().map(json::hub),
        "queue": {
            "case_commands": queue.case_commands,
            "submissions": queue.submissions,
            "referrals": queue.referrals,
            "in_flight": queue.in_flight,
            "set_aside": queue.set_aside,
            "refused_submissions": queue.refused_submissions,
            "oldest_at": json::time(queue.oldest_at_us),
            "decisions": queue.decisions,
            "decided_targets": queue.decided_targets,
            "refused_decisions": queue.refused_decisions,
        },
        "feed": {
            "cursor": feed.cursor,
            "applied_at": json::time(feed.applied_at_us),
            "parked": feed.parked,
            "first_parked": parked,
        },
        "reconciliation": status.reconciliation.as_ref().map(|state| json!({
            "epoch": state.epoch,
            "kept_leaves": state.kept_leaves,
            "began_at": json::time(state.began_at_us),
            "submissions": state.submissions,
            "waiting_submissions": state.waiting_submissions,
            "decisions": state.decisions,
            "waiting_decisions": state.waiting_decisions,
            "case_commands": state.case_commands,
            "refused": state.refused,
            "reported_at": json::time(state.reported_at_us),
        })),
        "restored": { "at": json::time(status.restored_at_us), "backup_at": json::time(status.backup_at_us) },
        "holds": { "in_force": status.held_targets, "lapsed": status.lapsed_targets },
        "disk": { "store_bytes": disk.store_bytes, "free_bytes": disk.free_bytes },
        "rows": json::counts(status.totals.as_ref()),
        "broken_off": status.broken_off.iter().map(json::hand_in).collect::<Vec<_>>(),
        "refused": status.refused.iter().map(json::refused_submission).collect::<Vec<_>>(),
        "ledger": status.ledger.as_ref().map(state_json),
        "refused_cases": status.refused_cases.iter().map(json::case).collect::<Vec<_>>(),
    })
}
