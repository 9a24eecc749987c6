//! The wire: requests become commands, verdicts become answers. Sees [`crate::flow`] alone.

mod agency;
mod caller;
mod cases;
mod feed;
mod rate;
mod referrals;
mod status;

pub use agency::Agencies;
pub use cases::Cases;
pub use feed::Feeds;
pub use rate::{RateLimits, Rates};
pub use referrals::Referrals;
pub use status::grpc_code;
