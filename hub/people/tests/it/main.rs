//! Tokens good and bad, at an issuer that behaves and one that does not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bearer;
mod issuer;
mod office;
mod tls;
