//! Sign-in in a browser: the code flow with PKCE (RFC 6749, 7636, 9207; OpenID Connect Core 3.1).
//!
//! What an [`Attempt`] needs to remember is in the browser's cookie, and nothing of it is kept here before it has succeeded: nobody can
//! fill a table by opening the page. That an attempt succeeds once is the caller's to see to: it keeps the digest of each one that did,
//! in the transaction that begins the session.

mod attempt;
mod begin;
mod callback;
mod client;
mod finish;
mod local_path;
mod refusal;

pub use attempt::{Attempt, AttemptDigest};
pub use callback::Callback;
pub use finish::SignedIn;
pub use local_path::LocalPath;
pub use refusal::{Declined, SignInRefusal};
