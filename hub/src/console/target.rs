//! One target: where it stands, whose it is and why, and everything that happened.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_proto::v1::{
    ExplainTargetRequest, ExplainTargetResponse, RuleTrace, ShowTargetsRequest, TargetView, TimelineEntry,
};
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller, rule_reasons};
use crate::flow::{Failure, causes, explain, show};

#[derive(Template)]
#[template(path = "target.html")]
struct Target<'p> {
    t: Texts<'p>,
    view: TargetView,
    why: ExplainTargetResponse,
    /// The leaf of the decision that was just taken here.
    done: Option<u64>,
    /// What else this person may do with it.
    sees_duplicates: bool,
    decides: bool,
}

impl Target<'_> {
    fn stage(&self) -> String {
        self.t.say(&format!("stage-{}", word(self.view.stage().as_str_name(), "STAGE_")))
    }

    fn responsibility(&self) -> String {
        let name = self.view.responsibility().as_str_name();
        self.t.say(&format!("responsibility-{}", word(name, "RESPONSIBILITY_")))
    }

    fn basis(&self) -> String {
        self.t.say(&format!("basis-{}", word(self.view.owner_basis().as_str_name(), "OWNER_BASIS_")))
    }

    fn entry_stage(&self, entry: &TimelineEntry) -> String {
        self.t.say(&format!("stage-{}", word(entry.stage().as_str_name(), "STAGE_")))
    }

    /// An agency's name; its id where the answer has no card of it.
    fn agency(&self, id: &str) -> String {
        let card = self.why.agencies.iter().find(|card| card.agency_id == id);
        card.map_or_else(|| id.to_owned(), |card| format!("{} ({id})", card.name))
    }

    /// Why a rule fits or not; none: in the rules' own words, which are English.
    fn reason(&self, rule: &RuleTrace) -> Option<String> {
        rule_reasons::said(self.t, &rule.reason)
    }

    /// Whether an entry is a decision on duplicates, which has a page.
    fn is_judged(&self, entry: &TimelineEntry) -> bool {
        self.sees_duplicates && ["merge", "split", "undo"].contains(&entry.what.as_str())
    }

    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }
}

/// `STAGE_IN_DOUBT` as `in-doubt`.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: Option<u64>,
}

/// The page of a target.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Path(id): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Response {
    if !caller.may(Area::Target) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    match read(&console, &caller, &id).await {
        Ok(Some((view, why))) => {
            let title = t.name("target", &view.target_id);
            // Only what really stands in its history is told as done.
            let done = done.filter(|leaf| why.timeline.iter().any(|entry| entry.leaf_index == *leaf));
            let (sees_duplicates, decides) = (caller.may(Area::Duplicates), caller.may(Area::Decide));
            let content = Target { t, view, why, done, sees_duplicates, decides };
            console.page(&caller, Area::Target, &title, &content)
        }
        // None, not ours to see, or no id at all: nobody learns which.
        Ok(None) | Err(Failure::Refused(_)) => console.no_page(&caller),
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "a target could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn read(
    console: &Console,
    caller: &Caller,
    id: &str,
) -> Result<Option<(TargetView, ExplainTargetResponse)>, Failure> {
    let (hub, agency) = (&console.0.hub, &caller.session.agency);
    let mut still = hub.still().await?;
    let request = ShowTargetsRequest { target_ids: vec![id.to_owned()] };
    let shown = show(&mut still, &hub.views(), agency, &request).await?;
    let Some(view) = shown.targets.into_iter().next() else { return Ok(None) };
    let request = ExplainTargetRequest { target_id: id.to_owned(), at_leaf: 0 };
    let why = explain(&mut still, &hub.views(), agency, &request).await?;
    Ok(Some((view, why)))
}
