//! User, host and port: read by the crate `url`, written in one way.

use url::{Host, ParseError, Position, Url};

use super::{LinkError, host, input::Scheme, percent};

/// HTTPS' own port: the one under which a plain `http` link keeps its scheme.
const HTTPS_PORT: u16 = 443;

/// Writes everything up to the path.
///
/// http and https are one and spelled `https`, each without its own default port. Then `http://h:443` cannot be spelled
/// `https://h:443`, which is `https://h`, another link; it alone keeps `http`.
pub(super) fn write(out: &mut String, scheme: Scheme, authority: &str) -> Result<(), LinkError> {
    if host::is_plain(authority) {
        out.push_str(prefix(scheme, None));
        out.push_str(host::check(authority)?);
        return Ok(());
    }
    // The slash keeps blanks at the authority's end from being taken for blanks around the link.
    let url = Url::parse(&format!("{}://{authority}/", scheme.name())).map_err(explain)?;
    out.push_str(prefix(scheme, url.port()));
    if scheme == Scheme::Ftp {
        // `url` has escaped all that a path would and more.
        percent::write(out, &url[Position::BeforeUsername..Position::BeforeHost], &percent::PATH);
    }
    match url.host().ok_or(LinkError::NoHost)? {
        Host::Domain(name) => out.push_str(host::check(name)?),
        Host::Ipv4(_) | Host::Ipv6(_) => out.push_str(&url[Position::BeforeHost..Position::AfterHost]),
    }
    out.push_str(&url[Position::AfterHost..Position::AfterPort]);
    Ok(())
}

fn prefix(scheme: Scheme, port: Option<u16>) -> &'static str {
    match (scheme, port) {
        (Scheme::Ftp, _) => "ftp://",
        (Scheme::Http, Some(HTTPS_PORT)) => "http://",
        (Scheme::Http | Scheme::Https, _) => "https://",
    }
}

/// `ParseError` is open; what this crate does not know about an authority is a fault of its host.
fn explain(error: ParseError) -> LinkError {
    match error {
        ParseError::EmptyHost => LinkError::NoHost,
        ParseError::InvalidPort => LinkError::Port,
        ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => LinkError::Address,
        _ => LinkError::Host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(scheme: Scheme, authority: &str) -> Result<String, LinkError> {
        let mut out = String::new();
        write(&mut out, scheme, authority).map(|()| out)
    }

    #[test]
    fn only_a_schemes_own_port_is_dropped() {
        use Scheme::{Ftp, Http, Https};
        for (scheme, authority, spelling) in [
            (Http, "h.example:80", "https://h.example"),
            (Http, "h.example:443", "http://h.example:443"),
            (Http, "h.example:21", "https://h.example:21"),
            (Https, "h.example:80", "https://h.example:80"),
            (Https, "h.example:443", "https://h.example"),
            (Ftp, "h.example:21", "ftp://h.example"),
            (Ftp, "h.example:443", "ftp://h.example:443"),
        ] {
            assert_eq!(written(scheme, authority), Ok(spelling.to_owned()), "{scheme:?} {authority}");
        }
    }

    #[test]
    fn a_user_is_kept_for_ftp_alone() {
        assert_eq!(written(Scheme::Http, "u:p@h.example"), Ok("https://h.example".to_owned()));
        assert_eq!(written(Scheme::Ftp, "%75:p%2f@h.example"), Ok("ftp://u:p%2F@h.example".to_owned()));
        assert_eq!(written(Scheme::Ftp, ":@h.example"), Ok("ftp://h.example".to_owned()));
    }

    #[test]
    fn faults_are_told_apart() {
        for (authority, error) in [
            ("", LinkError::NoHost),
            ("u@", LinkError::NoHost),
            ("h.example:x", LinkError::Port),
            ("h.example:65536", LinkError::Port),
            ("192.0.2.256", LinkError::Address),
            ("[2001:db8::1", LinkError::Address),
            ("xn--a.example", LinkError::Host),
            ("h .example", LinkError::Host),
            ("h.example ", LinkError::Host),
        ] {
            assert_eq!(written(Scheme::Https, authority), Err(error), "{authority}");
        }
    }
}
