//! Sign-in in a browser: the code flow with PKCE (RFC 6749, 7636, 9207; OpenID Connect Core 3.1).
//!
//! What an attempt needs to remember is one secret in the browser's cookie. State, nonce and PKCE verifier are made
//! from it, so whoever comes back without the cookie has none of them, and the server keeps the secret's digest alone.
//! That an attempt is finished once is the caller's to see to: it deletes the digest before it calls
//! [`Issuers::finish_sign_in`].

mod begin;
mod callback;
mod client;
mod finish;
mod refusal;
mod secret;

pub use callback::Callback;
pub use refusal::{Declined, SignInRefusal};
pub use secret::{AttemptDigest, AttemptSecret};
