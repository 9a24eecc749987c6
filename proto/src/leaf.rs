//! The ledger's leaf, format 1: fixed now, because a ledger cannot be migrated later.
//!
//! ```text
//! statement digest = SHA-256("meldeverbund statement v1\0" ‖ salt (32) ‖ statement)
//! decision digest  = SHA-256("meldeverbund decision v1\0"  ‖ salt (32) ‖ decision)
//! leaf             = version (1) = 1 ‖ kind (2) ‖ time, µs since 1970 UTC (8) ‖ statement digest (32) ‖ decision digest (32)
//! leaf hash        = SHA-256(0x00 ‖ leaf)                                                            (RFC 6962, 2.1)
//! batch digest     = SHA-256("meldeverbund batch v1\0" ‖ statement digest ‖ …)
//! ```
//!
//! Numbers are big-endian; statement and decision are in the encoding of [`crate::canon`]. The *statement* is what the
//! agency says, the *decision* what the hub made of it. One 256-bit salt per leaf blinds both: when the personal data
//! go, salt, statement and decision go together, and every proof over the leaf still verifies. An agency's signature
//! covers the statement digests of its batch, so that one item can go without breaking it.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::merkle;

/// Version byte of the leaf format.
pub const VERSION: u8 = 1;

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 75;

/// A SHA-256 value.
pub type Digest = [u8; 32];

/// The 32 random bytes that blind one leaf; made where the event is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt from bytes off the wire; none if they are not 32, or all zero (a generator that does not run).
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().filter(|bytes| *bytes != [0; 32]).map(Self)
    }

    /// A salt from random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A salt that leaks un-blinds its leaf.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// What kind of event a leaf records. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A referral was handed in.
    Referral = 1,
    /// A case was opened.
    CaseOpened = 2,
    /// A case was closed.
    CaseClosed = 3,
    /// An agency was registered.
    AgencyAdded = 4,
    /// An agency was suspended.
    AgencySuspended = 5,
    /// A suspended agency was let in again.
    AgencyResumed = 6,
    /// A node's public key was registered.
    NodeKeyAdded = 7,
    /// A node's public key was forgotten.
    NodeKeyDropped = 8,
    /// An agency decided on targets.
    Decision = 9,
    /// Deadlines of targets had passed.
    Deadline = 10,
    /// The members' policy was put in force.
    Policy = 11,
    /// An agency's statement key was registered.
    StatementKeyAdded = 12,
    /// An agency's statement key was revoked: it signs nothing behind this leaf.
    StatementKeyRevoked = 13,
    /// An agency's witness key was registered.
    WitnessKeyAdded = 14,
    /// An agency's witness key was forgotten.
    WitnessKeyDropped = 15,
    /// Salts, statements and decisions of leaves went, because their retention had ended.
    Redaction = 16,
    /// The hub's key took office, or the next one did.
    LedgerKey = 17,
    /// A log epoch began: its first leaf.
    Epoch = 18,
    /// An agency has handed in again what a restore had lost, or was released from that.
    Reconciled = 19,
    /// A liaison officer asked a batch of questions, open or blind.
    LiaisonQuery = 20,
    /// A liaison body announced something, or the central office answered.
    Announcement = 21,
    /// A step of a disclosure: asked, answered, restricted.
    Disclosure = 22,
    /// An epoch of blind questions began: its key and its set.
    BlindEpoch = 23,
    /// The central office decided that targets are one, or are not.
    Duplicates = 24,
    /// The host rules were put in force.
    HostRules = 25,
}

