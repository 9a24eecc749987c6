//! Four eyes: releases of the central office that wait for a second person, who confirms or revokes them.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use meldeverbund_proto::v1::{Decided, Refusal};
use meldeverbund_web::Texts;
use serde::Deserialize;

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden},
    caller::Caller,
    decision::{self, Ticked},
    shown::Shown,
    ticking::{Form, Outcome, decided_on, on_release, outcome, ticked},
};
use crate::flow::{
    Failure, Happened, ReleaseLine, WaitingRelease, WaitingReleases, happened, waiting_releases,
};

/// Targets of one page: what a person can look through before answering for it.
const PAGE: i64 = 50;

/// What is decided here, as the timeline names it.
const ON_RELEASE: [&str; 2] = ["confirm", "withdraw_gate"];

#[derive(Template)]
#[template(path = "releases.html")]
struct Content<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    page: WaitingReleases,
    form: Form,
    /// What somebody else decided since on targets that were ticked.
    meanwhile: Vec<Happened>,
    /// Where this page begins.
    after: String,
    /// The leaf of the decision that was just taken here.
    done: Option<u64>,
}

impl Content<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    /// How many links there are beside those that are shown.
    fn others(&self, target: &WaitingRelease) -> Option<String> {
        let others = target.link_count.saturating_sub(target.links.len());
        let others = i64::try_from(others).unwrap_or(i64::MAX);
        (others > 0).then(|| self.t.count("releases-others", others))
    }

    fn release<'r>(&self, target: &'r WaitingRelease) -> &'r ReleaseLine {
        &target.release
    }

    /// Whether one of them is for this person to confirm.
    fn confirms(&self) -> bool {
        self.page.targets.iter().any(|target| target.release.is_for_viewer())
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: Option<u64>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(Asked { after, done }): Query<Asked>,
) -> Response {
    if !caller.may(Area::Releases) {
        return console.no_page(&caller);
    }
    let hidden = Hidden::new(&console, &caller);
    render(&console, &caller, (&after, done), hidden, Form::default()).await
}

/// Takes the form.
pub(super) async fn decide(State(console): State<Console>, acting: Acting) -> Response {
    if !acting.caller.may(Area::Releases) {
        return console.no_page(&acting.caller);
    }
    let ticked = ticked(&acting.sent);
    let decided = run(&console, &acting, &ticked).await;
    let Acting { caller, sent } = acting;
    let after = sent.text("after").to_owned();
    match outcome(&console, &caller, sent, &ticked, decided) {
        Ok(Outcome::Done(leaf)) => decided_on("/releases", leaf, &after),
        Ok(Outcome::Again(form)) => {
            // What was refused under the lock is recorded under this stamp: what is sent next is another command.
            let hidden = Hidden::new(&console, &caller);
            render(&console, &caller, (&after, None), hidden, form).await
        }
        Ok(Outcome::Unknown) => console.no_page(&caller),
        Err(failure) => console.failed(&caller, &failure),
    }
}

async fn run(console: &Console, acting: &Acting, ticked: &[Ticked]) -> Result<Decided, Failure> {
    if ticked.is_empty() {
        return Err(Refusal::missing("target_ids").into());
    }
    decision::decide(console, acting, ticked, on_release(&acting.sent)?, None).await
}

async fn render(
    console: &Console,
    caller: &Caller,
    (after, done): (&str, Option<u64>),
    hidden: Hidden,
    form: Form,
) -> Response {
    let t = console.texts(caller.language);
    match read(console, caller, (after, done), &form).await {
        Ok((page, meanwhile, done)) => {
            let (status, after) = (form.status(), after.to_owned());
            let content = Content { t, hidden, page, form, meanwhile, after, done };
            console.framed(caller, Some(Area::Releases), status, &t.say("releases"), &content)
        }
        Err(Failure::Refused(_)) => console.no_page(caller),
        Err(failure) => console.failed(caller, &failure),
    }
}

async fn read(
    console: &Console,
    caller: &Caller,
    (after, done): (&str, Option<u64>),
    form: &Form,
) -> Result<(WaitingReleases, Vec<Happened>, Option<u64>), Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let viewer = caller.viewer();
    let page = waiting_releases(&mut still, &views, (office, &viewer), after.parse().ok(), PAGE).await?;
    // Only what really stands in the ledger is told as done; what it was about has left this list.
    let leaf = done.and_then(|leaf| i64::try_from(leaf).ok()).unwrap_or(-1);
    let told = happened(&mut still, &views, office, leaf).await?;
    let done = done.filter(|_| told.is_some_and(|told| ON_RELEASE.contains(&told.what.as_str())));
    drop(still);
    let now = page.targets.iter().map(|target| (target.view.target_id.as_str(), target.seen)).collect();
    let meanwhile = form.meanwhile(console, caller, &now).await?;
    Ok((page, meanwhile, done))
}
