//! What a link says, read without the rules: two links that are one must say the same.

use url::Url;

/// The parts that lead to an object, with every escape undone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    ftp_user: Option<(Vec<u8>, Vec<u8>)>,
    host: String,
    /// None under a scheme's own port.
    port: Option<(u16, bool)>,
    segments: Vec<Vec<u8>>,
    query: Option<Vec<u8>>,
    fragment: Option<Vec<u8>>,
}

/// The meaning by the crate `url`, which must be able to read the link.
pub(crate) fn meaning(link: &str) -> Meaning {
    let url = Url::parse(link).expect("the link is readable");
    let ftp = url.scheme() == "ftp";
    let user = || (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    // Under another port http and https are one, but neither under the other's own.
    let crossed = |port| matches!((url.scheme(), port), ("http", 443) | ("https", 80));
    let object = |fragment: &&str| {
        let bytes = decoded(fragment);
        bytes.starts_with(b"/") || bytes.contains(&b'!')
    };
    Meaning {
        ftp_user: ftp.then(user),
        host: url.host_str().expect("special schemes have a host").trim_end_matches('.').to_owned(),
        port: url.port().map(|port| (port, crossed(port))),
        segments: url.path().split('/').map(decoded).collect(),
        query: url.query().map(decoded),
        fragment: url.fragment().filter(object).map(decoded),
    }
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.filter(|_| bytes[at] == b'%') {
            Some(digits) => {
                out.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
