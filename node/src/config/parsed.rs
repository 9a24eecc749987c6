//! Values that have a form of their own.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize as _, Deserializer, de::Error as _};

/// A value by its `FromStr`.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// `https://host:port`, nothing after it.
pub(super) fn one_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<http::Uri>, D::Error> {
    uri(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// Several of them.
pub(super) fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<http::Uri>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| uri(text)).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

/// A socket's mode in octal digits.
pub(super) fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "0600" => Ok(0o600),
        "0660" => Ok(0o660),
        _ => Err(D::Error::custom("must be \"0600\" or \"0660\"")),
    }
}

fn uri(text: &str) -> Result<http::Uri, &'static str> {
    const RULE: &str = "must be https://host:port";
    let uri: http::Uri = text.parse().map_err(|_| RULE)?;
    let whole = uri.path() == "/" && uri.query().is_none();
    if uri.scheme_str() == Some("https") && uri.port().is_some() && whole { Ok(uri) } else { Err(RULE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_scheme_host_and_port_alone() {
        assert!(uri("https://hub.example:7443").is_ok());
        assert!(uri("https://[::1]:7443/").is_ok());
        for bad in
            ["http://hub.example:7443", "https://hub.example", "https://hub.example:1/x", "hub.example:1", ""]
        {
            assert!(uri(bad).is_err(), "{bad}");
        }
    }
}
