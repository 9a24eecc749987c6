//! The issuers that the configuration names.

use std::{collections::BTreeMap, fs, io, path::Path};

use meldeverbund_certs::Clock;
use meldeverbund_proto::AgencyId;
use openidconnect::IssuerUrl;
use zeroize::Zeroizing;

use crate::{IssuerSettings, SettingsError, http::Http, provider::Provider, tls};

/// The issuers that the configuration names, each bound to one agency.
pub struct Issuers {
    by_name: BTreeMap<String, Issuer>,
}

/// One of them.
pub(crate) struct Issuer {
    pub(crate) settings: IssuerSettings,
    pub(crate) provider: Provider,
    /// Our secret at it; shown nowhere.
    pub(crate) secret: Option<Zeroizing<String>>,
}

impl Issuers {
    /// Takes them from the configuration. Nobody is asked yet: an issuer that is away stops no start. The clock judges
    /// the issuers' TLS certificates.
    ///
    /// # Errors
    /// Which issuer's settings cannot be used, and why.
    pub fn new(
        settings: impl IntoIterator<Item = IssuerSettings>,
        clock: &Clock,
    ) -> Result<Self, SettingsError> {
        let mut by_name = BTreeMap::new();
        for settings in settings {
            let name = settings.issuer.clone();
            if by_name.insert(name.clone(), Issuer::new(settings, clock)?).is_some() {
                return Err(SettingsError::Twice(name));
            }
        }
        Ok(Self { by_name })
    }

    /// The issuers' names and agencies, in order of name.
    pub fn agencies(&self) -> impl Iterator<Item = (&str, &AgencyId)> {
        self.by_name.iter().map(|(name, issuer)| (name.as_str(), &issuer.settings.agency))
    }

    /// Whether there are none: then nobody can sign in.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Finds an issuer by its exact name.
    pub(crate) fn find(&self, name: &str) -> Option<&Issuer> {
        self.by_name.get(name)
    }
}

impl Issuer {
    fn new(settings: IssuerSettings, clock: &Clock) -> Result<Self, SettingsError> {
        settings.check()?;
        let http = if settings.insecure_loopback {
            tracing::warn!(
                issuer = settings.issuer,
                "INSECURE: tokens of this issuer are fetched without TLS from this machine; never do this in operation"
            );
            Http::InsecureLoopback
        } else {
            let anchors = settings.trust_anchors.as_deref();
            let anchors = anchors.ok_or_else(|| SettingsError::NoTrustAnchors(settings.issuer.clone()))?;
            Http::tls(tls::client(anchors, clock)?, settings.proxy.clone())
        };
        let url = IssuerUrl::new(settings.issuer.clone())
            .map_err(|_| SettingsError::Issuer(settings.issuer.clone()))?;
        let secret = settings.client_secret_file.as_deref().map(read_secret).transpose()?;
        Ok(Self { provider: Provider::new(url, http), settings, secret })
    }
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, SettingsError> {
    let failed = |source| SettingsError::Secret { path: path.to_owned(), source };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(failed(io::Error::other("it is empty")));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}
