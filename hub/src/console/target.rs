//! One target: where it stands, whose it is and why, and everything that happened.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{
    TargetId,
    v1::{ExplainTargetRequest, ExplainTargetResponse, ShowTargetsRequest, TargetView, TimelineEntry},
};
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller};
use crate::flow::{Failure, causes, explain, show};

#[derive(Template)]
#[template(path = "target.html")]
struct Target<'p> {
    t: Texts<'p>,
    view: TargetView,
    why: ExplainTargetResponse,
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

    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }
}

/// `STAGE_IN_DOUBT` as `in-doubt`.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}

/// The page of a target.
pub(super) async fn page(State(console): State<Console>, caller: Caller, Path(id): Path<String>) -> Response {
    if !caller.may(Area::Target) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    match read(&console, &caller, &id).await {
        Ok(Some((view, why))) => {
            let title = t.name("target", &view.target_id);
            console.page(&caller, Area::Target, &title, &Target { t, view, why })
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

#[derive(Template)]
#[template(path = "find_target.html")]
struct Find<'p> {
    t: Texts<'p>,
    /// What was asked and is no id.
    wrong: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    id: String,
}

/// Finds a target by its id, as it stands in a mail, a log or a protocol.
pub(super) async fn find(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    let (t, id) = (console.texts(caller.language), asked.id.trim().to_ascii_lowercase());
    if caller.may(Area::Target)
        && let Ok(id) = id.parse::<TargetId>()
    {
        return Redirect::to(&format!("/targets/{id}")).into_response();
    }
    let content = Find { t, wrong: (!id.is_empty()).then_some(asked.id) };
    console.page(&caller, Area::Target, &t.say("find-target"), &content)
}
