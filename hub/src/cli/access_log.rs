//! `access-log`: who asked, when, why and for what (BDSG § 76). Whoever reads it says who they are and why, and that is logged.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use meldeverbund_domain::{
    liaison::HashKey,
    moment::{self, MomentError},
};
use meldeverbund_proto::{
    AgencyId, CanonicalLink,
    statement::QueryMode,
    v1::{ContentHash, HashAlgorithm},
};
use serde_json::json;

use super::{offline, output::print};
use crate::{
    clock::Clock,
    flow::{Hub, Search, read_access_log},
    serve::Config,
    store::{AgencyRow, QueryRow, ReadRow, Store},
};

#[derive(Debug, Subcommand)]
pub(super) enum AccessLogVerb {
    /// Search the questions of liaison bodies.
    Search(Box<Searched>),
    /// List who has read the access log, the newest first.
    Reads {
        /// How many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
}

#[derive(Debug, Args)]
pub(super) struct Searched {
    /// Who reads: the person with the role data protection; logged.
    #[arg(long)]
    reader: String,
    /// Why; logged.
    #[arg(long)]
    reason: String,
    /// Whose questions.
    #[arg(long)]
    agency: Option<AgencyId>,
    /// Whose, by the subject of the officer's token.
    #[arg(long)]
    officer: Option<String>,
    /// For which purpose.
    #[arg(long)]
    purpose: Option<String>,
    /// In which case of the liaison body.
    #[arg(long = "case")]
    case_number: Option<String>,
    /// About which content: its SHA-256, SHA-1 or MD5 in hexadecimal digits.
    #[arg(long, value_parser = content)]
    content: Option<HashKey>,
    /// About which link, in any spelling; `-`: from standard input, where no list of processes shows it.
    #[arg(long)]
    link: Option<String>,
    /// From when: a day, or an instant with its offset.
    #[arg(long, value_parser = instant)]
    from: Option<i64>,
    /// Until when.
    #[arg(long, value_parser = instant)]
    until: Option<i64>,
    /// At most so many.
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
}

/// A digest's length says how it was made.
fn content(text: &str) -> Result<HashKey, String> {
    let digest = hex::decode(text).unwrap_or_default();
    let algorithm = match digest.len() {
        32 => HashAlgorithm::Sha256,
        20 => HashAlgorithm::Sha1,
        16 => HashAlgorithm::Md5,
        _ => HashAlgorithm::Unspecified,
    };
    let key = HashKey::of(&ContentHash { algorithm: algorithm.into(), digest });
    key.ok_or_else(|| "has 64, 40 or 32 hexadecimal digits".to_owned())
}

fn instant(text: &str) -> Result<i64, MomentError> {
    moment::parse_us(text)
}

pub(super) async fn run(config: &Path, json: bool, verb: AccessLogVerb) -> anyhow::Result<ExitCode> {
    match verb {
        AccessLogVerb::Search(searched) => search(config, json, *searched).await,
        AccessLogVerb::Reads { limit } => reads(config, json, limit).await,
    }
}

async fn search(path: &Path, json: bool, searched: Searched) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let store = Store::open(&config.database).await?;
    let agencies = AgencyRow::all(&mut *store.reader().await?).await?;
    let agency = searched.agency.map(|id| {
        let found = agencies.iter().find(|row| row.agency.id == id);
        found.map(|row| row.agency.no).ok_or_else(|| anyhow::anyhow!("--agency: {id} is not registered"))
    });
    let search = Search {
        agency: agency.transpose()?,
        officer: searched.officer,
        purpose: searched.purpose,
        case_number: searched.case_number,
        link: searched.link.map(read_link).transpose()?,
        content: searched.content,
        from_us: searched.from,
        until_us: searched.until,
        most: searched.limit,
    };
    let (hub, tasks) = Hub::start(store, Clock::system(), &config.ledger_files()).await?;
    let found = read_access_log(&hub, &searched.reader, &searched.reason, &search).await;
    drop(hub);
    tasks.end().await;
    let found = found.map_err(offline::failed)?;
    let (mut text, mut values) = (String::new(), Vec::new());
    for row in &found {
        let agency = agencies.iter().find(|one| one.agency.no == row.agency);
        let agency = agency.map_or("", |row| row.card.agency_id.as_str());
        let QueryRow { leaf, id, recorded_at_us, issuer, officer, purpose, mode, selectors, .. } = row;
        let at = jiff::Timestamp::from_microsecond(*recorded_at_us)?;
        let mode = if *mode == QueryMode::Blind { "blind" } else { "open" };
        let why = format!("{} ({})", purpose.code, purpose.case_number);
        writeln!(
            text,
            "{at}  {agency}  {officer}  {why}  {mode}, {selectors} selectors, question {id}, leaf {leaf}"
        )?;
        values.push(json!({
            "query": id.to_string(), "leaf": leaf, "at_us": recorded_at_us, "agency": agency, "issuer": issuer,
            "officer": officer, "purpose": purpose.code, "case": purpose.case_number, "reason": purpose.reason,
            "mode": mode, "selectors": selectors,
        }));
    }
    writeln!(text, "{} questions; this reading is logged.", found.len())?;
    print(json, &values, &text)
}

fn read_link(given: String) -> anyhow::Result<CanonicalLink> {
    let link = if given == "-" { std::io::read_to_string(std::io::stdin())? } else { given };
    CanonicalLink::parse(link.trim()).map_err(|error| anyhow::anyhow!("--link: {error}"))
}

async fn reads(config: &Path, json: bool, limit: i64) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let rows = ReadRow::newest(&mut *store.reader().await?, limit).await?;
    let (mut text, mut values) = (String::new(), Vec::new());
    for ReadRow { at_us, reader, reason, asked_for, found } in &rows {
        let at = jiff::Timestamp::from_microsecond(*at_us)?;
        writeln!(text, "{at}  {reader}: {reason}  ({asked_for}; {found} found)")?;
        values.push(json!({
            "at_us": at_us, "reader": reader, "reason": reason, "asked_for": asked_for, "found": found,
        }));
    }
    print(json, &values, &text)
}
