//! Holds: those that have run out first, because each waits for a person; then all.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller, target::word};
use crate::flow::{Failure, Held, HeldPage, HoldLine, held_targets};

/// Targets that one page looks at.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "holds.html")]
struct Holds<'p> {
    t: Texts<'p>,
    acts: bool,
    lapsed: bool,
    page: HeldPage,
}

impl Holds<'_> {
    fn stage(&self, held: &Held) -> String {
        self.t.say(&format!("stage-{}", word(held.stage.as_str_name(), "STAGE_")))
    }

    fn reason(&self, hold: &HoldLine) -> String {
        reason(self.t, hold)
    }

    fn until(&self, hold: &HoldLine) -> Option<Instant> {
        Instant::from_micros(hold.until_us)
    }
}

/// Why a hold stands.
pub(super) fn reason(t: Texts<'_>, hold: &HoldLine) -> String {
    t.say(&format!("hold-reason-{}", word(hold.reason.as_str_name(), "HOLD_REASON_")))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    /// `all`: those in force, too.
    #[serde(default)]
    which: String,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Holds) {
        return console.no_page(&caller);
    }
    let (t, lapsed) = (console.texts(caller.language), asked.which != "all");
    match read(&console, &caller, lapsed, &asked.after).await {
        Ok(page) => {
            let content = Holds { t, acts: caller.may(Area::Decide), lapsed, page };
            console.framed(&caller, Some(Area::Holds), StatusCode::OK, &t.say("holds"), &content)
        }
        Err(failure) => console.failed(&caller, &failure),
    }
}

async fn read(console: &Console, caller: &Caller, lapsed: bool, after: &str) -> Result<HeldPage, Failure> {
    let hub = &console.0.hub;
    let mut still = hub.still().await?;
    held_targets(&mut still, &hub.views(), &caller.session.agency, lapsed, after.parse().ok(), PAGE).await
}
