//! What the browser brings back from the issuer.

use std::fmt;

use openidconnect::url::form_urlencoded;

use super::{Declined, SignInRefusal};

/// A code, a state and an issuer are a few hundred bytes; some issuers put a whole encrypted ticket into the code.
const QUERY_BYTES: usize = 8 * 1024;

/// What the browser brings back from the issuer. Nothing of it is believed yet.
#[derive(Default)]
pub struct Callback {
    pub(super) code: Option<String>,
    pub(super) state: Option<String>,
    pub(super) issuer: Option<String>,
    error: Option<String>,
}

impl Callback {
    /// Reads the query of the return address. Parameters that are not known are passed over (RFC 6749 4.1.2).
    ///
    /// # Errors
    /// [`SignInRefusal::Malformed`] if it is too long or holds a parameter twice: then two readers could understand two
    /// things.
    pub fn parse(query: &str) -> Result<Self, SignInRefusal> {
        if query.len() > QUERY_BYTES {
            return Err(SignInRefusal::Malformed);
        }
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "code" => &mut callback.code,
                "state" => &mut callback.state,
                "iss" => &mut callback.issuer,
                "error" => &mut callback.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(SignInRefusal::Malformed);
            }
        }
        Ok(callback)
    }

    /// What the issuer says instead of giving a code. Texts that it adds are not shown: anybody can write them into an
    /// address.
    pub(super) fn declined(&self) -> Option<Declined> {
        Some(match self.error.as_deref()? {
            "access_denied"
            | "interaction_required"
            | "login_required"
            | "consent_required"
            | "account_selection_required" => Declined::Denied,
            "server_error" | "temporarily_unavailable" => Declined::Unavailable,
            "unmet_authentication_requirements" => Declined::Unmet,
            _ => Declined::Request,
        })
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_read_once_and_in_one_way() {
        let callback =
            Callback::parse("code=a%20b&state=s&iss=https%3A%2F%2Fl.example&session_state=1").unwrap();
        assert_eq!(callback.code.as_deref(), Some("a b"));
        assert_eq!(callback.state.as_deref(), Some("s"));
        assert_eq!(callback.issuer.as_deref(), Some("https://l.example"));
        assert_eq!(callback.declined(), None);
        for bad in
            ["code=1&code=1", "state=1&code=2&state=3", "iss=a&iss=a", &format!("code={}", "x".repeat(9000))]
        {
            assert!(matches!(Callback::parse(bad), Err(SignInRefusal::Malformed)));
        }
    }

    #[test]
    fn what_an_issuer_declines_is_one_of_four() {
        let declined = |error: &str| Callback::parse(&format!("error={error}")).unwrap().declined().unwrap();
        assert_eq!(declined("access_denied"), Declined::Denied);
        assert_eq!(declined("temporarily_unavailable"), Declined::Unavailable);
        assert_eq!(declined("unmet_authentication_requirements"), Declined::Unmet);
        assert_eq!(declined("<script>"), Declined::Request);
    }
}
