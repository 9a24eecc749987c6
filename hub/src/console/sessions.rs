//! A person's own sessions, and signing out of all of them.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_web::{Instant, Texts};

use super::{
    Console,
    access::Area,
    caller::{Caller, SESSION},
    sign_in::Signed,
};
use crate::{
    clock::now_us,
    flow::{EndSessionsOfPerson, Failure, causes, sessions_of},
};

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions<'p> {
    t: Texts<'p>,
    rows: Vec<Row>,
    form_token: String,
}

struct Row {
    begun: Option<Instant>,
    seen: Option<Instant>,
    ends: Option<Instant>,
    is_this: bool,
}

/// The list.
pub(super) async fn page(State(console): State<Console>, caller: Caller) -> Response {
    let t = console.texts(caller.language);
    match rows(&console, &caller).await {
        Ok(rows) => {
            let content = Sessions { t, rows, form_token: caller.id.form_token() };
            console.page(&caller, Area::Sessions, &t.say("sessions"), &content)
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "sessions could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn rows(console: &Console, caller: &Caller) -> Result<Vec<Row>, Failure> {
    let (hub, limits) = (&console.0.hub, &console.0.limits);
    let mut reader = hub.reader().await?;
    let sessions = sessions_of(&mut reader, &caller.session, limits, now_us(hub.clock())).await?;
    let row = |session: &crate::flow::Session| Row {
        begun: Instant::from_micros(session.begun_at_us),
        seen: Instant::from_micros(session.seen_at_us),
        ends: Instant::from_micros(session.idle_at_us.min(session.ends_at_us)),
        is_this: session.digest == caller.session.digest,
    };
    Ok(sessions.iter().map(row).collect())
}

/// Ends them all, this one too.
pub(super) async fn end_all(
    State(console): State<Console>,
    caller: Caller,
    Form(signed): Form<Signed>,
) -> Response {
    if !caller.id.is_form_token(signed.token()) {
        return console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form");
    }
    let everywhere = EndSessionsOfPerson {
        issuer: caller.session.issuer.clone(),
        subject: caller.session.subject.clone(),
    };
    if let Err(failure) = console.0.hub.run(everywhere).await {
        tracing::warn!(cause = %causes(&failure), "sessions could not be ended");
        return console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed");
    }
    ([(SET_COOKIE, SESSION.remove())], Redirect::to("/sign-in")).into_response()
}
