//! An officer's ID token on its way to the hub: handed on with the call that it came with, neither kept nor shown.

use std::{fmt, time::Duration};

use tonic::{
    Request,
    metadata::{Ascii, MetadataMap, MetadataValue},
};

/// The metadata's name (RFC 6750, 2.1).
const NAME: &str = "authorization";

/// What stands before the token.
const SCHEME: &str = "Bearer ";

/// Longest token: those of the usual issuers have a few KiB, and header lists have a limit.
const TOKEN_BYTES: usize = 12 * 1024;

/// An officer's ID token.
#[derive(Clone)]
pub struct Token(MetadataValue<Ascii>);

/// A text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing there.
    #[error("there is no token")]
    Missing,
    /// Too long, or not of the letters that a token has.
    #[error("this is not a token: three parts of at most 12 KiB in all")]
    Form,
}

impl Token {
    /// Reads a token as an issuer hands it out.
    ///
    /// # Errors
    /// If it cannot be one.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Missing);
        }
        // A JWS in its compact form (RFC 7515, 7.1).
        let of_its_letters =
            |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let parts: Vec<&str> = text.split('.').collect();
        if text.len() > TOKEN_BYTES || parts.len() != 3 || !parts.into_iter().all(of_its_letters) {
            return Err(TokenError::Form);
        }
        let mut value: MetadataValue<Ascii> =
            format!("{SCHEME}{text}").parse().map_err(|_| TokenError::Form)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The token that a call came with.
    ///
    /// # Errors
    /// If it came without one.
    pub fn of<T>(request: &Request<T>) -> Result<Self, TokenError> {
        let value = request.metadata().get(NAME).ok_or(TokenError::Missing)?;
        let text = value.to_str().map_err(|_| TokenError::Form)?;
        Self::parse(text.strip_prefix(SCHEME).ok_or(TokenError::Form)?)
    }

    /// Puts it on a call.
    pub fn put(&self, metadata: &mut MetadataMap) {
        metadata.insert(NAME, self.0.clone());
    }
}

/// Issuer and subject, as a token names them: the hub's record of a question has them. Nothing of it is verified here.
pub fn named(token: &Token) -> Option<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Named {
        iss: String,
        sub: String,
    }
    let claims = token.0.to_str().ok()?.split('.').nth(1)?;
    let claims = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    let Named { iss, sub } = serde_json::from_slice(&claims).ok()?;
    Some((iss, sub))
}

/// When a token ends by its own word, microseconds since 1970 UTC; none: it says nothing that could be read. Whether it is to be
/// believed is the hub's business.
pub fn ends_us(token: &str) -> Option<i64> {
    #[derive(serde::Deserialize)]
    struct End {
        exp: serde_json::Number,
    }
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.trim().split('.').nth(1)?.as_bytes()).ok()?;
    let End { exp } = serde_json::from_slice(&claims).ok()?;
    // It may have a fraction (RFC 7519, 2), which the hub leaves off, too.
    let whole = || Duration::try_from_secs_f64(exp.as_f64()?.floor()).ok();
    let seconds = exp.as_i64().or_else(|| i64::try_from(whole()?.as_secs()).ok())?;
    seconds.checked_mul(1_000_000)
}

/// Never the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_handed_on_and_never_shown() {
        let token = Token::parse(" aaa.bbb.c-_c\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token");
        let mut request = Request::new(());
        token.put(request.metadata_mut());
        assert!(!format!("{request:?}").contains("bbb"), "{request:?}");
        let handed_on = Token::of(&request).unwrap();
        assert_eq!(handed_on.0, "Bearer aaa.bbb.c-_c");
    }

    #[test]
    fn a_token_says_when_it_ends() {
        let token =
            |claims: &str| format!("a.{}.c", data_encoding::BASE64URL_NOPAD.encode(claims.as_bytes()));
        assert_eq!(ends_us(&token(r#"{"sub":"x","exp":1800000000}"#)), Some(1_800_000_000_000_000));
        assert_eq!(ends_us(&token(r#"{"exp":1800000000.75}"#)), Some(1_800_000_000_000_000));
        for nothing in [
            token(r#"{"exp":"1800000000"}"#),
            token(r#"{"exp":1e300}"#),
            token(r#"{"sub":"x"}"#),
            token(r#"{"exp":9223372036854775807}"#),
            "a.b".into(),
            String::new(),
        ] {
            assert_eq!(ends_us(&nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_token_is_not_sent() {
        assert_eq!(Token::parse("  ").unwrap_err(), TokenError::Missing);
        assert_eq!(Token::of(&Request::new(())).unwrap_err(), TokenError::Missing);
        for text in ["a.b", "a.b.c.d", "a.b c.d", "ä.b.c", &format!("a.b.{}", "c".repeat(TOKEN_BYTES))] {
            assert_eq!(Token::parse(text).unwrap_err(), TokenError::Form);
        }
    }
}
