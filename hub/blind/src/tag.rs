//! What the set holds of a selector.

use std::fmt;

/// Bytes of a tag: 128 bits, so that not even among 2^32 of them two selectors are likely to have one.
pub const TAG_BYTES: usize = 16;

/// The first 16 bytes of the PRF's output. Who has the epoch's set and a tag knows whether its selector is in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; TAG_BYTES]);

impl Tag {
    /// The first 16 bytes of an output of RFC 9497's `Finalize`.
    pub(crate) fn of(output: &[u8]) -> Self {
        Self(*output.first_chunk().expect("an output of SHA-512 has 64 bytes"))
    }

    /// Its first 8 bytes as a number: what the filter keeps of it.
    pub(crate) fn number(&self) -> u64 {
        u64::from_be_bytes(*self.0.first_chunk().expect("a tag has 16 bytes"))
    }
}

/// Without its bytes: together with the key they are as good as the selector.
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}

/// Tags as an increment carries them: 16 bytes each, sorted, each once.
pub fn tags_to_bytes(mut tags: Vec<Tag>) -> Vec<u8> {
    tags.sort_unstable();
    tags.dedup();
    tags.iter().flat_map(|tag| tag.0).collect()
}

/// The tags of an increment; none if the bytes are not sorted tags, each once.
pub fn tags_from_bytes(bytes: &[u8]) -> Option<Vec<Tag>> {
    let (tags, []) = bytes.as_chunks() else { return None };
    tags.is_sorted_by(|one, next| one < next).then(|| tags.iter().copied().map(Tag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_increment_s_tags_have_one_order() {
        let (a, b) = (Tag([1; 16]), Tag([2; 16]));
        let bytes = tags_to_bytes(vec![b, a, b]);
        assert_eq!(bytes, [[1; 16], [2; 16]].concat());
        assert_eq!(tags_from_bytes(&bytes), Some(vec![a, b]));
        assert_eq!(tags_from_bytes(&[]), Some(vec![]));
        for bad in [[[2; 16], [1; 16]].concat(), [[1; 16], [1; 16]].concat(), vec![0; 15]] {
            assert_eq!(tags_from_bytes(&bad), None);
        }
    }

    #[test]
    fn a_tag_is_not_shown() {
        assert!(!format!("{:?}", Tag([7; 16])).contains('7'));
    }
}
