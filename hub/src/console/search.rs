//! Searching: one field that takes an id, a link, a case of the central office, or a host.
//!
//! What is looked for is sent as a form: a link or a case number never stands in an address, a log, or a browser's history.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::TargetId;
use meldeverbund_web::{Defanged, Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, acting::Acting, caller::Caller, target::word};
use crate::flow::{Behind, Failure, Found, Row, What, search};

#[derive(Template)]
#[template(path = "search.html")]
struct Search<'p> {
    t: Texts<'p>,
    form_token: String,
    /// What was asked in an address and is no id.
    wrong: Option<String>,
    /// What was asked, and what was found.
    asked: Option<(String, Vec<Found>)>,
}

impl Search<'_> {
    fn stage(&self, row: &Row) -> String {
        self.t.say(&format!("stage-{}", word(row.view.stage().as_str_name(), "STAGE_")))
    }

    fn what(&self, found: &Found) -> String {
        self.t.say(&format!("search-what-{}", found.what.word()))
    }

    fn nothing(&self, found: &Found) -> String {
        self.t.say(&format!("search-nothing-{}", found.what.word()))
    }

    /// How far links can be found by host and case: when, and what part of the ledger.
    fn behind(&self, behind: &Behind) -> String {
        let Behind { until_us, done, all } = behind;
        let until = until_us.and_then(Instant::from_micros);
        let until = until.map_or_else(
            || self.t.say("search-behind-none"),
            |at| self.t.name("search-behind", &at.to_string()),
        );
        let part = self.t.name("search-behind-part", &format!("{done} / {all}"));
        format!("{until} {part}")
    }

    fn word(&self, found: &Found) -> &'static str {
        found.what.word()
    }

    fn link(&self, link: &str) -> String {
        Defanged(link).to_string()
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    id: String,
}

/// The field. A target's id may stand in the address, as it does in mails and protocols: it says nothing to strangers.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Search) {
        return console.no_page(&caller);
    }
    let (t, id) = (console.texts(caller.language), asked.id.trim());
    if let Ok(id) = id.to_ascii_lowercase().parse::<TargetId>() {
        return Redirect::to(&format!("/targets/{id}")).into_response();
    }
    let wrong = (!id.is_empty()).then(|| id.to_owned());
    let content = Search { t, form_token: caller.id.form_token(), wrong, asked: None };
    console.page(&caller, Area::Search, &t.say("search"), &content)
}

/// What was found.
pub(super) async fn find(State(console): State<Console>, acting: Acting) -> Response {
    let Acting { caller, sent } = acting;
    if !caller.may(Area::Search) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    let what = What::ALL.into_iter().find(|what| what.word() == sent.text("what"));
    let after = what.zip(sent.read("after"));
    let asked = sent.text("q").to_owned();
    match read(&console, &caller, &asked, after).await {
        Ok(found) => {
            // What was typed stands in the field again, a link defanged as everywhere: it is found by that, too.
            let asked = if asked.contains("://") { Defanged(&asked).to_string() } else { asked };
            let asked = (!asked.is_empty()).then_some((asked, found));
            let content = Search { t, form_token: caller.id.form_token(), wrong: None, asked };
            console.framed(&caller, Some(Area::Search), StatusCode::OK, &t.say("search"), &content)
        }
        Err(failure) => console.failed(&caller, &failure),
    }
}

async fn read(
    console: &Console,
    caller: &Caller,
    asked: &str,
    after: Option<(What, TargetId)>,
) -> Result<Vec<Found>, Failure> {
    let hub = &console.0.hub;
    let mut still = hub.still().await?;
    search(&mut still, &hub.views(), &caller.session.agency, asked, after).await
}
