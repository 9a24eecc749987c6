//! An issuer in the test's own process: serves metadata and keys on the loopback, mints tokens good and bad.

mod flow;
mod key;
mod mint;
mod server;
mod state;

pub use key::TestKey;
pub use mint::Mint;
pub use server::TestIssuer;
pub use state::Misdeed;
