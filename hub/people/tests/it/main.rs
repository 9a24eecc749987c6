//! Tokens good and bad, at an issuer that behaves and one that does not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bearer;
mod browser;
mod issuer;
mod logout;
mod office;
mod provider;
mod sign_in;
mod tls;
