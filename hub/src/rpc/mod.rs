//! The wire: requests become commands, verdicts become answers. Sees [`crate::flow`] alone.

mod agency;
mod blind;
mod caller;
mod cases;
mod decisions;
mod disclosures;
mod feed;
mod files;
mod issuers;
mod ledger;
mod liaison;
mod officer;
mod persons;
mod rate;
mod referrals;
mod status;
mod streams;
mod targets;
mod tick;

pub use agency::Agencies;
pub use blind::Blinds;
pub use cases::Cases;
pub use decisions::Decisions;
pub use disclosures::Disclosures;
pub use feed::Feeds;
pub use files::Files;
pub use issuers::officers;
pub use ledger::Ledgers;
pub use liaison::Liaison;
pub use officer::{Officers, Verified, VerifyToken, Verifying};
pub use persons::{PersonSettings, Persons, PersonsError};
pub use rate::{RateLimits, Rates};
pub use referrals::Referrals;
pub use status::grpc_code;
pub use targets::Targets;
