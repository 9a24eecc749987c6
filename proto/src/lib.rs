//! The contract of Meldeverbund, byte for byte.
//!
//! Everything that two sides must agree on, and nothing else: messages ([`v1`], [`node`]), ids, canonical links,
//! refusal reasons, and the ledger: its leaves, statements, signatures and proofs. It knows no socket, no store and no clock.

pub mod canon;
pub mod check;
pub mod envelope;
pub mod ids;
pub mod leaf;
pub mod limits;
pub mod link;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod refusal;
pub mod statement;
pub mod text;
pub mod tile;

pub use ids::{AgencyId, CommandId, InstanceId, NodeName, TargetId};
pub use link::{CanonicalLink, LinkError, LinkId};
pub use text::CaseNumber;

/// Messages between node and hub, generated from `proto/meldeverbund/v1`.
#[cfg_attr(
    feature = "rpc",
    expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated stubs")
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/meldeverbund.v1.rs"));
}

/// Messages between the officer's commands and their node.
pub mod node {
    /// Generated from `proto/meldeverbund/node/v1`.
    #[expect(clippy::large_enum_variant, reason = "generated; nearly every row is a referral")]
    #[cfg_attr(
        feature = "rpc",
        expect(
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            reason = "generated stubs"
        )
    )]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/meldeverbund.node.v1.rs"));
    }
}

/// The contract's descriptors (a `FileDescriptorSet`), for gRPC reflection and for tests.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
