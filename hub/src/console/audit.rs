//! Who asked, who saw, and who read that: the access log for data protection and audit (BDSG § 76).
//!
//! What is sought comes in a form's body and never in an address. Each answer is a reading of the log: it is noted with the
//! reason that the person states, before it is shown.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_domain::{liaison::Signal, moment::parse_us};
use meldeverbund_proto::{AgencyId, limits::REFERENCE_CHARS};
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller};
use crate::{
    clock::now_us,
    flow::{
        Failure, LogPage, LogPlace, LogReader, LookAtSignal, QueryEntry, ReadingEntry, Session, SignalEntry,
        Sought, ViewEntry, causes, read_queries, read_readings, read_signals, read_views,
    },
};

/// What a form suggests: the last week.
const WEEK_US: i64 = 7 * 24 * 3_600 * 1_000_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit<'p> {
    t: Texts<'p>,
    form_token: String,
    asked: Asked,
    /// What cannot be used, as the end of a text's key.
    wrong: Option<&'static str>,
    signals: Vec<SignalEntry>,
    found: Option<Found>,
}

enum Found {
    Queries(LogPage<QueryEntry>),
    Views(LogPage<ViewEntry>),
    Readings(Vec<ReadingEntry>),
}

/// What is sought.
#[derive(Deserialize)]
pub(super) struct Asked {
    form_token: String,
    what: String,
    #[serde(default)]
    agency: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
    /// Where the page begins, as the page before said; empty: with the newest.
    #[serde(default)]
    after: String,
}

/// A signal that somebody has looked at.
#[derive(Deserialize)]
pub(super) struct Looked {
    form_token: String,
    agency: String,
    signal: String,
    day: i64,
}

impl Audit<'_> {
    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }

    fn signal(&self, signal: &Signal) -> String {
        self.t.say(&format!("signal-{}", signal.name()))
    }

    fn wrong(&self) -> Option<String> {
        self.wrong.map(|wrong| self.t.say(&format!("audit-wrong-{wrong}")))
    }

    fn roles(&self, roles: &str) -> String {
        let named: Vec<_> = roles.split(' ').map(|role| self.t.say(&format!("role-{role}"))).collect();
        named.join(", ")
    }

    /// Where the next page begins.
    fn next(&self) -> Option<String> {
        let place = match self.found.as_ref()? {
            Found::Queries(page) => page.next,
            Found::Views(page) => page.next,
            Found::Readings(_) => None,
        };
        place.map(|LogPlace(us, number)| format!("{us}.{number}"))
    }
}

impl Asked {
    /// What the empty form says.
    fn suggested(now_us: i64) -> Self {
        let day = |us| {
            Instant::from_micros(us).map(|at| at.to_string().chars().take(10).collect()).unwrap_or_default()
        };
        let (from, until) = (day(now_us - WEEK_US), day(now_us));
        let [form_token, agency, officer, target, reason, after] = [const { String::new() }; 6];
        Self { form_token, what: "views".to_owned(), agency, officer, target, from, until, reason, after }
    }

    /// What is sought, or what cannot be used of it.
    fn read(&self) -> Result<Sought, &'static str> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let agency = said(&self.agency).map(|id| id.parse().map_err(|_| "agency"));
        let target = said(&self.target).map(|id| id.to_ascii_lowercase().parse().map_err(|_| "target"));
        let from_us = said(&self.from).map(|day| parse_us(&day).map_err(|_| "day"));
        let until_us = said(&self.until).map(|day| after_day(&day).ok_or("day"));
        let after = said(&self.after).map(|place| read_place(&place).ok_or("day"));
        Ok(Sought {
            agency: agency.transpose()?,
            officer: said(&self.officer),
            target: target.transpose()?,
            from_us: from_us.transpose()?,
            until_us: until_us.transpose()?,
            after: after.transpose()?,
        })
    }
}

/// The end of a day in Berlin.
fn after_day(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    parse_us(&day.tomorrow().ok()?.to_string()).ok()
}

fn read_place(text: &str) -> Option<LogPlace> {
    let (us, number) = text.split_once('.')?;
    Some(LogPlace(us.parse().ok()?, number.parse().ok()?))
}

/// The person, so that others find them again; as much of it as a note takes.
pub(super) fn known_as(session: &Session) -> String {
    let Session { name, subject, issuer, .. } = session;
    let name = name.as_deref().unwrap_or(subject);
    let ways = [format!("{name} ({subject}, {issuer})"), format!("{name} ({subject})")];
    let fits = ways.into_iter().find(|way| way.chars().count() <= REFERENCE_CHARS);
    fits.unwrap_or_else(|| subject.chars().take(REFERENCE_CHARS).collect())
}

