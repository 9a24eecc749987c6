//! Who saw what (BDSG § 76): what stands on a page is noted before the page leaves.
//!
//! No page declares what it shows, so none can forget it: the ids of targets are found in what is about to leave. Nothing else
//! reads as such an id.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::{
    Console,
    access::{Area, Log},
    caller::Caller,
};
use crate::{
    clock::now_us,
    flow::{NoteView, causes, targets_in},
};

/// More than any page has; what is larger is not shown.
const PAGE_BYTES: usize = 16 << 20;

/// The name under which a page is noted that is of no area.
const ELSEWHERE: &str = "elsewhere";

/// Who gets an answer, and of which area it is.
#[derive(Clone)]
struct Seen {
    caller: Caller,
    area: Option<Area>,
}

/// Says whose answer this is: what it shows is noted before it leaves.
pub(super) fn by(caller: &Caller, area: Option<Area>, mut response: Response) -> Response {
    response.extensions_mut().insert(Seen { caller: caller.clone(), area });
    response
}

/// Notes what an answer shows; what cannot be noted is not shown.
pub(super) async fn note(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(Seen { caller, area }) = response.extensions_mut().remove::<Seen>() else { return response };
    let log = area.map_or(Log::WhatStandsThere, Area::log);
    if log == Log::ByItself {
        return response;
    }
    let (head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, PAGE_BYTES).await else {
        tracing::warn!(page = area.map_or(ELSEWHERE, Area::name), "a page was too large to be shown");
        return console.problem_for(&caller, StatusCode::INTERNAL_SERVER_ERROR, "failed");
    };
    let shown = targets_in(&console.0.hub, &body);
    if shown.is_empty() {
        return Response::from_parts(head, Body::from(body));
    }
    let (page, now_us) = (area.map_or(ELSEWHERE, Area::name), now_us(console.0.hub.clock()));
    let view = (caller.session.digest, area, shown.clone());
    // What answers a form was asked for by a person, each time.
    if caller.at.is_some() && console.0.noted.covers(&view, now_us) {
        return Response::from_parts(head, Body::from(body));
    }
    match console.0.hub.run(NoteView::new(&caller.session, page, shown)).await {
        Ok(()) => {
            console.0.noted.remember(view, now_us);
            Response::from_parts(head, Body::from(body))
        }
        Err(failure) => {
            tracing::warn!(page, cause = %causes(&failure), "a view could not be noted; nothing was shown");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "not-noted")
        }
    }
}
