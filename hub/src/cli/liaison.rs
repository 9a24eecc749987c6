//! `liaison`: what liaison bodies announced, and what looks like misuse; the central office's answers.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use meldeverbund_domain::liaison::Signal;
use meldeverbund_proto::{
    AgencyId, CommandId, LinkId,
    v1::{AnnounceRequest, AnnouncementKind, AnnouncementState},
};
use prost::Message as _;
use serde_json::json;

use super::{
    offline,
    output::print,
    target::{HoldOn, asked_hold, command_id},
};
use crate::{
    flow::{AnswerAnnouncement, AskedHold, LookAtSignal, PlaceAskedHold, SEEN_TO, Wanted},
    serve::Config,
    store::{AgencyRow, AnnouncementRow, SignalRow, Store, targets_by_link},
};

/// Announcements, or signals, that are listed where nothing is said.
const LISTED: i64 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum LiaisonVerb {
    /// List what liaison bodies announced, the newest first.
    Announcements {
        /// How many.
        #[arg(long, default_value_t = LISTED, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
    /// Place the hold that a liaison body asks for, on its behalf, and tell it so.
    PlaceHold {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        on: HoldOn,
    },
    /// Say that an announcement was taken note of, or done in another way.
    Done {
        #[command(flatten)]
        which: Which,
        /// The person who answers; kept in the ledger.
        #[arg(long)]
        officer: String,
        /// To the liaison body; where nothing is said, what it is told of a hold on a link that is hidden from it, too.
        #[arg(long, default_value = SEEN_TO)]
        answer: String,
    },
    /// Decline what a liaison body announced or asked for.
    Decline {
        #[command(flatten)]
        which: Which,
        /// The person who answers; kept in the ledger.
        #[arg(long)]
        officer: String,
        /// Why.
        #[arg(long)]
        answer: String,
    },
    /// List what looks like misuse of the right to ask.
    Signals {
        /// Those that somebody has looked at, too.
        #[arg(long)]
        all: bool,
    },
    /// Note that somebody has looked at a signal.
    Seen {
        /// Whose.
        #[arg(long)]
        agency: AgencyId,
        /// Which: volume, breadth, night or walking.
        #[arg(long, value_parser = signal)]
        signal: Signal,
        /// The day, as `signals` names it.
        #[arg(long)]
        day: i64,
        /// The person who has looked.
        #[arg(long)]
        officer: String,
    },
}

/// Which announcement.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The announcement.
    announcement: CommandId,
    /// The body that made it, where two bodies use one id.
    #[arg(long)]
    agency: Option<AgencyId>,
}

fn signal(name: &str) -> Result<Signal, String> {
    let found = Signal::ALL.into_iter().find(|signal| signal.name() == name);
    found.ok_or_else(|| "there are: volume, breadth, night, walking".to_owned())
}

pub(super) async fn run(config: &Path, json: bool, verb: LiaisonVerb) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    match verb {
        LiaisonVerb::Announcements { limit } => announcements(&store, json, limit).await,
        LiaisonVerb::PlaceHold { which, on } => hold(config, json, store, which, on).await,
        LiaisonVerb::Done { which, officer, answer } => {
            let row = waiting(&store, which).await?;
            told(config, json, &row, AnnouncementState::Done, officer, answer).await
        }
        LiaisonVerb::Decline { which, officer, answer } => {
            let row = waiting(&store, which).await?;
            told(config, json, &row, AnnouncementState::Declined, officer, answer).await
        }
        LiaisonVerb::Signals { all } => signals(&store, json, all).await,
        LiaisonVerb::Seen { agency, signal, day, officer } => {
            offline::run(config, LookAtSignal { agency, signal, day, officer }).await?;
            print(json, &json!({ "seen": true }), "Noted.")
        }
    }
}

async fn announcements(store: &Store, json: bool, limit: i64) -> anyhow::Result<ExitCode> {
    let mut reader = store.reader().await?;
    let rows = AnnouncementRow::newest(&mut reader, None, limit).await?;
    let agencies = AgencyRow::all(&mut reader).await?;
    let (mut text, mut values) = (String::new(), Vec::new());
    for row in &rows {
        let request = AnnounceRequest::decode(&row.body[..])?;
        let agency = name(&agencies, row);
        let at = jiff::Timestamp::from_microsecond(row.recorded_at_us)?;
        let (kind, state) = (kind(request.kind()), state(row.state));
        writeln!(text, "{}  {at}  {agency}  {kind}  {state}  {}", row.id, request.note)?;
        values.push(json!({
            "announcement": row.id.to_string(), "at_us": row.recorded_at_us, "agency": agency, "kind": kind,
            "state": state, "officer": row.officer, "note": request.note, "at": request.at_us, "answer": row.answer,
        }));
    }
    print(json, &values, &text)
}

