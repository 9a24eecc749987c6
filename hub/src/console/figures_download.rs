//! Figures as files: what the page shows, and what may be published.

use axum::{
    extract::{Query, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use meldeverbund_domain::figures::{Month, Published, Sheet};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller, figures::Asked};
use crate::{
    clock::now_us,
    flow::{
        Failure, causes, figures_csv, figures_json, public_csv, public_json, read_all_figures, read_published,
    },
};

const CSV: &str = "text/csv; charset=utf-8; header=present";
const JSON: &str = "application/json";

/// What the page shows, as CSV.
pub(super) async fn csv(state: State<Console>, caller: Caller, asked: Query<Asked>) -> Response {
    let text = |total: &Sheet, sheet: &Sheet| figures_csv(total, sheet);
    internal(&state, &caller, &asked, ("csv", CSV), text).await
}

/// The same as JSON.
pub(super) async fn json(state: State<Console>, caller: Caller, asked: Query<Asked>) -> Response {
    let text = |total: &Sheet, sheet: &Sheet| figures_json(total, sheet).to_string();
    internal(&state, &caller, &asked, ("json", JSON), text).await
}

async fn internal(
    console: &Console,
    caller: &Caller,
    asked: &Asked,
    (ending, kind): (&str, &'static str),
    text: impl FnOnce(&Sheet, &Sheet) -> String + Send,
) -> Response {
    let this = Month::at(now_us(console.0.hub.clock()));
    let (true, Some(query)) = (caller.may(Area::Figures), asked.query(this)) else {
        return console.no_page(caller);
    };
    let found = async {
        let mut still = console.0.hub.still().await?;
        Ok::<_, Failure>(read_all_figures(&mut still, query.grouping, query.months).await?)
    };
    match found.await {
        Ok((total, sheet)) => {
            let (from, until) = query.months;
            let name = format!("figures-{from}-{until}-{}.{ending}", query.grouping.name());
            file(&name, kind, text(&total, &sheet))
        }
        Err(failure) => failed(console, caller, &failure),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    month: String,
}

/// What may be published of a month, as CSV.
pub(super) async fn published_csv(state: State<Console>, caller: Caller, wanted: Query<Wanted>) -> Response {
    published(&state, &caller, &wanted, ("csv", CSV), public_csv).await
}

/// The same as JSON.
pub(super) async fn published_json(state: State<Console>, caller: Caller, wanted: Query<Wanted>) -> Response {
    published(&state, &caller, &wanted, ("json", JSON), |published| public_json(published).to_string()).await
}

async fn published(
    console: &Console,
    caller: &Caller,
    wanted: &Wanted,
    (ending, kind): (&str, &'static str),
    text: impl FnOnce(&Published) -> String + Send,
) -> Response {
    let this = Month::at(now_us(console.0.hub.clock()));
    // A month that is not over would be published twice, and the difference would be a day's figures.
    let month = wanted.month.parse::<Month>().ok().filter(|month| *month < this);
    let (true, Some(month)) = (caller.may(Area::PublicFigures), month) else {
        return console.no_page(caller);
    };
    let found = async {
        let mut still = console.0.hub.still().await?;
        Ok::<_, Failure>(read_published(&mut still, month, console.0.public_threshold).await?)
    };
    match found.await {
        Ok(published) => file(&format!("figures-public-{month}.{ending}"), kind, text(&published)),
        Err(failure) => failed(console, caller, &failure),
    }
}

fn file(name: &str, kind: &'static str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], text).into_response()
}

fn failed(console: &Console, caller: &Caller, failure: &Failure) -> Response {
    tracing::warn!(cause = %causes(failure), "figures could not be read");
    console.problem_for(caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
}
