//! Who asks for a page: the session that the browser's cookie opens.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_people::{LocalPath, SessionDigest, SessionId};
use meldeverbund_proto::limits::REFERENCE_CHARS;
use meldeverbund_web::{Cookie, Language, Person, cookie};
use url::form_urlencoded;

use super::{Console, access::Area, language::language, live::BY_ITSELF};
use crate::{
    clock::now_us,
    flow::{self, Beat, Failure, Officer, Session, TouchSession, Viewer, causes, session},
};

/// The session's cookie.
pub(super) const SESSION: Cookie = Cookie("session");

/// Whoever is signed in.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) id: SessionId,
    pub(super) session: Session,
    pub(super) language: Language,
    /// Where the ledger ended before anything was read for this page; none: it answers a form, and cannot be made again.
    pub(super) at: Option<Beat>,
}

impl Caller {
    /// Whether the person may see this.
    pub(super) fn may(&self, area: Area) -> bool {
        area.is_open_to(&self.session.roles)
    }

    /// The person who stands behind what is decided here, as the access log names them: the session was opened with a verified token.
    pub(super) fn behind(&self) -> flow::Person {
        let Session { issuer, subject, .. } = &self.session;
        flow::Person::known(Officer { issuer: issuer.clone(), subject: subject.clone() })
    }

    /// The person as the ledger names it: its name, and what its issuer calls it, which no two people share.
    pub(super) fn officer(&self) -> String {
        let Session { name, subject, .. } = &self.session;
        let Some(name) = name else { return subject.clone() };
        let both = format!("{name} ({subject})");
        if both.chars().count() <= REFERENCE_CHARS { both } else { subject.clone() }
    }

    /// The person as one who looks at releases.
    pub(super) fn viewer(&self) -> Viewer {
        Viewer { person: self.behind(), officer: self.officer() }
    }

    /// The person as every page names it.
    pub(super) fn person(&self, console: &Console) -> Person {
        let texts = console.texts(self.language);
        let role = |role: &meldeverbund_people::Role| texts.say(&format!("role-{role}"));
        Person {
            name: self.session.name.clone().unwrap_or_else(|| self.session.subject.clone()),
            agency: self.session.agency.to_string(),
            roles: self.session.roles.iter().map(role).collect(),
            form_token: self.id.form_token(),
        }
    }
}

impl FromRequestParts<Console> for Caller {
    type Rejection = Response;

    /// Sends whoever is not signed in to the sign-in, and from there back to the page.
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let language = language(&parts.headers);
        let at = parts.method.is_safe().then(|| console.0.live.now());
        match console.caller(&parts.headers).await {
            Ok(Some((id, session))) => Ok(Self { id, session, language, at }),
            Ok(None) if parts.method.is_safe() => {
                let page = parts.uri.path_and_query().and_then(|path| LocalPath::new(path.as_str()));
                let page = page.unwrap_or_else(LocalPath::root);
                Err(Redirect::to(&sign_in(&page)).into_response())
            }
            Ok(None) => Err(console.problem(language, StatusCode::UNAUTHORIZED, "signed-out")),
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "a session could not be read");
                Err(console.problem(language, StatusCode::SERVICE_UNAVAILABLE, "failed"))
            }
        }
    }
}

/// Where to sign in, and to come back to this page.
fn sign_in(page: &LocalPath) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", page.as_str()).finish();
    format!("/sign-in?{query}")
}

impl Console {
    /// The live session that a request's cookie opens, noted as used if a person made the request.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Option<(SessionId, Session)>, Failure> {
        let Some((id, session)) = self.session(headers).await? else { return Ok(None) };
        let hub = &self.0.hub;
        // A hub that cannot write can still be looked at; the session then ends a little earlier.
        if session.is_to_be_touched(now_us(hub.clock()))
            && !headers.contains_key(BY_ITSELF)
            && let Err(failure) = hub.run(TouchSession(id.digest())).await
        {
            tracing::warn!(cause = %causes(&failure), "the use of a session could not be written down");
        }
        Ok(Some((id, session)))
    }

    /// The live session that a request's cookie opens.
    pub(super) async fn session(&self, headers: &HeaderMap) -> Result<Option<(SessionId, Session)>, Failure> {
        let Some(id) = cookie(headers, SESSION).and_then(SessionId::from_cookie) else { return Ok(None) };
        Ok(self.session_of(&id.digest()).await?.map(|session| (id, session)))
    }

    /// The live session with this digest.
    pub(super) async fn session_of(&self, digest: &SessionDigest) -> Result<Option<Session>, Failure> {
        let (hub, now_us) = (&self.0.hub, now_us(self.0.hub.clock()));
        let found = session(&mut *hub.reader().await?, digest, &self.0.limits, now_us).await?;
        Ok(found.filter(|session| self.is_ours(session)))
    }

    /// Whether the session's issuer still speaks for the central office: the configuration may have changed since.
    fn is_ours(&self, session: &Session) -> bool {
        let mut issuers = self.0.issuers.agencies();
        session.agency == self.0.agency
            && issuers.any(|(name, agency)| name == session.issuer && *agency == session.agency)
    }
}
