//! Content hashes as they are looked up.

use meldeverbund_proto::v1::{ContentHash, HashAlgorithm, Referral};

/// The digest of a content, filled up with zeros to one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashKey {
    /// The algorithm's number in the contract.
    pub algorithm: i32,
    /// The digest; behind a shorter one, zeros.
    pub digest: [u8; 32],
}

impl HashKey {
    /// The key of a hash; none if it has not the length that its algorithm gives.
    pub fn of(hash: &ContentHash) -> Option<Self> {
        let bytes = match hash.algorithm() {
            HashAlgorithm::Sha256 => 32,
            HashAlgorithm::Sha1 => 20,
            HashAlgorithm::Md5 => 16,
            HashAlgorithm::Unspecified => return None,
        };
        let mut digest = [0; 32];
        digest
            .get_mut(..hash.digest.len())
            .filter(|_| hash.digest.len() == bytes)?
            .copy_from_slice(&hash.digest);
        Some(Self { algorithm: hash.algorithm, digest })
    }

    /// The keys of a referral's hashes.
    pub fn all_of(referral: &Referral) -> impl Iterator<Item = Self> {
        referral.content_hashes.iter().filter_map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_algorithm_s_length() {
        let hash = |algorithm: HashAlgorithm, bytes| {
            HashKey::of(&ContentHash { algorithm: algorithm.into(), digest: vec![7; bytes] })
        };
        for (algorithm, bytes) in
            [(HashAlgorithm::Sha256, 32), (HashAlgorithm::Sha1, 20), (HashAlgorithm::Md5, 16)]
        {
            let key = hash(algorithm, bytes).unwrap();
            assert_eq!(key.digest.iter().filter(|byte| **byte == 7).count(), bytes);
            assert_eq!(hash(algorithm, bytes - 1), None);
            assert_eq!(hash(algorithm, bytes + 1), None);
        }
        assert_eq!(hash(HashAlgorithm::Unspecified, 32), None);
        assert_ne!(hash(HashAlgorithm::Sha1, 20), hash(HashAlgorithm::Md5, 16));
    }
}