impl Kind {
    /// The kind with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == number)
    }

    /// True if every agency may read events of this kind: who is a member and with which keys, what was agreed, what went and
    /// why. Of all others only who said it, and the central office, may.
    pub fn is_public(self) -> bool {
        match self {
            Self::Referral
            | Self::CaseOpened
            | Self::CaseClosed
            | Self::Decision
            | Self::Deadline
            | Self::LiaisonQuery
            | Self::Announcement
            | Self::Disclosure
            | Self::Duplicates => false,
            Self::AgencyAdded
            | Self::AgencySuspended
            | Self::AgencyResumed
            | Self::NodeKeyAdded
            | Self::NodeKeyDropped
            | Self::Policy
            | Self::HostRules
            | Self::StatementKeyAdded
            | Self::StatementKeyRevoked
            | Self::WitnessKeyAdded
            | Self::WitnessKeyDropped
            | Self::Redaction
            | Self::LedgerKey
            | Self::Epoch
            | Self::Reconciled
            | Self::BlindEpoch => true,
        }
    }

    /// All kinds.
    const ALL: [Self; 25] = [
        Self::Referral,
        Self::CaseOpened,
        Self::CaseClosed,
        Self::AgencyAdded,
        Self::AgencySuspended,
        Self::AgencyResumed,
        Self::NodeKeyAdded,
        Self::NodeKeyDropped,
        Self::Decision,
        Self::Deadline,
        Self::Policy,
        Self::StatementKeyAdded,
        Self::StatementKeyRevoked,
        Self::WitnessKeyAdded,
        Self::WitnessKeyDropped,
        Self::Redaction,
        Self::LedgerKey,
        Self::Epoch,
        Self::Reconciled,
        Self::LiaisonQuery,
        Self::Announcement,
        Self::Disclosure,
        Self::BlindEpoch,
        Self::Duplicates,
        Self::HostRules,
    ];
}

/// One leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// What kind of event.
    pub kind: Kind,
    /// When it was recorded, microseconds since 1970-01-01T00:00:00Z.
    pub time_us: u64,
    /// Salted digest of what the agency said.
    pub statement: Digest,
    /// Salted digest of what the hub decided.
    pub decision: Digest,
}

impl Leaf {
    /// The leaf's bytes.
    pub fn to_bytes(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [0; LEAF_BYTES];
        bytes[0] = VERSION;
        bytes[1..3].copy_from_slice(&(self.kind as u16).to_be_bytes());
        bytes[3..11].copy_from_slice(&self.time_us.to_be_bytes());
        bytes[11..43].copy_from_slice(&self.statement);
        bytes[43..].copy_from_slice(&self.decision);
        bytes
    }

    /// Reads a leaf back.
    ///
    /// # Errors
    /// If the bytes are no leaf that this version knows. Its hash can be taken all the same
    /// ([`leaf_hash`](merkle::leaf_hash)).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let bytes: &[u8; LEAF_BYTES] = bytes.try_into().map_err(|_| LeafError::Length)?;
        if bytes[0] != VERSION {
            return Err(LeafError::Version(bytes[0]));
        }
        let kind = u16::from_be_bytes(part(bytes, 1));
        Ok(Self {
            kind: Kind::from_number(kind).ok_or(LeafError::Kind(kind))?,
            time_us: u64::from_be_bytes(part(bytes, 3)),
            statement: part(bytes, 11),
            decision: part(bytes, 43),
        })
    }

    /// The leaf's hash in the tree (RFC 6962, 2.1).
    pub fn hash(&self) -> Digest {
        merkle::leaf_hash(&self.to_bytes())
    }
}

/// A leaf's bytes are none; a verifier meets them in entry bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not [`LEAF_BYTES`] bytes.
    #[error("a leaf is 75 bytes")]
    Length,
    /// A later format.
    #[error("the leaf has format {0}, known is 1")]
    Version(u8),
    /// A kind that this version does not know.
    #[error("the leaf is of kind {0}, which this version does not know")]
    Kind(u16),
}

/// Salted digest of a statement.
pub fn statement_digest(salt: &Salt, statement: &[u8]) -> Digest {
    salted(b"meldeverbund statement v1\0", salt, statement)
}

/// Salted digest of a decision.
pub fn decision_digest(salt: &Salt, decision: &[u8]) -> Digest {
    salted(b"meldeverbund decision v1\0", salt, decision)
}

