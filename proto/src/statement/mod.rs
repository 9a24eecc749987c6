//! What the ledger commits to: statements of agencies and decisions of the hub, each with its canonical encoding.

mod agency;
mod batch;
mod blind_epoch;
mod case;
mod decision;
mod epoch;
mod key;
mod ledger_key;
mod liaison;
mod order;
mod reconciled;
mod redaction;
mod referral;

pub use agency::{AgencyStatement, NodeKeyStatement};
pub use batch::BatchStatement;
pub use blind_epoch::BlindEpochStatement;
pub use case::{CaseClosedStatement, CaseOpenedStatement};
pub use decision::ReferralDecision;
pub use epoch::EpochStatement;
pub use key::{KeyRevocation, KeyStatement};
pub use ledger_key::{LedgerKeyError, LedgerKeyStatement};
pub use liaison::{
    AnnouncementStatement, DisclosureStatement, DisclosureStep, LiaisonQueryStatement, QueryMode,
    content_digest,
};
pub use order::{DecisionStatement, PolicyStatement};
pub use reconciled::ReconciledStatement;
pub use redaction::RedactionStatement;
pub use referral::ReferralStatement;

use crate::canon::CanonError;

/// An enum's number as a field; protobuf keeps them as `i32`, none of ours is negative.
fn enum_number(value: i32) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A field back as an enum's number.
fn number_enum<E: TryFrom<i32>>(tag: u8, value: u64) -> Result<i32, CanonError> {
    let value = i32::try_from(value).map_err(|_| CanonError::Value(tag))?;
    E::try_from(value).map(|_| value).map_err(|_| CanonError::Value(tag))
}

/// A UUID field that every record of this kind has.
fn required<const N: usize>(tag: u8, value: Option<[u8; N]>) -> Result<[u8; N], CanonError> {
    value.ok_or(CanonError::Missing(tag))
}
