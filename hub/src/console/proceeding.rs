//! One of a prosecutor's own proceedings: its targets, what was released, and on paper the order for the file.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use meldeverbund_proto::v1::{GateState, TargetView};
use meldeverbund_web::Texts;
use serde::Deserialize;

use super::{Console, access::Area, acting::Hidden, caller::Caller, shown::Shown, ticking::Form};
use crate::{
    clock::now_us,
    flow::{Failure, Happened, ProceedingPage, ProceedingTarget, proceeding},
};

/// Links of one page, and of one sheet of paper that somebody signs: what a person can look through.
const PAGE: usize = 50;

/// The gates beside the release, in the contract's order.
const GATES: [&str; 3] =
    ["proceeding-gate-assessed", "proceeding-gate-evidence", "proceeding-gate-provider-data"];

#[derive(Template)]
#[template(path = "proceeding.html")]
struct Content<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    page: ProceedingPage,
    form: Form,
    /// What somebody else decided since on targets that were ticked.
    meanwhile: Vec<Happened>,
    /// Where this page begins.
    after: String,
    /// The leaf of the decision that was just taken here.
    done: Option<i64>,
    officer: String,
    printed_us: i64,
}

impl Content<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    /// What is missing beside the release.
    fn gates(&self, view: &TargetView) -> String {
        let missing = view.gates().zip(GATES).filter(|(state, _)| *state != GateState::Set);
        let missing: Vec<_> = missing.map(|(_, gate)| self.t.say(gate)).collect();
        match missing.as_slice() {
            [] => self.t.say("proceeding-gates-set"),
            missing => self.t.name("proceeding-gates-missing", &missing.join(", ")),
        }
    }

    fn has_check_box(&self, target: &ProceedingTarget) -> bool {
        target.can_be_released || target.can_be_revoked
    }

    fn acts(&self) -> bool {
        self.page.targets.iter().any(|target| self.has_check_box(target))
    }

    /// Whether a release waits that this person may confirm.
    fn confirms(&self) -> bool {
        self.page.targets.iter().any(|target| target.can_be_confirmed)
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: Option<i64>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Path(no): Path<String>,
    Query(Asked { after, done }): Query<Asked>,
) -> Response {
    // Another's number and what is no number are answered alike.
    let Some(no) = no.parse::<i64>().ok().filter(|_| caller.may(Area::Proceedings)) else {
        return console.no_page(&caller);
    };
    let hidden = Hidden::new(&console, &caller);
    render(&console, &caller, (no, &after, done), hidden, Form::default()).await
}

/// The page as it is now, with what was sent.
pub(super) async fn render(
    console: &Console,
    caller: &Caller,
    (no, after, done): (i64, &str, Option<i64>),
    hidden: Hidden,
    form: Form,
) -> Response {
    let t = console.texts(caller.language);
    let (page, meanwhile) = match read(console, caller, no, after, &form).await {
        Ok(Some(found)) => found,
        Ok(None) | Err(Failure::Refused(_)) => return console.no_page(caller),
        Err(failure) => return console.failed(caller, &failure),
    };
    let status = form.status();
    // Only what really stands here is told as done.
    let done = done.filter(|leaf| *leaf > 0 && page.targets.iter().any(|target| target.seen == *leaf));
    let title = t.name("proceeding", &page.proceeding.case.prosecutor_reference);
    let officer = caller.person(console).name;
    let (after, printed_us) = (after.to_owned(), now_us(console.0.hub.clock()));
    let content = Content { t, hidden, page, form, meanwhile, after, done, officer, printed_us };
    console.framed(caller, Some(Area::Proceedings), status, &title, &content)
}

async fn read(
    console: &Console,
    caller: &Caller,
    no: i64,
    after: &str,
    form: &Form,
) -> Result<Option<(ProceedingPage, Vec<Happened>)>, Failure> {
    let (hub, session) = (&console.0.hub, &caller.session);
    let (mut still, views) = (hub.still().await?, hub.views());
    let (viewer, own) = (caller.viewer(), &session.proceedings);
    let from = (no, after.parse().ok());
    let found = proceeding(&mut still, &views, (&session.agency, &viewer), own, from, PAGE).await?;
    let Some(page) = found else { return Ok(None) };
    drop(still);
    let now = page.targets.iter().map(|target| (target.view.target_id.as_str(), target.seen)).collect();
    let meanwhile = form.meanwhile(console, caller, &now).await?;
    Ok(Some((page, meanwhile)))
}
