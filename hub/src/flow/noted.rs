//! What is noted of links beside what is alike, so that the central office finds them: where they are, and its own cases.

use meldeverbund_domain::CaseNo;
use meldeverbund_proto::CanonicalLink;
use sha2::{Digest as _, Sha256};

/// The link's host, and its registrable domain where that is another name. The number is kept.
pub(super) const HOST: i64 = 5;

/// A case of the central office. The number is kept.
pub(super) const OWN_CASE: i64 = 6;

/// What is noted of a link's place: whoever looks for a domain finds its hosts, too.
pub(super) fn places(link: &CanonicalLink) -> impl Iterator<Item = i64> {
    let host = link.host();
    let domain = link.registrable_domain().filter(|domain| *domain != host);
    domain.into_iter().chain([host]).map(place)
}

/// How a host or a domain is noted.
pub(super) fn place(host: &str) -> i64 {
    digest(&[b"host\0", host.as_bytes()])
}

/// How a case is noted: by its number in the store, of which nobody learns what it is called.
pub(super) fn case(case: CaseNo) -> i64 {
    digest(&[b"case\0", &case.0.to_be_bytes()])
}

/// Cut short: enough to find links that are alike, which a person looks at.
pub(super) fn digest(parts: &[&[u8]]) -> i64 {
    let mut hash = Sha256::new_with_prefix(b"meldeverbund likeness v1\0");
    parts.iter().for_each(|part| hash.update(part));
    let [first, second, third, fourth, fifth, sixth, seventh, eighth, ..]: [u8; 32] = hash.finalize().into();
    i64::from_be_bytes([first, second, third, fourth, fifth, sixth, seventh, eighth])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_noted_under_its_host_and_its_domain() {
        let places = |link| places(&CanonicalLink::parse(link).unwrap()).collect::<Vec<_>>();
        assert_eq!(places("https://files.example/a"), [place("files.example")]);
        assert_eq!(
            places("https://cdn.files.example/a"),
            [place("files.example"), place("cdn.files.example")]
        );
        assert_eq!(places("https://192.0.2.7/a"), [place("192.0.2.7")]);
        assert_ne!(case(CaseNo(1)), case(CaseNo(2)));
    }
}
