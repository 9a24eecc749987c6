//! The wire: requests become commands, verdicts become answers. Sees [`crate::flow`] alone.

mod agency;
mod caller;
mod cases;
mod decisions;
mod feed;
mod files;
mod ledger;
mod rate;
mod referrals;
mod status;
mod targets;

pub use agency::Agencies;
pub use cases::Cases;
pub use decisions::Decisions;
pub use feed::Feeds;
pub use files::Files;
pub use ledger::Ledgers;
pub use rate::{RateLimits, Rates};
pub use referrals::Referrals;
pub use status::grpc_code;
pub use targets::Targets;
