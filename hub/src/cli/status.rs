//! `status`: what the hub holds, and how far the nodes have followed.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, process::ExitCode, time::SystemTime};

use meldeverbund_certs::RegisteredKeys;
use meldeverbund_proto::v1::Stage;

use super::output::print;
use crate::{
    clock::{Clock, now_us},
    flow::missing,
    ledger::{Ledger, Standing},
    serve::{Config, load_tls},
    store::{Connection, Counts, Head, InstanceRow, LeaseRow, LedgerKeyRow, LiaisonCounts, Store},
};

pub(super) async fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let clock = Clock::system();
    let tls = load_tls(&config, RegisteredKeys::default(), clock.clone())?.state();
    let store = Store::open(&config.database).await?;
    let mut reader = store.reader().await?;
    let counts = Counts::read(&mut reader).await?;
    let stages = Counts::targets_by_stage(&mut reader).await?;
    let stages: Vec<_> = stages.into_iter().map(|(stage, count)| (label(stage), count)).collect();
    let liaison = LiaisonCounts::read(&mut reader, now_us(&clock)).await?;
    let instances = InstanceRow::all(&mut reader).await?;
    let leases = LeaseRow::all(&mut reader).await?;
    let epoch = Head::read(&mut reader).await?.epoch;
    let missing = missing(&mut reader).await?;
    let standing = standing(&config, &mut reader).await?;
    drop(reader);
    store.close().await;
    let warnings: Vec<_> = tls.warnings(clock.now()).iter().map(ToString::to_string).collect();
    let expires =
        tls.certificate.not_after.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let value = serde_json::json!({
        "counts": counts,
        "stages": stages.iter().cloned().collect::<BTreeMap<_, _>>(),
        "instances": instances.iter().map(instance).collect::<Vec<_>>(),
        "epoch": epoch,
        "read_only": standing,
        "missing": missing,
        "liaison": liaison,
        "leases": leases.iter().map(lease).collect::<Vec<_>>(),
        "certificate_not_after_s": expires,
        "warnings": warnings,
    });
    let mut text = String::new();
    let Counts { agencies, cases, targets, ownerless, bindings, leaves } = counts;
    writeln!(text, "agencies {agencies}, cases {cases}, targets {targets} ({ownerless} without an owner)")?;
    let at = stages.iter().map(|(stage, count)| format!("{stage} {count}"));
    if !stages.is_empty() {
        writeln!(text, "newest rounds: {}", at.collect::<Vec<_>>().join(", "))?;
    }
    writeln!(text, "bindings {bindings}, ledger leaves {leaves}, epoch {epoch}")?;
    if let Some(why) = &standing {
        writeln!(text, "READ ONLY: {why}; see `ledger new-epoch`")?;
    }
    if !missing.is_empty() {
        writeln!(text, "grants wait until these have handed in again what was lost: {}", missing.join(", "))?;
    }
    text.push_str(&waiting(&liaison));
    let expires = jiff::Timestamp::from_second(i64::try_from(expires)?)?;
    writeln!(text, "certificate valid until {expires}")?;
    for row in &instances {
        let behind = row.feed_sequence - row.acknowledged;
        writeln!(text, "node of {} ({}): {behind} feed events behind", row.agency_id, row.instance)?;
    }
    for LeaseRow { name, holder, fence, until_us, .. } in &leases {
        let until = jiff::Timestamp::from_microsecond(*until_us)?;
        writeln!(text, "{name}: hub {} until {until}, fence {fence}", hex::encode(holder))?;
    }
    for warning in &warnings {
        writeln!(text, "warning: {warning}")?;
    }
    print(json, &value, &text)
}

/// Why nothing is written; none: it may be, or the ledger has no key yet.
async fn standing(config: &Config, connection: &mut Connection) -> anyhow::Result<Option<String>> {
    if LedgerKeyRow::all(connection).await?.is_empty() {
        return Ok(None);
    }
    Ok(match Ledger::open(&config.ledger_files(), connection).await.map(|ledger| ledger.standing()) {
        Ok(Standing::Sound) => None,
        Ok(Standing::Behind(behind)) => Some(behind.to_string()),
        // The hub would not start.
        Err(error) => Some(error.to_string()),
    })
}

/// What of liaison waits for the central office; nothing where nothing does.
fn waiting(counts: &LiaisonCounts) -> String {
    if counts.is_quiet() {
        return String::new();
    }
    let LiaisonCounts { announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen } =
        counts;
    format!(
        "LIAISON: {announcements_waiting} announcements wait, {disclosures_overdue} disclosures are overdue \
         ({disclosures_escalated} escalated), {signals_unseen} signals of misuse are unseen; see `liaison`\n"
    )
}

fn label(stage: Stage) -> String {
    stage.as_str_name().trim_start_matches("STAGE_").to_ascii_lowercase()
}

fn lease(row: &LeaseRow) -> serde_json::Value {
    serde_json::json!({
        "job": row.name, "holder": hex::encode(&row.holder), "fence": row.fence, "until_us": row.until_us,
    })
}

fn instance(row: &InstanceRow) -> serde_json::Value {
    serde_json::json!({
        "agency": row.agency_id, "instance": row.instance.to_string(), "acknowledged": row.acknowledged,
        "feed_sequence": row.feed_sequence, "seen_at_us": row.seen_at_us,
    })
}
