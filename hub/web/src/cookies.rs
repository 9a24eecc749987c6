//! Cookies that stay where they were set: `__Host-` (RFC 6265bis 4.1.3.2) binds them to this host over TLS.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// More than a browser sends for one host.
const COOKIE_BYTES: usize = 8 * 1024;

/// A cookie of this service. Its name begins with `__Host-`, so no other host, and nobody on a line without TLS, can set
/// it; scripts cannot read it, and other sites' forms do not bring it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie(pub &'static str);

impl Cookie {
    /// Sets it. Without a term it ends with the browser.
    pub fn set(self, value: &str, term: Option<Duration>) -> HeaderValue {
        let term = term.map(|term| format!("; Max-Age={}", term.as_secs())).unwrap_or_default();
        self.with(&format!("{value}{ATTRIBUTES}{term}"))
    }

    /// Removes it.
    pub fn remove(self) -> HeaderValue {
        self.with(&format!("{ATTRIBUTES}; Max-Age=0"))
    }

    fn with(self, rest: &str) -> HeaderValue {
        let text = format!("__Host-{}={rest}", self.0);
        HeaderValue::from_str(&text).expect("our own cookies hold base64url, digits and dots")
    }
}

/// Lax and not strict: the way back from a sign-in elsewhere is a link from another site.
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";

/// A cookie's value as the browser sent it; none where it sent it twice, which an honest browser does not.
pub fn cookie<'h>(headers: &'h HeaderMap, cookie: Cookie) -> Option<&'h str> {
    let mut found = None;
    for line in headers.get_all(COOKIE) {
        let line = line.to_str().ok().filter(|line| line.len() <= COOKIE_BYTES)?;
        for pair in line.split(';') {
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            if name.strip_prefix("__Host-") == Some(cookie.0) && found.replace(value).is_some() {
                return None;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Cookie = Cookie("session");

    fn sent(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn a_cookie_is_bound_to_host_and_tls() {
        let set = SESSION.set("abc", Some(Duration::from_secs(600)));
        assert_eq!(set, "__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600");
        assert_eq!(SESSION.remove(), "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn only_one_cookie_of_the_full_name_counts() {
        let value = |lines: &[&str]| cookie(&sent(lines), SESSION).map(str::to_owned);
        assert_eq!(value(&["a=b; __Host-session=abc; c=d"]), Some("abc".into()));
        assert_eq!(value(&["session=abc"]), None, "anybody under the domain can set that one");
        assert_eq!(value(&["__Host-session=abc; __Host-session=def"]), None);
        assert_eq!(value(&["__Host-session=abc", "__Host-session=abc"]), None);
        assert_eq!(value(&[&format!("__Host-session={}", "x".repeat(9000))]), None);
        assert_eq!(value(&[]), None);
    }
}
