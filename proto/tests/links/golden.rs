//! `tests/golden/links-v1.tsv`: what version 1 answers, for ever.

use meldeverbund_proto::{CanonicalLink, LinkError, LinkId};

use crate::escape::unescape;

const VECTORS: &str = include_str!("../golden/links-v1.tsv");

/// One vector.
pub(crate) struct Row {
    pub(crate) class: &'static str,
    pub(crate) link: String,
    /// The canonical link, or a refusal code's name.
    pub(crate) answer: String,
    id: &'static str,
    domain: String,
}

pub(crate) fn rows() -> Vec<Row> {
    VECTORS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<_> = line.split('\t').collect();
            let [class, link, answer, id, domain] = columns[..] else { panic!("five columns: {line}") };
            Row { class, link: unescape(link), answer: unescape(answer), id, domain: unescape(domain) }
        })
        .collect()
}

/// A refusal code's name as the vectors and the docs write it.
pub(crate) fn code_name(error: LinkError) -> &'static str {
    error.code().as_str_name().strip_prefix("REFUSAL_CODE_").expect("the enum's prefix")
}

/// Checks every vector of a class, of which there is at least one.
pub(crate) fn hold(class: &str) {
    let rows: Vec<_> = rows().into_iter().filter(|row| row.class == class).collect();
    assert!(!rows.is_empty(), "no vectors for {class}");
    for row in rows {
        let (answer, id, domain) = match CanonicalLink::parse(&row.link) {
            Ok(link) => {
                let domain = link.registrable_domain().unwrap_or("-").to_owned();
                (link.as_str().to_owned(), link.id().to_string(), domain)
            }
            Err(error) => (code_name(error).to_owned(), "-".to_owned(), "-".to_owned()),
        };
        assert_eq!(answer, row.answer, "{:?}", row.link);
        assert_eq!(id, row.id, "{:?}", row.link);
        assert_eq!(domain, row.domain, "{:?}", row.link);
    }
}

#[test]
fn golden_spellings_are_their_own() {
    for row in rows().iter().filter(|row| row.id != "-") {
        let link = CanonicalLink::parse(&row.answer).unwrap();
        assert_eq!(link.as_str(), row.answer);
        assert_eq!(row.id.parse::<LinkId>(), Ok(link.id()));
    }
}

#[test]
fn golden_vectors_are_many_and_different() {
    let mut links: Vec<_> = rows().into_iter().map(|row| row.link).collect();
    let count = links.len();
    links.sort();
    links.dedup();
    assert_eq!(links.len(), count, "a link stands twice");
    assert!(count >= 400, "{count} vectors");
}