/// Places the hold and tells the liaison body, in one command; given again, it is answered as it was.
async fn hold(config: &Path, json: bool, store: Store, which: Which, on: HoldOn) -> anyhow::Result<ExitCode> {
    let settings = Config::read(config)?;
    // Answered or not: given again, the command is the same, and never one about another body's announcement.
    let row = only(made(&store, which).await?, "there is no announcement of this id")?;
    let request = AnnounceRequest::decode(&row.body[..])?;
    let mut reader = store.reader().await?;
    let agencies = AgencyRow::all(&mut reader).await?;
    let link = link(&request).ok_or_else(|| anyhow::anyhow!("the announcement names no link"))?;
    let target = targets_by_link(&mut reader, [link]).await?.pop();
    drop(reader);
    // The link's own number, not that of the whole that it belongs to now: the same command is the same after a merge.
    let Some((_, own, _)) = target else {
        anyhow::bail!(
            "no target of this hub has this link: there is nothing to hold; answer with `done`, \
             in its own words, which do not tell it from a link that is hidden"
        );
    };
    let target_ids = store.target_ids().clone();
    let (target, behalf) = (target_ids.id(own).to_string(), name(&agencies, &row));
    let (office, id) = (settings.agency.clone(), PlaceAskedHold::id(&row));
    let hold = asked_hold(config, &office, id, target.clone(), behalf, request.at_us, on)?;
    let place = PlaceAskedHold::parse(office, &row, hold, target_ids, offline::salt());
    let place = place.map_err(|refusal| offline::refused(&refusal))?;
    let AskedHold { decided, answer_leaf } = offline::run_on(&settings, store, place).await?;
    let under_way_since_us = decided.answers.first().map_or(0, |answer| answer.under_way_since_us);
    let value = json!({
        "announcement": row.id.to_string(), "target": target, "hold_leaf": decided.leaf_index, "leaf": answer_leaf,
        "under_way_since_us": under_way_since_us,
    });
    let late = if under_way_since_us == 0 {
        ""
    } else {
        " A notice was under way before, and is not held back by it."
    };
    print(json, &value, &format!("The hold on {target} is placed.{late} The liaison body is told."))
}

/// Answers what is not a hold, and says so.
async fn told(
    config: &Path,
    json: bool,
    row: &AnnouncementRow,
    state: AnnouncementState,
    officer: String,
    words: String,
) -> anyhow::Result<ExitCode> {
    let leaf = respond(config, row, state, officer, words).await?;
    print(json, &json!({ "announcement": row.id.to_string(), "leaf": leaf }), "The liaison body is told.")
}

async fn respond(
    config: &Path,
    row: &AnnouncementRow,
    state: AnnouncementState,
    officer: String,
    words: String,
) -> anyhow::Result<i64> {
    let (id, salt) = (command_id()?, offline::salt());
    let answer = AnswerAnnouncement { announcement: row.leaf, state, words, officer, id, salt };
    offline::run(config, answer).await
}

/// The announcement, if it waits for an answer.
async fn waiting(store: &Store, which: Which) -> anyhow::Result<AnnouncementRow> {
    let mut rows = made(store, which).await?;
    rows.retain(|row| row.answered_at_us == 0);
    only(rows, "no announcement of this id waits for an answer")
}

/// The announcements of this id, of each body one at the most; of the named body.
async fn made(store: &Store, Which { announcement, agency }: Which) -> anyhow::Result<Vec<AnnouncementRow>> {
    let mut reader = store.reader().await?;
    let mut rows = AnnouncementRow::by_id(&mut reader, announcement).await?;
    if let Some(agency) = agency {
        let agencies = AgencyRow::all(&mut reader).await?;
        rows.retain(|row| name(&agencies, row) == agency.as_str());
    }
    Ok(rows)
}

fn only(mut rows: Vec<AnnouncementRow>, none: &'static str) -> anyhow::Result<AnnouncementRow> {
    let row = rows.pop().ok_or_else(|| anyhow::anyhow!(none))?;
    anyhow::ensure!(
        rows.is_empty(),
        "two bodies made announcements of this id: say with --agency whose is meant"
    );
    Ok(row)
}

async fn signals(store: &Store, json: bool, all: bool) -> anyhow::Result<ExitCode> {
    let mut reader = store.reader().await?;
    let rows = SignalRow::newest(&mut reader, all, LISTED).await?;
    let agencies = AgencyRow::all(&mut reader).await?;
    let (mut text, mut values) = (String::new(), Vec::new());
    for row in &rows {
        let SignalRow { agency, signal, day, at_us, detail, seen_by } = row;
        let agency = agencies.iter().find(|one| one.agency.no == *agency);
        let agency = agency.map_or("", |row| row.card.agency_id.as_str());
        let (at, signal) = (jiff::Timestamp::from_microsecond(*at_us)?, signal.name());
        let seen = if seen_by.is_empty() { String::new() } else { format!("  seen by {seen_by}") };
        writeln!(text, "{at}  {agency}  {signal}  day {day}: {detail}{seen}")?;
        values.push(json!({
            "agency": agency, "signal": signal, "day": day, "at_us": at_us, "detail": detail, "seen_by": seen_by,
        }));
    }
    if rows.is_empty() {
        text.push_str("Nothing looks like misuse.\n");
    }
    print(json, &values, &text)
}

fn link(request: &AnnounceRequest) -> Option<LinkId> {
    match Wanted::read(request.selector.as_ref()?, 0) {
        Wanted::Link(link) => Some(link),
        Wanted::Content(_) | Wanted::Refused(_) => None,
    }
}

fn name(agencies: &[AgencyRow], row: &AnnouncementRow) -> String {
    let agency = agencies.iter().find(|one| one.agency.no == row.agency);
    agency.map(|agency| agency.card.agency_id.clone()).unwrap_or_default()
}

fn kind(kind: AnnouncementKind) -> String {
    kind.as_str_name().trim_start_matches("ANNOUNCEMENT_KIND_").to_ascii_lowercase()
}

fn state(state: AnnouncementState) -> String {
    state.as_str_name().trim_start_matches("ANNOUNCEMENT_STATE_").to_ascii_lowercase()
}
