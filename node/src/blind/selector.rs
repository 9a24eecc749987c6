//! From what was asked to what the set holds: however a link is spelled, it has one id.

use meldeverbund_blind as blind;
use meldeverbund_proto::{
    CanonicalLink, LinkId,
    v1::{Selector, selector::Selector as Kind},
};

/// What is blinded of a selector; none: it is none.
pub fn selector(selector: &Selector) -> Option<blind::Selector> {
    match selector.selector.as_ref()? {
        Kind::Link(link) => CanonicalLink::parse(link).ok().map(|link| blind::Selector::Link(link.id())),
        Kind::LinkId(id) => {
            let id = id[..].try_into().ok()?;
            Some(blind::Selector::Link(LinkId::from_bytes(id)))
        }
        Kind::ContentHash(hash) => blind::Selector::of_hash(hash),
    }
}
