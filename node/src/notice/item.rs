//! One link of a notice.

use std::fmt;

use meldeverbund_proto::{
    CommandId, TargetId,
    v1::{ContentHash, OffenceClass},
};

/// One link that a provider is notified of.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// The target: the reference under which the provider answers.
    pub target: TargetId,
    /// The link as it was found.
    pub link: String,
    /// Digests of the content, if known.
    pub content_hashes: Vec<ContentHash>,
    /// What the assessment found.
    pub offence_class: OffenceClass,
    /// When it was found, microseconds since 1970-01-01T00:00:00Z; 0 if not known.
    pub found_at_us: i64,
    /// How to reach the content, if it helps the provider and the officer said so; else empty.
    pub access_hint: String,
    /// The intent under which the notice leaves; [`super::Package::intended`] sets it when the hub has answered.
    pub intent: CommandId,
    /// The round, from 1.
    pub round: u32,
}

impl Item {
    /// The link without blanks and control characters at its ends, as every browser reads it.
    pub(super) fn exact(&self) -> &str {
        self.link.trim_matches(|c| c <= ' ')
    }
}

/// Without the link, so that no log line or panic can carry it.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({})", self.target)
    }
}
