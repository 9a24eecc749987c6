//! An issuer in the test's own process: serves metadata and keys on the loopback, mints tokens good and bad.

mod key;
mod mint;
mod server;

pub use key::TestKey;
pub use mint::Mint;
pub use server::{Misdeed, TestIssuer};
