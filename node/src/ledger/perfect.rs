//! The root of a perfect subtree from hashes within one tile.

use meldeverbund_proto::{leaf::Digest, merkle::node_hash};

/// Root of a perfect subtree from its hashes, a power of two of them.
pub(crate) fn perfect(hashes: &[Digest]) -> Digest {
    match hashes {
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&perfect(left), &perfect(right))
        }
    }
}
