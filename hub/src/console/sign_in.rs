//! Signing in and out.

use askama::Template;
use axum::{
    Form,
    extract::{Query, RawQuery, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use meldeverbund_people::{Attempt, Callback, LocalPath, SessionId, SignInRefusal};
use meldeverbund_web::{Cookie, Texts, cookie};
use rand::RngExt as _;
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    Console,
    caller::{Caller, SESSION},
    language::language,
};
use crate::flow::{BeginSession, Begun, EndSession, causes};

/// The cookie of an attempt that is under way.
const ATTEMPT: Cookie = Cookie("sign-in");

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'p> {
    t: Texts<'p>,
    issuers: Vec<IssuerLink>,
}

struct IssuerLink {
    address: String,
    host: String,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    to: String,
}

impl Choice {
    fn page(&self) -> LocalPath {
        LocalPath::new(&self.to).unwrap_or_else(LocalPath::root)
    }
}

/// The central office's issuers.
pub(super) async fn page(
    State(console): State<Console>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Response {
    let (t, to) = (console.texts(language(&headers)), choice.page());
    let ours = console.0.issuers.agencies().filter(|(_, agency)| **agency == console.0.agency);
    let issuers = ours.map(|(name, _)| IssuerLink {
        address: format!("/sign-in/begin?{}", query(&[("issuer", name), ("to", to.as_str())])),
        host: name.split("://").last().unwrap_or(name).split('/').next().unwrap_or(name).to_owned(),
    });
    let content = SignIn { t, issuers: issuers.collect() };
    console.open_page(t.language(), StatusCode::OK, &t.say("sign-in"), &content)
}

/// Sends the browser to an issuer.
pub(super) async fn begin(
    State(console): State<Console>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Response {
    let now = console.0.hub.clock().now();
    let mut issuers = console.0.issuers.agencies();
    if !issuers.any(|(name, agency)| name == choice.issuer && *agency == console.0.agency) {
        return console.problem(language(&headers), StatusCode::NOT_FOUND, "not-found");
    }
    let attempt = Attempt::new(rand::rng().random(), &choice.issuer, choice.page(), now);
    match console.0.issuers.begin_sign_in(&attempt, &console.0.return_to, now).await {
        Ok(address) => {
            let cookie = ATTEMPT.set(&attempt.to_cookie(), Some(Attempt::term()));
            ([(SET_COOKIE, cookie)], Redirect::to(&address)).into_response()
        }
        Err(refusal) => console.refused(&headers, &refusal),
    }
}

/// Takes the browser back from the issuer.
pub(super) async fn finish(
    State(console): State<Console>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut answer = match console.sign_in(&headers, query.as_deref().unwrap_or_default()).await {
        Ok(Some((id, to))) => {
            // Without a term: it ends with the browser, and at the server in its own time.
            let session = SESSION.set(&id.to_cookie(), None);
            ([(SET_COOKIE, session)], Redirect::to(to.as_str())).into_response()
        }
        Ok(None) => console.problem(language(&headers), StatusCode::SERVICE_UNAVAILABLE, "failed"),
        Err(refusal) => console.refused(&headers, &refusal),
    };
    // Whatever came of it, the attempt is over.
    answer.headers_mut().append(SET_COOKIE, ATTEMPT.remove());
    answer
}

#[derive(Deserialize)]
pub(super) struct Signed {
    form_token: String,
}

impl Signed {
    /// The token of the session whose page sent the form.
    pub(super) fn token(&self) -> &str {
        &self.form_token
    }
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'p> {
    t: Texts<'p>,
    issuer: Option<String>,
}

/// Ends the session, and says where to sign out of the issuer too.
pub(super) async fn sign_out(
    State(console): State<Console>,
    caller: Caller,
    Form(signed): Form<Signed>,
) -> Response {
    if !caller.id.is_form_token(signed.token()) {
        return console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form");
    }
    let (hub, t) = (&console.0.hub, console.texts(caller.language));
    if let Err(failure) = hub.run(EndSession(caller.id.digest())).await {
        tracing::warn!(cause = %causes(&failure), "a session could not be ended");
        return console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed");
    }
    let back = format!("{}/sign-in", console.0.origin);
    let issuer = console.0.issuers.end_session(&caller.session.issuer, &back, hub.clock().now()).await;
    let content = SignedOut { t, issuer };
    let page = console.open_page(caller.language, StatusCode::OK, &t.say("sign-out"), &content);
    (AppendHeaders([(SET_COOKIE, SESSION.remove())]), page).into_response()
}

impl Console {
    /// The new session and where the browser goes; none if it could not be written.
    async fn sign_in(
        &self,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Option<(SessionId, LocalPath)>, SignInRefusal> {
        let attempt = cookie(headers, ATTEMPT).and_then(Attempt::from_cookie).ok_or(SignInRefusal::State)?;
        let (callback, now) = (Callback::parse(query)?, self.0.hub.clock().now());
        let officer = self.0.issuers.finish_sign_in(&attempt, &self.0.return_to, callback, now).await?;
        if officer.agency != self.0.agency {
            return Err(SignInRefusal::UnknownIssuer);
        }
        let id = SessionId::new(rand::rng().random());
        let begin = BeginSession {
            attempt: attempt.digest(),
            digest: id.digest(),
            replaces: cookie(headers, SESSION).and_then(SessionId::from_cookie).map(|id| id.digest()),
            officer,
            limits: self.0.limits,
        };
        match self.0.hub.run(begin).await {
            Ok(Begun::Begun) => Ok(Some((id, attempt.goes_to().clone()))),
            Ok(Begun::UsedBefore | Begun::LoggedOut) => Err(SignInRefusal::State),
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "a session could not be begun");
                Ok(None)
            }
        }
    }

    /// Says why nobody is signed in: to the person what helps, to the operator what it was.
    fn refused(&self, headers: &HeaderMap, refusal: &SignInRefusal) -> Response {
        tracing::info!(why = refusal.code(), cause = %causes(refusal), "a sign-in was refused");
        let (status, what) = match refusal.code() {
            "denied" | "unmet" | "acr" | "amr" => (StatusCode::FORBIDDEN, "sign-in-denied"),
            "no_role" | "roles_not_a_list" => (StatusCode::FORBIDDEN, "sign-in-no-role"),
            "state" | "too_late" | "malformed_return" | "code" | "authentication_age" => {
                (StatusCode::BAD_REQUEST, "sign-in-again")
            }
            "issuer_unavailable" | "token_endpoint" => (StatusCode::BAD_GATEWAY, "sign-in-unavailable"),
            _ => (StatusCode::FORBIDDEN, "sign-in-refused"),
        };
        self.problem(language(headers), status, what)
    }
}
