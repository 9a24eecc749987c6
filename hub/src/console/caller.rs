//! Who asks for a page: the session that the browser's cookie opens.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_people::{LocalPath, SessionId};
use meldeverbund_web::{Cookie, Language, Person, cookie};

use super::{Console, access::Area, frame};
use crate::{
    clock::now_us,
    flow::{Failure, Session, TouchSession, causes, session},
};

/// The session's cookie.
pub(super) const SESSION: Cookie = Cookie("session");

/// Whoever is signed in.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) id: SessionId,
    pub(super) session: Session,
    pub(super) language: Language,
}

impl Caller {
    /// Whether the person may see this.
    pub(super) fn may(&self, area: Area) -> bool {
        area.is_open_to(&self.session.roles)
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
        let language = frame::language(&parts.headers);
        match console.caller(&parts.headers).await {
            Ok(Some((id, session))) => Ok(Self { id, session, language }),
            Ok(None) if parts.method.is_safe() => {
                let page = parts.uri.path_and_query().and_then(|path| LocalPath::new(path.as_str()));
                let page = page.unwrap_or_else(LocalPath::root);
                Err(Redirect::to(&super::sign_in::address(&page)).into_response())
            }
            Ok(None) => Err(console.problem(language, StatusCode::UNAUTHORIZED, "signed-out")),
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "a session could not be read");
                Err(console.problem(language, StatusCode::SERVICE_UNAVAILABLE, "failed"))
            }
        }
    }
}

impl Console {
    /// The live session that a request's cookie opens, noted as used.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Option<(SessionId, Session)>, Failure> {
        let Some(id) = cookie(headers, SESSION).and_then(SessionId::from_cookie) else { return Ok(None) };
        let (hub, now_us) = (&self.0.hub, now_us(self.0.hub.clock()));
        let found = session(&mut *hub.reader().await?, &id.digest(), &self.0.limits, now_us).await?;
        let Some(session) = found.filter(|session| self.is_ours(session)) else { return Ok(None) };
        // A hub that cannot write can still be looked at; the session then ends a little earlier.
        if session.is_to_be_touched(now_us)
            && let Err(failure) = hub.run(TouchSession(id.digest())).await
        {
            tracing::warn!(cause = %causes(&failure), "the use of a session could not be written down");
        }
        Ok(Some((id, session)))
    }

    /// Whether the session's issuer still speaks for the central office: the configuration may have changed since.
    fn is_ours(&self, session: &Session) -> bool {
        let mut issuers = self.0.issuers.agencies();
        session.agency == self.0.agency
            && issuers.any(|(name, agency)| name == session.issuer && *agency == session.agency)
    }
}
