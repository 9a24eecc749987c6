//! An issuer's metadata and keys, kept: asked for once an hour, and once more where a key is not known.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use openidconnect::IssuerUrl;
use tokio::sync::Mutex;

use crate::{IssuerError, http::Http, metadata::Known};

/// What is older is asked for again: issuers publish a new key well before they sign with it.
const FRESH: Duration = Duration::from_secs(3600);
/// An issuer that is away for longer is not believed any more: it may have withdrawn a key.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);
/// Anybody can send tokens with made-up keys: the issuer is asked for them at most once in this time.
const GAP: Duration = Duration::from_secs(60);
/// Where nothing is known yet people wait: asked again sooner.
const FIRST_GAP: Duration = Duration::from_secs(5);

/// One issuer, and what it last said about itself.
pub(crate) struct Provider {
    issuer: IssuerUrl,
    http: Http,
    known: RwLock<Option<Arc<Known>>>,
    /// When it was last asked; held while it is being asked, so that one question serves everybody.
    asked_at: Mutex<Option<SystemTime>>,
}

impl Provider {
    pub(crate) fn new(issuer: IssuerUrl, http: Http) -> Self {
        Self { issuer, http, known: RwLock::new(None), asked_at: Mutex::new(None) }
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// What is known, asked for where it is not or no longer fresh.
    pub(crate) async fn known(&self, now: SystemTime) -> Result<Arc<Known>, IssuerError> {
        let believed = self.kept().filter(|known| is_within(known.read_at, BELIEVED, now));
        match believed {
            Some(known) if is_within(known.read_at, FRESH, now) => Ok(known),
            // Nobody waits for an issuer that somebody else is asking already, or that does not answer.
            Some(known) => match self.asked_at.try_lock() {
                Ok(asked_at) => Ok(self.ask(asked_at, GAP, now).await.unwrap_or(known)),
                Err(_) => Ok(known),
            },
            None => {
                let asked_at = self.asked_at.lock().await;
                // Somebody else may have asked while we waited.
                match self.kept().filter(|known| is_within(known.read_at, BELIEVED, now)) {
                    Some(known) => Ok(known),
                    None => self.ask(asked_at, FIRST_GAP, now).await,
                }
            }
        }
    }

    /// What the issuer says now, where `seen` was of no use; none if that is all there is.
    pub(crate) async fn newer(&self, seen: &Arc<Known>, now: SystemTime) -> Option<Arc<Known>> {
        let asked_at = self.asked_at.lock().await;
        match self.kept() {
            Some(known) if !Arc::ptr_eq(&known, seen) => Some(known),
            _ => self.ask(asked_at, GAP, now).await.ok(),
        }
    }

    async fn ask(
        &self,
        mut asked_at: tokio::sync::MutexGuard<'_, Option<SystemTime>>,
        gap: Duration,
        now: SystemTime,
    ) -> Result<Arc<Known>, IssuerError> {
        if asked_at.is_some_and(|at| is_within(at, gap, now)) {
            return Err(IssuerError::Resting(gap));
        }
        *asked_at = Some(now);
        let known = Known::read(&self.issuer, &self.http, now).await.inspect_err(|error| {
            tracing::warn!(issuer = self.issuer.as_str(), error = %error, "an issuer of tokens cannot be asked");
        })?;
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }

    fn kept(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether less than `term` has passed since `then`. A clock that was set back counts as time passed.
fn is_within(then: SystemTime, term: Duration, now: SystemTime) -> bool {
    now.duration_since(then).is_ok_and(|passed| passed < term)
}
