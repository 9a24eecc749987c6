//! What the central office is told, pair by pair; kept as it was told.

use meldeverbund_proto::v1::{Refusal, Stage};
use prost::Message;

use crate::{flow::Verdict, store::StoreError};

/// What became of a decision.
#[derive(Clone, PartialEq, Message)]
pub struct Judged {
    /// Of each pair, in their order; of an undo, of each pair that it undoes.
    #[prost(message, repeated, tag = "1")]
    pub answers: Vec<PairAnswer>,
    /// The decision's leaf.
    #[prost(int64, tag = "2")]
    pub leaf_index: i64,
    /// When it was recorded, microseconds since 1970 UTC; 0: it was a dry run.
    #[prost(int64, tag = "3")]
    pub recorded_at_us: i64,
    /// True: it had been decided before.
    #[prost(bool, tag = "4")]
    pub repeated: bool,
}

/// What became of one pair.
#[derive(Clone, PartialEq, Message)]
pub struct PairAnswer {
    /// Why nothing changed; none: it did.
    #[prost(message, optional, tag = "1")]
    pub refusal: Option<Refusal>,
    /// The target that goes on for both; of a split, what is left of it.
    #[prost(string, tag = "2")]
    pub target_id: String,
    /// The target that is another name of it; of a split, the one that is a target of its own again.
    #[prost(string, tag = "3")]
    pub name_id: String,
    /// Who is responsible for the first.
    #[prost(string, tag = "4")]
    pub owner_agency_id: String,
    /// Where its takedown stands.
    #[prost(enumeration = "Stage", tag = "5")]
    pub stage: i32,
    /// Its round.
    #[prost(uint32, tag = "6")]
    pub round: u32,
    /// Of a split, who is responsible for the second.
    #[prost(string, tag = "7")]
    pub name_owner_agency_id: String,
}

impl Judged {
    pub(in crate::flow) fn stored(bytes: &[u8]) -> Result<Self, StoreError> {
        let unreadable = |_| StoreError::Value { column: "command.verdict" };
        Ok(Self { repeated: true, ..Self::decode(bytes).map_err(unreadable)? })
    }
}

impl PairAnswer {
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }
}

impl Verdict for Judged {}
