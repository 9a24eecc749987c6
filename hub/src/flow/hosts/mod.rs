//! Host rules: read and tried, previewed, put in force.

mod preview;
mod put;
pub(crate) mod text;

use meldeverbund_domain::{hosts::HostRules, referral::ObjectKey};
use meldeverbund_proto::CanonicalLink;
use sha2::{Digest as _, Sha256};

pub(crate) use self::preview::preview;
pub use self::put::PutHostRules;

/// The digest of the key of a link's object, under which the hub knows it; none: no rule fits.
pub(super) fn object_key(rules: &HostRules, link: &CanonicalLink, at_us: i64) -> Option<ObjectKey> {
    if !rules.may_know(link.host()) {
        return None;
    }
    let key = rules.key(link, at_us)?;
    Some(Sha256::new_with_prefix(b"meldeverbund object v1\0").chain_update(key).finalize().into())
}
