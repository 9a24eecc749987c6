//! What an officer asks about, from text and back.

use meldeverbund_proto::{
    CanonicalLink, LinkError, LinkId,
    link::refang,
    v1::{ContentHash, HashAlgorithm, Refusal, RefusalCode, Selector, selector},
};

/// Algorithms by their name, with the bytes of their digest.
const ALGORITHMS: [(&str, HashAlgorithm, usize); 3] = [
    ("sha256", HashAlgorithm::Sha256, 32),
    ("sha1", HashAlgorithm::Sha1, 20),
    ("md5", HashAlgorithm::Md5, 16),
];

/// What names a canonical link's id.
const LINK_ID: &str = "link-id";

/// A text names nothing that can be asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// It is meant as a digest and is none.
    #[error("is not a {0} digest of {1} hexadecimal digits")]
    Digest(&'static str, usize),
    /// It is no link.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl SelectorError {
    /// The refusal that blames a row.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Digest(..) => Refusal::invalid("selector", self.to_string()),
            Self::Link(error) => Refusal::at(RefusalCode::LinkInvalid, "selector", error.to_string()),
        }
    }
}

/// Reads a selector: `sha256:…`, `sha1:…`, `md5:…`, `link-id:…`, a bare digest, or a link in any spelling, made clickable again.
///
/// # Errors
/// If it is none of them.
pub fn selector(text: &str) -> Result<Selector, SelectorError> {
    let text = text.trim();
    let selector = match named(text)? {
        Some(selector) => selector,
        None => match bare_digest(text) {
            Some(hash) => selector::Selector::ContentHash(hash),
            None => {
                let link = refang(text);
                // The hub decides what it is the same as; here it is only seen to be a link.
                CanonicalLink::parse(&link)?;
                selector::Selector::Link(link.into_owned())
            }
        },
    };
    Ok(Selector { selector: Some(selector) })
}

/// A selector as it is shown.
pub fn selector_text(selector: &Selector) -> String {
    match &selector.selector {
        None => String::new(),
        Some(selector::Selector::Link(link)) => link.clone(),
        Some(selector::Selector::LinkId(id)) => format!("{LINK_ID}:{}", hex::encode(id)),
        Some(selector::Selector::ContentHash(hash)) => {
            let name = ALGORITHMS.iter().find(|(_, algorithm, _)| *algorithm == hash.algorithm());
            format!("{}:{}", name.map_or("hash", |(name, ..)| name), hex::encode(&hash.digest))
        }
    }
}

/// What has its kind before a colon.
fn named(text: &str) -> Result<Option<selector::Selector>, SelectorError> {
    let Some((name, rest)) = text.split_once(':') else { return Ok(None) };
    let (name, rest) = (name.trim().to_ascii_lowercase().replace("sha-", "sha"), rest.trim());
    if name == LINK_ID {
        let bytes = digest(rest, 32).ok_or(SelectorError::Digest(LINK_ID, 64))?;
        let id = LinkId::from_bytes(bytes.try_into().map_err(|_| SelectorError::Digest(LINK_ID, 64))?);
        return Ok(Some(selector::Selector::LinkId(id.as_bytes().to_vec())));
    }
    let Some((name, algorithm, bytes)) = ALGORITHMS.iter().find(|(known, ..)| *known == name) else {
        return Ok(None);
    };
    let digest = digest(rest, *bytes).ok_or(SelectorError::Digest(name, bytes * 2))?;
    Ok(Some(selector::Selector::ContentHash(ContentHash { algorithm: (*algorithm).into(), digest })))
}

/// A digest whose length says how it was made.
fn bare_digest(text: &str) -> Option<ContentHash> {
    ALGORITHMS.iter().find_map(|(_, algorithm, bytes)| {
        let digest = digest(text, *bytes)?;
        Some(ContentHash { algorithm: (*algorithm).into(), digest })
    })
}

fn digest(text: &str, bytes: usize) -> Option<Vec<u8>> {
    // Lists have them in capitals as often as not.
    let text = text.to_ascii_lowercase();
    hex::decode(text).ok().filter(|digest| digest.len() == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_shown_as_it_can_be_typed() {
        let (long, short, shortest) = ("ab".repeat(32), "cd".repeat(20), "ef".repeat(16));
        for (typed, shown) in [
            ("hxxps://files[.]example/A".to_owned(), "https://files.example/A".to_owned()),
            (long.clone(), format!("sha256:{long}")),
            (short.to_uppercase(), format!("sha1:{short}")),
            (format!(" MD5: {shortest} "), format!("md5:{shortest}")),
            (format!("SHA-256:{long}"), format!("sha256:{long}")),
            (format!("link-id:{long}"), format!("link-id:{long}")),
        ] {
            let read = selector(&typed).unwrap();
            assert_eq!(selector_text(&read), shown, "{typed}");
            assert_eq!(selector(&shown), Ok(read), "{shown}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused_without_repeating_it() {
        for text in ["", "no link", "sha256:12", "md5:zz", "link-id:00", "mailto:a@b.example"] {
            let error = selector(text).unwrap_err();
            assert!(text.is_empty() || !error.refusal().reason.contains(text), "{text}");
        }
    }
}
