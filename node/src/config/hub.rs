//! The hub and the way to it.

use std::{collections::HashSet, slice, time::Duration};

use http::Uri;
use meldeverbund_certs::{KeyFingerprint, Proxy, TrustDomain};
use meldeverbund_proto::AgencyId;
use serde::Deserialize;

use super::parsed;

/// Most addresses of one hub: more of them would only make a node that finds none search longer.
const ADDRESSES: usize = 16;

/// The hub and the way to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    #[serde(default, deserialize_with = "parsed::one_address")]
    address: Option<Uri>,
    #[serde(default, deserialize_with = "parsed::addresses")]
    addresses: Option<Vec<Uri>>,
    /// The agency that runs the hub; its certificate must name it.
    #[serde(deserialize_with = "parsed::parsed")]
    pub agency: AgencyId,
    /// The federation's trust domain.
    pub trust_domain: TrustDomain,
    /// An HTTP CONNECT proxy.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// The name in the hub's certificate, where it is not the address's: behind a tunnel.
    #[serde(default)]
    pub server_name: Option<String>,
    /// SHA-256 of the hub's public key, where its PKI issues no URI names.
    #[serde(default)]
    pub public_key: Option<KeyFingerprint>,
    /// How long connecting may take.
    #[serde(default = "Hub::connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// How often a quiet line is probed.
    #[serde(default = "Hub::keepalive_s")]
    pub keepalive_s: u64,
    /// Greatest age of a connection, then it is made anew.
    #[serde(default = "Hub::connection_age_h")]
    pub connection_age_h: u64,
    /// Whether submissions are compressed on the line.
    #[serde(default)]
    pub gzip: bool,
}

impl Hub {
    /// The hub's addresses, `https://host:port` each; at least one.
    pub fn addresses(&self) -> &[Uri] {
        match (&self.addresses, &self.address) {
            (Some(several), _) => several,
            (None, one) => one.as_ref().map(slice::from_ref).unwrap_or_default(),
        }
    }

    /// Whether it is said in one way, and only one, where the hub is.
    pub(super) fn is_addressed_once(&self) -> bool {
        self.address.is_some() != self.addresses.is_some()
    }

    /// Whether each address stands for itself, and a node gets through with them.
    pub(super) fn has_sound_addresses(&self) -> bool {
        let (all, mut seen) = (self.addresses(), HashSet::new());
        let spelling = |uri: &Uri| uri.authority().map(|place| place.as_str().to_ascii_lowercase());
        (1..=ADDRESSES).contains(&all.len()) && all.iter().all(|uri| seen.insert(spelling(uri)))
    }

    fn connect_timeout_ms() -> u64 {
        10_000
    }

    fn keepalive_s() -> u64 {
        30
    }

    fn connection_age_h() -> u64 {
        24
    }

    /// How long connecting may take.
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }
}
