//! A prosecutor's own proceedings: which there are, and what waits in them.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_web::Texts;
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller};
use crate::flow::{Failure, ProceedingLine, ProceedingsPage, proceedings};

/// Proceedings of one page: each has up to a hundred targets counted.
const PAGE: usize = 20;

#[derive(Template)]
#[template(path = "proceedings.html")]
struct Proceedings<'p> {
    t: Texts<'p>,
    /// Whether the login service names any reference at all.
    has_own: bool,
    page: ProceedingsPage,
}

impl Proceedings<'_> {
    fn targets(&self, line: &ProceedingLine) -> String {
        match line.has_more {
            true => self.t.count("proceedings-more-than", line.targets),
            false => line.targets.to_string(),
        }
    }

    fn waiting(&self, line: &ProceedingLine) -> String {
        match line.has_more {
            true => self.t.count("proceedings-at-least", line.waiting),
            false => line.waiting.to_string(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Proceedings) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    match read(&console, &caller, asked.after.parse().ok()).await {
        Ok(page) => {
            let content = Proceedings { t, has_own: !caller.session.proceedings.is_empty(), page };
            let title = t.say("proceedings");
            console.framed(&caller, Some(Area::Proceedings), StatusCode::OK, &title, &content)
        }
        Err(failure) => console.failed(&caller, &failure),
    }
}

async fn read(console: &Console, caller: &Caller, after: Option<i64>) -> Result<ProceedingsPage, Failure> {
    let (hub, session) = (&console.0.hub, &caller.session);
    let mut still = hub.still().await?;
    proceedings(&mut still, &hub.views(), &session.agency, &session.proceedings, after, PAGE).await
}