/// The form, and what looks like misuse.
pub(super) async fn page(State(console): State<Console>, caller: Caller) -> Response {
    if !caller.may(Area::Audit) {
        return console.no_page(&caller);
    }
    let asked = Asked::suggested(now_us(console.0.hub.clock()));
    console.audit(&caller, asked, None, None).await
}

/// A page of the log.
pub(super) async fn search(
    State(console): State<Console>,
    caller: Caller,
    Form(asked): Form<Asked>,
) -> Response {
    if !caller.may(Area::Audit) {
        return console.no_page(&caller);
    }
    if !caller.id.is_form_token(&asked.form_token) {
        return console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form");
    }
    let sought = match asked.read() {
        Ok(_) if asked.reason.trim().is_empty() => {
            return console.audit(&caller, asked, Some("reason"), None).await;
        }
        Ok(sought) => sought,
        Err(wrong) => return console.audit(&caller, asked, Some(wrong), None).await,
    };
    let reader = LogReader { name: known_as(&caller.session), reason: asked.reason.trim().to_owned() };
    let hub = &console.0.hub;
    let found = match asked.what.as_str() {
        "queries" => read_queries(hub, &reader, &sought).await.map(Found::Queries),
        "readings" => read_readings(hub, &reader).await.map(Found::Readings),
        _ => read_views(hub, &reader, &sought).await.map(Found::Views),
    };
    match found {
        Ok(found) => console.audit(&caller, asked, None, Some(found)).await,
        Err(Failure::Refused(refusal)) if refusal.field == "agency" => {
            console.audit(&caller, asked, Some("agency"), None).await
        }
        Err(Failure::Refused(refusal)) if !refusal.field.is_empty() => {
            console.audit(&caller, asked, Some("text"), None).await
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "the access log could not be read, or the reading not noted");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "not-noted")
        }
    }
}

/// The person has looked at a signal.
pub(super) async fn look_at(
    State(console): State<Console>,
    caller: Caller,
    Form(looked): Form<Looked>,
) -> Response {
    if !caller.may(Area::Audit) {
        return console.no_page(&caller);
    }
    if !caller.id.is_form_token(&looked.form_token) {
        return console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form");
    }
    let signal = Signal::ALL.into_iter().find(|signal| signal.name() == looked.signal);
    let (Ok(agency), Some(signal)) = (looked.agency.parse::<AgencyId>(), signal) else {
        return console.problem_for(&caller, StatusCode::BAD_REQUEST, "failed");
    };
    let officer = known_as(&caller.session);
    match console.0.hub.run(LookAtSignal { agency, signal, day: looked.day, officer }).await {
        // Where somebody else was quicker, or there is none, the page says who has looked.
        Ok(()) | Err(Failure::Refused(_)) => Redirect::to("/audit").into_response(),
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "that a signal was looked at could not be noted");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

impl Console {
    async fn audit(
        &self,
        caller: &Caller,
        asked: Asked,
        wrong: Option<&'static str>,
        found: Option<Found>,
    ) -> Response {
        let signals = async { read_signals(&mut *self.0.hub.reader().await?).await };
        let signals = match signals.await {
            Ok(signals) => signals,
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "signals could not be read");
                return self.problem_for(caller, StatusCode::SERVICE_UNAVAILABLE, "failed");
            }
        };
        let t = self.texts(caller.language);
        let content = Audit { t, form_token: caller.id.form_token(), asked, wrong, signals, found };
        let mut page = self.page(caller, Area::Audit, &t.say("audit"), &content);
        if wrong.is_some() {
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_when_the_next_begins_in_berlin() {
        let hours = |day: &str| (after_day(day).unwrap() - parse_us(day).unwrap()) / 3_600_000_000;
        assert_eq!([hours("2026-07-06"), hours("2026-10-25"), hours("2026-03-29")], [24, 25, 23]);
        assert_eq!(after_day("2026-02-30"), None);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let read = |change: fn(&mut Asked)| {
            let mut asked = Asked::suggested(1_772_370_300_000_000);
            change(&mut asked);
            asked.read().map(|sought| sought.after)
        };
        assert_eq!(read(|_| {}), Ok(None));
        assert_eq!(read(|asked| asked.after = "5.-7".into()), Ok(Some(LogPlace(5, -7))));
        assert_eq!(read(|asked| asked.after = "x".into()), Err("day"));
        assert_eq!(read(|asked| asked.from = "gestern".into()), Err("day"));
        assert_eq!(read(|asked| asked.until = "2026-13-01".into()), Err("day"));
        assert_eq!(read(|asked| asked.agency = "Nobody At All".into()), Err("agency"));
        assert_eq!(read(|asked| asked.target = "1".into()), Err("target"));
    }
}
