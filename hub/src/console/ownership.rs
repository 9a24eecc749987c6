//! Disputed responsibilities: both claims, and until when each is to be decided.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_web::{Instant, Texts};

use super::{Console, access::Area, caller::Caller, duplicates::After, shown::Shown};
use crate::flow::{Contest, ContestsPage, Failure, contests};

/// Disputes of one page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "ownership.html")]
struct Ownership<'p> {
    t: Texts<'p>,
    acts: bool,
    page: ContestsPage,
}

impl Ownership<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    fn since(&self, contest: &Contest) -> Option<Instant> {
        contest.since_us.and_then(Instant::from_micros)
    }

    fn until(&self, contest: &Contest) -> Option<Instant> {
        Instant::from_micros(contest.decide_by_us)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Response {
    if !caller.may(Area::Ownership) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    match read(&console, &caller, &after).await {
        Ok(page) => {
            let content = Ownership { t, acts: caller.may(Area::Decide), page };
            console.framed(&caller, Some(Area::Ownership), StatusCode::OK, &t.say("ownership"), &content)
        }
        Err(failure) => console.failed(&caller, &failure),
    }
}

async fn read(console: &Console, caller: &Caller, after: &str) -> Result<ContestsPage, Failure> {
    let hub = &console.0.hub;
    let mut still = hub.still().await?;
    contests(&mut still, &hub.views(), &caller.session.agency, after.parse().ok(), PAGE).await
}
