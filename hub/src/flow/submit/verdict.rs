//! The verdict on a batch as it is kept, so that a repeated submission is answered with the same one for ever.

use meldeverbund_domain::{TargetNo, referral::Decision};
use meldeverbund_proto::v1::{Refusal, Verdict};
use prost::Message;

use super::prepare::Item;
use crate::store::StoreError;

/// What became of each referral, in their order.
#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredVerdict {
    #[prost(message, repeated, tag = "1")]
    pub(super) items: Vec<StoredItem>,
}

/// What became of one referral. Owner and stage are not kept: they are told as they are now.
#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredItem {
    #[prost(enumeration = "Verdict", tag = "1")]
    pub(super) verdict: i32,
    /// The number of the link itself, which may be another name of the target.
    #[prost(int64, tag = "2")]
    pub(super) target_no: i64,
    #[prost(message, optional, tag = "3")]
    pub(super) refusal: Option<Refusal>,
}

impl StoredVerdict {
    pub(super) fn new(items: &[Item], decisions: &[Decision]) -> Self {
        let mut decisions = decisions.iter();
        let items = items.iter().map(|item| match item {
            Item::Prepared(_) => {
                let decision =
                    decisions.next().expect("there is a decision on each referral that is not refused");
                let (verdict, target_no) = (decision.verdict.into(), decision.name.0);
                StoredItem { verdict, target_no, refusal: None }
            }
            Item::Refused(refusal) => {
                let (verdict, refusal) = (Verdict::Refused.into(), Some(refusal.clone()));
                StoredItem { verdict, target_no: 0, refusal }
            }
        });
        Self { items: items.collect() }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        Self::decode(bytes).map_err(|_| StoreError::Value { column: "command.verdict" })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = TargetNo> {
        self.items.iter().filter(|item| item.refusal.is_none()).map(|item| TargetNo(item.target_no))
    }
}
