//! One attempt to sign in: what the browser's cookie remembers, and what is made from it.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use data_encoding::BASE64URL_NOPAD;
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};
use sha2::{Digest as _, Sha256};

use super::LocalPath;

/// How long an attempt may take: people look for their card. A page left open overnight is another matter.
const TERM: Duration = Duration::from_secs(10 * 60);

/// One attempt to sign in. The server keeps nothing of it until it has succeeded.
///
/// State, nonce and PKCE verifier are digests over all of it. The issuer puts the nonce under its signature and compares the
/// verifier, so a cookie that was changed on the way, in whatever field, fits no answer any more.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    secret: [u8; 32],
    begun_at_s: u64,
    issuer: String,
    goes_to: LocalPath,
}

/// What the server keeps of an attempt that succeeded, so that it succeeds once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptDigest([u8; 32]);

impl Attempt {
    /// An attempt at this issuer, made from 256 random bits. Afterwards the browser goes to `goes_to`.
    pub fn new(random: [u8; 32], issuer: &str, goes_to: LocalPath, now: SystemTime) -> Self {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { secret: random, begun_at_s: since.as_secs(), issuer: issuer.to_owned(), goes_to }
    }

    /// Reads a cookie's value.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let mut parts = value.split('.');
        let mut part = || BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok();
        let attempt = Self {
            secret: part()?.try_into().ok()?,
            begun_at_s: u64::from_be_bytes(part()?.try_into().ok()?),
            issuer: String::from_utf8(part()?).ok()?,
            goes_to: LocalPath::new(&String::from_utf8(part()?).ok()?)?,
        };
        parts.next().is_none().then_some(attempt)
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        let begun_at = self.begun_at_s.to_be_bytes();
        let parts: [&[u8]; 4] =
            [&self.secret, &begun_at, self.issuer.as_bytes(), self.goes_to.as_str().as_bytes()];
        parts.map(|part| BASE64URL_NOPAD.encode(part)).join(".")
    }

    /// The issuer at which it was begun.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the browser goes afterwards.
    pub fn goes_to(&self) -> &LocalPath {
        &self.goes_to
    }

    /// How long its cookie is kept.
    pub const fn term() -> Duration {
        TERM
    }

    /// What the server keeps; opens nothing.
    pub fn digest(&self) -> AttemptDigest {
        AttemptDigest(self.derive("kept"))
    }

    /// Whether it is still under way. One that begins in the future is none: it could be kept for ever.
    pub(super) fn is_under_way(&self, now: SystemTime) -> bool {
        let begun_at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.begun_at_s));
        // Other hubs behind the same address have clocks of their own.
        begun_at.is_some_and(|at| at <= now + crate::checks::LEEWAY && now < at + TERM)
    }

    pub(super) fn state(&self) -> CsrfToken {
        CsrfToken::new(self.text("state"))
    }

    pub(super) fn nonce(&self) -> Nonce {
        Nonce::new(self.text("nonce"))
    }

    pub(super) fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.text("pkce"))
    }

    fn text(&self, purpose: &str) -> String {
        BASE64URL_NOPAD.encode(&self.derive(purpose))
    }

    /// None of them tells anything of another: each is a digest over the whole in a domain of its own. The separator
    /// stands in none of the parts.
    fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::digest(format!("meldeverbund sign-in {purpose} v1\0{}", self.to_cookie())).into()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl AttemptDigest {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ISSUER: &str = "https://login.example";

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn attempt(random: u8, issuer: &str, goes_to: &str, begun_at_s: u64) -> Attempt {
        Attempt::new([random; 32], issuer, LocalPath::new(goes_to).unwrap(), at(begun_at_s))
    }

    #[test]
    fn everything_an_attempt_needs_comes_from_its_cookie_and_differs() {
        let all = |attempt: &Attempt| {
            [
                attempt.state().secret().clone(),
                attempt.nonce().secret().clone(),
                attempt.verifier().secret().clone(),
                BASE64URL_NOPAD.encode(attempt.digest().as_bytes()),
            ]
        };
        let one = attempt(7, ISSUER, "/", 1000);
        let again = Attempt::from_cookie(&one.to_cookie()).unwrap();
        assert_eq!(again, one);
        assert_eq!(all(&again), all(&one));
        let others = [
            attempt(8, ISSUER, "/", 1000),
            attempt(7, "https://other.example", "/", 1000),
            attempt(7, ISSUER, "/targets", 1000),
            attempt(7, ISSUER, "/", 1001),
        ];
        let distinct: BTreeSet<_> = others.iter().chain([&one]).flat_map(all).collect();
        assert_eq!(distinct.len(), 5 * 4);
        assert_eq!(format!("{one:?}"), "Attempt { issuer: \"https://login.example\", .. }");
    }

    #[test]
    fn an_attempt_has_ten_minutes() {
        let one = attempt(7, ISSUER, "/", 1000);
        assert!(one.is_under_way(at(1000)) && one.is_under_way(at(1599)) && one.is_under_way(at(970)));
        assert!(!one.is_under_way(at(1600)) && !one.is_under_way(at(969)));
        assert!(!Attempt { begun_at_s: u64::MAX, ..one }.is_under_way(at(1000)));
    }

    #[test]
    fn what_is_no_attempt_is_none() {
        let good = attempt(7, ISSUER, "/", 1000).to_cookie();
        let elsewhere =
            good.replace(&BASE64URL_NOPAD.encode(b"/"), &BASE64URL_NOPAD.encode(b"//evil.example"));
        assert_ne!(good, elsewhere);
        for cookie in ["", "a.b.c.d", &good[1..], &format!("{good}.AA"), &good.replace('.', ","), &elsewhere]
        {
            assert_eq!(Attempt::from_cookie(cookie), None, "{cookie}");
        }
    }
}
