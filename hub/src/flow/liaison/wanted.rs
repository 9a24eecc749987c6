//! Selectors as they are looked up.

use meldeverbund_domain::{TargetNo, liaison::HashKey};
use meldeverbund_proto::{
    CanonicalLink, LinkId,
    v1::{Refusal, Selector, selector},
};

/// What is looked up for a selector.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// The target of a link.
    Link(LinkId),
    /// The targets of a content.
    Content(HashKey),
    /// Nothing: the selector cannot be read.
    Refused(Refusal),
}

impl Wanted {
    /// Reads a selector; one that breaks its rule is refused by itself.
    pub fn read(selector: &Selector, position: usize) -> Self {
        let field = |name: &str| format!("selectors[{position}].{name}");
        match &selector.selector {
            None => Self::Refused(Refusal::missing(format!("selectors[{position}]"))),
            Some(selector::Selector::Link(link)) => match CanonicalLink::parse(link) {
                Ok(link) => Self::Link(link.id()),
                Err(error) => Self::Refused(Refusal::at(error.code(), field("link"), error.to_string())),
            },
            Some(selector::Selector::LinkId(id)) => match <[u8; 32]>::try_from(&id[..]) {
                Ok(id) => Self::Link(LinkId::from_bytes(id)),
                Err(_) => Self::Refused(Refusal::invalid(field("link_id"), "must be exactly 32 bytes")),
            },
            Some(selector::Selector::ContentHash(hash)) => HashKey::of(hash).map_or_else(
                || {
                    let reason = "needs an algorithm, and exactly 32, 20 or 16 bytes as it has them";
                    Self::Refused(Refusal::invalid(field("content_hash"), reason))
                },
                Self::Content,
            ),
        }
    }

    /// Another target that is looked at where there is none, so that a miss costs what a hit costs.
    pub(super) fn dummy(&self, next_target: TargetNo) -> TargetNo {
        let bytes = match self {
            Self::Link(link) => link.as_bytes(),
            Self::Content(key) => &key.digest,
            Self::Refused(_) => return TargetNo(0),
        };
        let (head, _) = bytes.split_first_chunk().expect("32 bytes have 8");
        // Below 2^63, as targets' numbers are.
        let spread = i64::from_be_bytes(*head) & i64::MAX;
        TargetNo(spread % (next_target.0 - 1).max(1) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meldeverbund_proto::v1::{ContentHash, HashAlgorithm, RefusalCode};

    fn read(selector: selector::Selector) -> Wanted {
        Wanted::read(&Selector { selector: Some(selector) }, 3)
    }

    #[test]
    fn every_spelling_of_a_link_is_one() {
        let id = |link: &str| match read(selector::Selector::Link(link.into())) {
            Wanted::Link(id) => id,
            other => panic!("{other:?}"),
        };
        assert_eq!(id("HTTP://Files.example:80/a"), id("https://files.example/a"));
        let by_id = read(selector::Selector::LinkId(id("https://files.example/a").as_bytes().to_vec()));
        assert!(matches!(by_id, Wanted::Link(found) if found == id("https://files.example/a")));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let refused = |wanted| match wanted {
            Wanted::Refused(refusal) => (refusal.code(), refusal.field),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            refused(Wanted::read(&Selector { selector: None }, 0)),
            (RefusalCode::FieldMissing, "selectors[0]".into())
        );
        let scheme = refused(read(selector::Selector::Link("gopher://files.example/".into())));
        assert_eq!(scheme, (RefusalCode::LinkScheme, "selectors[3].link".into()));
        let short = refused(read(selector::Selector::LinkId(vec![1; 31])));
        assert_eq!(short, (RefusalCode::FieldInvalid, "selectors[3].link_id".into()));
        let hash = ContentHash { algorithm: HashAlgorithm::Sha1.into(), digest: vec![1; 32] };
        assert_eq!(
            refused(read(selector::Selector::ContentHash(hash))),
            (RefusalCode::FieldInvalid, "selectors[3].content_hash".into())
        );
    }

    #[test]
    fn a_miss_looks_at_some_target() {
        for byte in [0, 7, 0xff] {
            let wanted = Wanted::Link(LinkId::from_bytes([byte; 32]));
            assert_eq!(wanted.dummy(TargetNo(1)), TargetNo(1), "where there is none");
            assert!((1..100).contains(&wanted.dummy(TargetNo(100)).0));
        }
    }
}
