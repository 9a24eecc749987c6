//! What the configuration says about the central office's pages.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::Uri;
use meldeverbund_certs::TrustDomain;
use meldeverbund_domain::liaison::{self, MOST_DAYS};
use meldeverbund_proto::{
    AgencyId,
    note::{SecretKeyError, SigningKey, statement_key_name},
};
use serde::{Deserialize, Deserializer, de::Error as _};
use zeroize::Zeroizing;

use crate::flow::SessionLimits;

/// The `[console]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleSettings {
    /// Where browsers connect.
    pub listen: SocketAddr,
    /// How they know this service: `https://host` or `https://host:port`. Issuers send them back there.
    pub public_url: String,
    /// A session that is not used for so long ends, s.
    #[serde(default = "default_idle_s")]
    pub idle_s: u64,
    /// A session ends after so long in any case, s.
    #[serde(default = "default_total_s")]
    pub total_s: u64,
    /// The central office's statement key (PKCS#8, PEM), which signs what is decided at the console; none: nothing is signed, and
    /// once a key is registered nothing can be decided there.
    #[serde(default)]
    pub statement_key: Option<PathBuf>,
    /// How long it is kept who saw what, days.
    #[serde(default = "default_keep_views_days", deserialize_with = "days")]
    pub keep_views_days: u32,
}

/// The console's statement key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementKeyError {
    /// The file.
    #[error("console.statement_key: {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in it.
    #[error("console.statement_key: {path}")]
    NoKey {
        /// Which.
        path: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
}

/// The public address is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("console.public_url: {0} is not https://host or https://host:port")]
pub struct PublicUrlError(String);

impl ConsoleSettings {
    /// Scheme, host and port as a browser writes them (RFC 6454 6.2).
    ///
    /// # Errors
    /// If it is none.
    pub fn origin(&self) -> Result<String, PublicUrlError> {
        let wrong = || PublicUrlError(self.public_url.clone());
        let uri: Uri = self.public_url.parse().map_err(|_| wrong())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?.to_ascii_lowercase();
        let plain = uri.path() == "/" && uri.query().is_none();
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        if uri.scheme_str() != Some("https") || !plain || authority.contains('@') {
            return Err(wrong());
        }
        Ok(match uri.port_u16() {
            None | Some(443) => format!("https://{host}"),
            Some(port) => format!("https://{host}:{port}"),
        })
    }

    /// The central office's statement key, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, or holds none.
    pub fn statement_key(
        &self,
        trust_domain: &TrustDomain,
        agency: &AgencyId,
    ) -> Result<Option<SigningKey>, StatementKeyError> {
        let Some(path) = self.statement_key.clone() else { return Ok(None) };
        let pem = match std::fs::read_to_string(&path) {
            Ok(pem) => Zeroizing::new(pem),
            Err(source) => return Err(StatementKeyError::Unreadable { path, source }),
        };
        let key = SigningKey::from_pem(&statement_key_name(trust_domain.as_str(), agency), &pem);
        key.map(Some).map_err(|source| StatementKeyError::NoKey { path, source })
    }

    /// How long sessions last.
    pub fn limits(&self) -> SessionLimits {
        SessionLimits { idle: Duration::from_secs(self.idle_s), total: Duration::from_secs(self.total_s) }
    }
}

fn default_idle_s() -> u64 {
    SessionLimits::default().idle.as_secs()
}

fn default_total_s() -> u64 {
    SessionLimits::default().total.as_secs()
}

/// How long it is kept who saw what where nothing is said: as long as what was asked (BDSG § 76(4)). Counts as well where the
/// pages were switched off since.
pub(crate) fn default_keep_views_days() -> u32 {
    liaison::Settings::default().keep_days
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(deserializer)?;
    if (1..=MOST_DAYS).contains(&days) {
        Ok(days)
    } else {
        Err(D::Error::custom(format!("console.keep_views_days: must be 1 to {MOST_DAYS}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(public_url: &str) -> Option<String> {
        let settings = ConsoleSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: public_url.into(),
            idle_s: 1,
            total_s: 1,
            statement_key: None,
            keep_views_days: 1,
        };
        settings.origin().ok()
    }

    #[test]
    fn the_origin_is_written_as_browsers_write_it() {
        assert_eq!(origin("https://Hub.example").as_deref(), Some("https://hub.example"));
        assert_eq!(origin("https://hub.example:443/").as_deref(), Some("https://hub.example"));
        assert_eq!(origin("https://[::1]:8443").as_deref(), Some("https://[::1]:8443"));
        for bad in [
            "",
            "hub.example",
            "http://hub.example",
            "https://",
            "https://hub.example/x",
            "https://a@hub.example",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn views_are_kept_for_a_term_of_their_own() {
        let read = |days: &str| {
            let text = format!("listen = \"127.0.0.1:1\"\npublic_url = \"https://hub.example\"\n{days}");
            toml::from_str::<ConsoleSettings>(&text)
                .map(|settings| settings.keep_views_days)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(""), Ok(730));
        assert_eq!(read("keep_views_days = 90"), Ok(90));
        for bad in ["0", "3654"] {
            let error = read(&format!("keep_views_days = {bad}")).unwrap_err();
            assert!(error.contains("console.keep_views_days: must be 1 to 3653"), "{error}");
        }
    }
}
