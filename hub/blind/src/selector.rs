//! What is asked about, as the PRF takes it.

use meldeverbund_proto::{
    LinkId,
    v1::{ContentHash, HashAlgorithm},
};

/// Keeps the PRF's inputs apart from everything else that is hashed.
const DOMAIN_TAG: &[u8] = b"meldeverbund blind v1\0";

/// A selector in its one form: however a link is spelled, it has one id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selector {
    /// A canonical link.
    Link(LinkId),
    /// The SHA-256 of the content.
    Sha256([u8; 32]),
    /// The SHA-1 of the content.
    Sha1([u8; 20]),
    /// The MD5 of the content.
    Md5([u8; 16]),
}

impl Selector {
    /// The selector of a content hash off the wire; none if algorithm and length do not fit.
    pub fn of_hash(hash: &ContentHash) -> Option<Self> {
        let digest = &hash.digest[..];
        match hash.algorithm() {
            HashAlgorithm::Unspecified => None,
            HashAlgorithm::Sha256 => digest.try_into().ok().map(Self::Sha256),
            HashAlgorithm::Sha1 => digest.try_into().ok().map(Self::Sha1),
            HashAlgorithm::Md5 => digest.try_into().ok().map(Self::Md5),
        }
    }

    /// The PRF's input: domain tag ‖ kind (1) ‖ bytes.
    pub(crate) fn input(&self) -> Vec<u8> {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Link(id) => (1, id.as_bytes()),
            Self::Sha256(digest) => (2, digest),
            Self::Sha1(digest) => (3, digest),
            Self::Md5(digest) => (4, digest),
        };
        [DOMAIN_TAG, &[kind], bytes].concat()
    }
}

/// Without its bytes: a debug line is a log line sooner or later.
impl std::fmt::Debug for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Selector(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_inputs() {
        let tag = hex::encode(DOMAIN_TAG);
        let cases = [
            (Selector::Link(LinkId::from_bytes([7; 32])), "01", "07".repeat(32)),
            (Selector::Sha256([7; 32]), "02", "07".repeat(32)),
            (Selector::Sha1([7; 20]), "03", "07".repeat(20)),
            (Selector::Md5([7; 16]), "04", "07".repeat(16)),
        ];
        for (selector, kind, bytes) in cases {
            assert_eq!(hex::encode(selector.input()), format!("{tag}{kind}{bytes}"));
            assert!(!format!("{selector:?}").contains('7'));
        }
    }

    #[test]
    fn a_hash_has_its_algorithm_s_length() {
        let hash = |algorithm: HashAlgorithm, bytes| ContentHash {
            algorithm: algorithm.into(),
            digest: vec![7; bytes],
        };
        assert_eq!(Selector::of_hash(&hash(HashAlgorithm::Sha256, 32)), Some(Selector::Sha256([7; 32])));
        assert_eq!(Selector::of_hash(&hash(HashAlgorithm::Sha1, 20)), Some(Selector::Sha1([7; 20])));
        assert_eq!(Selector::of_hash(&hash(HashAlgorithm::Md5, 16)), Some(Selector::Md5([7; 16])));
        assert_eq!(Selector::of_hash(&hash(HashAlgorithm::Sha256, 20)), None);
        assert_eq!(Selector::of_hash(&hash(HashAlgorithm::Unspecified, 32)), None);
    }
}
