//! What is due, and how much there is.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::v1::Stage;
use meldeverbund_web::{Instant, Texts};

use super::{Console, access::Area, caller::Caller, target::word};
use crate::flow::{
    Attention, Concern, Failure, LiaisonCounts, Page, Totals, attention, causes, liaison_waits, releases_wait,
};

/// What one page lists; who has more to do begins with the first.
const LISTED: i64 = 50;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'p> {
    t: Texts<'p>,
    totals: Totals,
    due: Vec<Row>,
    has_more: bool,
    /// Whether a release waits for a second person; told to whoever has their list.
    releases_wait: bool,
    /// What of liaison waits; nothing: it has no place on the page.
    liaison: Vec<String>,
    /// Whether signs of misuse wait that this person may open.
    opens_signals: bool,
    /// Whether this person may open a target.
    opens: bool,
}

impl Overview<'_> {
    fn stage(&self, stage: &Stage) -> String {
        self.t.say(&format!("stage-{}", word(stage.as_str_name(), "STAGE_")))
    }

    fn counted_at(&self) -> Option<Instant> {
        self.totals.counted_at_us.and_then(Instant::from_micros)
    }
}

struct Row {
    target: String,
    owner: String,
    concerns: Vec<(String, Option<Instant>)>,
}

/// What stands on the page.
struct Found {
    totals: Totals,
    listed: Page,
    releases_wait: bool,
    liaison: LiaisonCounts,
}

/// The page.
pub(super) async fn page(State(console): State<Console>, caller: Caller) -> Response {
    if !caller.may(Area::Overview) {
        // Whoever signs in comes here first; a prosecutor's day begins with the own proceedings.
        if caller.may(Area::Proceedings) {
            return Redirect::to("/proceedings").into_response();
        }
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    match read(&console, &caller).await {
        Ok(Found { totals, listed, releases_wait, liaison }) => {
            let due = listed.targets.into_iter().map(|attention| row(t, attention)).collect();
            let content = Overview {
                t,
                totals,
                due,
                has_more: listed.next.is_some(),
                releases_wait,
                liaison: waiting(t, &liaison),
                opens_signals: liaison.signals_unseen > 0 && caller.may(Area::Audit),
                opens: caller.may(Area::Target),
            };
            console.page(&caller, Area::Overview, &t.say("overview"), &content)
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "the overview could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn read(console: &Console, caller: &Caller) -> Result<Found, Failure> {
    let hub = &console.0.hub;
    let mut still = hub.still().await?;
    let listed = attention(&mut still, &hub.views(), &caller.session.agency, None, LISTED).await?;
    let totals = console.0.tally.totals(hub, &mut still).await?;
    let lists_releases = caller.may(Area::Releases);
    let releases_wait = lists_releases && releases_wait(&mut still, &caller.session.agency).await?;
    let liaison = liaison_waits(hub, &mut still).await?;
    Ok(Found { totals, listed, releases_wait, liaison })
}

fn waiting(t: Texts<'_>, counts: &LiaisonCounts) -> Vec<String> {
    let LiaisonCounts { announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen } =
        *counts;
    let lines = [
        ("liaison-announcements", announcements_waiting),
        ("liaison-overdue", disclosures_overdue),
        ("liaison-escalated", disclosures_escalated),
        ("liaison-signals", signals_unseen),
    ];
    lines.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| t.count(key, count)).collect()
}

fn row(t: Texts<'_>, attention: Attention) -> Row {
    let concerns = attention.concerns.into_iter().map(|concern| match concern {
        Concern::Dispute { by, claimed, decide_by_us, escalated } => {
            let key = if escalated { "due-dispute-late" } else { "due-dispute" };
            (t.name(key, &format!("{by} → {claimed}")), Instant::from_micros(decide_by_us))
        }
        Concern::LapsedHold { agency, until_us } => {
            (t.name("due-lapsed-hold", &agency), Instant::from_micros(until_us))
        }
        Concern::Unresolved { since_us, failed, .. } => {
            let key = if failed { "due-notice-failed" } else { "due-notice-in-doubt" };
            (t.say(key), Instant::from_micros(since_us))
        }
        Concern::Incidents { count } => (t.count("due-incidents", count), None),
    });
    Row { target: attention.target, owner: attention.owner, concerns: concerns.collect() }
}