/// Digest of a batch: what an agency signs, and what tells a repeated command from another one under its id.
pub fn batch_digest<'a>(statements: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut hash = Sha256::new_with_prefix(b"meldeverbund batch v1\0");
    for digest in statements {
        hash.update(digest);
    }
    hash.finalize().into()
}

fn part<const N: usize>(bytes: &[u8; LEAF_BYTES], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("every part lies within a leaf")
}

fn salted(tag: &[u8], salt: &Salt, bytes: &[u8]) -> Digest {
    Sha256::new_with_prefix(tag).chain_update(salt.0).chain_update(bytes).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden bytes, made once with Python's hashlib; a change here is a change of the ledger, which cannot be.
    #[test]
    fn golden_leaf() {
        let salt = Salt::from_random(std::array::from_fn(|i| i as u8));
        let leaf = Leaf {
            kind: Kind::Referral,
            time_us: 1_795_305_600_000_000,
            statement: statement_digest(&salt, b"statement"),
            decision: decision_digest(&salt, b"decision"),
        };
        assert_eq!(hex::encode(leaf.to_bytes()), GOLDEN_LEAF);
        assert_eq!(hex::encode(leaf.hash()), GOLDEN_HASH);
        assert_eq!(hex::encode(batch_digest([&leaf.statement, &leaf.decision])), GOLDEN_BATCH);
    }

    const GOLDEN_LEAF: &str = "010001000660d2288d2000a0cbc84c8d2d90796971dd5330e9b9f0997abf7fc5aeea22fccfa6fe819fbec0bbced0aaf7a8f2d54871beeb63c3a0a2b045339cc6eac512387f5b8e20b028ab";
    const GOLDEN_HASH: &str = "401465fe25fc3a3aff57d66b3da7849181c74ce4e91e322f5d83313cbb00951b";
    const GOLDEN_BATCH: &str = "97654c14ebb68671c7fc12859592f28fbdc65c22ff71f732a181f9fd453c6be7";

    #[test]
    fn a_leaf_is_read_back_or_refused() {
        let bytes: [u8; LEAF_BYTES] = hex::decode(GOLDEN_LEAF).unwrap().try_into().unwrap();
        assert_eq!(Leaf::from_bytes(&bytes).map(|leaf| leaf.to_bytes()), Ok(bytes));
        assert_eq!(Leaf::from_bytes(&bytes[1..]), Err(LeafError::Length));
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes;
            bytes[at] = to;
            Leaf::from_bytes(&bytes)
        };
        assert_eq!(changed(0, 2), Err(LeafError::Version(2)));
        assert_eq!(changed(2, 0), Err(LeafError::Kind(0)));
        assert_eq!(changed(1, 1), Err(LeafError::Kind(257)));
    }

    #[test]
    fn kinds_keep_their_numbers() {
        for number in 1..=23 {
            assert_eq!(Kind::from_number(number).map(|kind| kind as u16), Some(number));
        }
        assert_eq!(Kind::from_number(0), None);
        assert_eq!(Kind::from_number(99), None);
        assert_eq!(Kind::StatementKeyAdded as u16, 12);
        assert_eq!(Kind::Epoch as u16, 18);
        assert_eq!(Kind::Reconciled as u16, 19);
        assert_eq!(Kind::Disclosure as u16, 22);
        assert_eq!(Kind::BlindEpoch as u16, 23);
        assert_eq!(Kind::Duplicates as u16, 24);
        assert_eq!(Kind::HostRules as u16, 25);
    }

    #[test]
    fn a_salt_is_32_bytes_and_not_zero() {
        assert!(Salt::from_slice(&[1; 32]).is_some());
        assert!(Salt::from_slice(&[0; 32]).is_none());
        assert!(Salt::from_slice(&[1; 31]).is_none());
        assert!(!format!("{:?}", Salt::from_random([7; 32])).contains('7'));
    }
}
