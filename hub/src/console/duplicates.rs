//! Duplicates: pairs that may be one, and the other names of a target.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_proto::TargetId;
use meldeverbund_web::{Defanged, Instant, Texts};
use serde::Deserialize;

use super::{
    Console,
    access::Area,
    acting::{Hidden, Wrong},
    caller::Caller,
    shown::Shown,
};
use crate::flow::{Failure, JudgedRecord, Name, Pair, Seen, names, newest_judged, pair, waiting_pairs};

/// Suggestions that one page looks at: what a person decides on at once.
const PAGE: i64 = 20;
/// Decisions that the page tells of, so that a slip can be undone at once.
const LATELY: i64 = 10;

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Duplicates<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    /// Whether this person may decide.
    acts: bool,
    pairs: Vec<Pair>,
    next: Option<String>,
    lately: Vec<JudgedRecord>,
    wrong: Option<Wrong>,
}

#[derive(Template)]
#[template(path = "names.html")]
struct Names<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    acts: bool,
    target: String,
    link: Option<String>,
    names: Vec<(Name, Seen)>,
}

impl Duplicates<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    fn act(&self, record: &JudgedRecord) -> String {
        self.t.say(&format!("act-{}", record.act.name()))
    }

    fn at(&self, record: &JudgedRecord) -> Option<Instant> {
        Instant::from_micros(record.recorded_at_us)
    }

    fn ticked(&self, _: &Pair) -> bool {
        false
    }
}

impl Names<'_> {
    fn shown(&self, link: &str) -> String {
        Defanged(link).to_string()
    }
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    pub(super) after: String,
}

/// What waits.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Response {
    listed(&console, &caller, &after, None).await
}

/// The list, and what was wrong with the form that it sent.
pub(super) async fn listed(
    console: &Console,
    caller: &Caller,
    after: &str,
    wrong: Option<Wrong>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(caller);
    }
    let t = console.texts(caller.language);
    match read(console, caller, Some(after).filter(|after| !after.is_empty())).await {
        Ok((pairs, next, lately)) => {
            let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let (hidden, acts) = (Hidden::new(console, caller), caller.may(Area::Decide));
            let content = Duplicates { t, hidden, acts, pairs, next, lately, wrong };
            console.framed(caller, Some(Area::Duplicates), status, &t.say("duplicates"), &content)
        }
        Err(Failure::Refused(_)) => console.no_page(caller),
        Err(failure) => console.failed(caller, &failure),
    }
}

type Listed = (Vec<Pair>, Option<String>, Vec<JudgedRecord>);

async fn read(console: &Console, caller: &Caller, after: Option<&str>) -> Result<Listed, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let mut still = hub.still().await?;
    let page = waiting_pairs(&mut still, &hub.views(), office, after, PAGE).await?;
    let lately = newest_judged(&mut still, office, LATELY).await?;
    Ok((page.pairs, page.next, lately))
}

/// The other names of a target.
pub(super) async fn names_page(
    State(console): State<Console>,
    caller: Caller,
    Path(id): Path<String>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    let Ok(id) = id.parse::<TargetId>() else { return console.no_page(&caller) };
    match read_names(&console, &caller, id).await {
        Ok(Some((target, link, names))) => {
            let (hidden, acts) = (Hidden::new(&console, &caller), caller.may(Area::Decide));
            let content = Names { t, hidden, acts, target, link, names };
            console.framed(&caller, Some(Area::Duplicates), StatusCode::OK, &t.say("names"), &content)
        }
        Ok(None) | Err(Failure::Refused(_)) => console.no_page(&caller),
        Err(failure) => console.failed(&caller, &failure),
    }
}

type NamesRead = (String, Option<String>, Vec<(Name, Seen)>);

async fn read_names(console: &Console, caller: &Caller, id: TargetId) -> Result<Option<NamesRead>, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let Some((target, link, found)) = names(&mut still, &views, office, id).await? else { return Ok(None) };
    let mut seen = Vec::with_capacity(found.len());
    for name in found {
        let (Ok(one), Ok(other)) = (name.target.parse(), target.parse()) else { continue };
        let pair = pair(&mut still, &views, office, one, other).await?;
        seen.extend(pair.map(|pair| (name, pair.seen)));
    }
    Ok(Some((target, link, seen)))
}
