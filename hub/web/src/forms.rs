//! Forms that only our own pages can send.

use axum::http::{HeaderMap, Method, header::ORIGIN};

/// A form was sent from another site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form was not sent from a page of this service")]
pub struct ForeignForm;

/// Whether a request that may change something comes from a page of this service. Beside the token in each form: the
/// browser itself says where a request comes from, and a page cannot make it lie.
///
/// # Errors
/// If it comes from elsewhere, or the browser does not say.
pub fn check_origin(method: &Method, headers: &HeaderMap, own_origin: &str) -> Result<(), ForeignForm> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = headers.get(ORIGIN).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), origin) {
        (Some("same-origin"), None) => Ok(()),
        (None | Some("same-origin"), Some(origin)) if origin == own_origin => Ok(()),
        _ => Err(ForeignForm),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const OWN: &str = "https://hub.example";

    fn check(method: &Method, site: Option<&'static str>, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
        origin.map(|origin| headers.insert(ORIGIN, HeaderValue::from_static(origin)));
        check_origin(method, &headers, OWN).is_ok()
    }

    #[test]
    fn a_form_comes_from_our_own_pages() {
        assert!(check(&Method::POST, Some("same-origin"), Some(OWN)));
        assert!(check(&Method::POST, Some("same-origin"), None));
        assert!(check(&Method::POST, None, Some(OWN)), "older browsers say the origin alone");
        assert!(check(&Method::GET, Some("cross-site"), None), "a link changes nothing");
    }

    #[test]
    fn other_sites_and_silence_are_refused() {
        for (site, origin) in [
            (None, None),
            (Some("cross-site"), Some("https://evil.example")),
            (Some("cross-site"), Some(OWN)),
            (Some("same-site"), None),
            (Some("none"), None),
            (None, Some("null")),
            (None, Some("https://hub.example.evil.example")),
            (None, Some("http://hub.example")),
            (Some("same-origin"), Some("https://evil.example")),
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                assert!(!check(&method, site, origin), "{site:?} {origin:?}");
            }
        }
    }
}
