//! The path from the own certificate to an own trust anchor, verified as a peer will verify it.

use std::time::SystemTime;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, UnixTime},
};
use webpki::{
    CertRevocationList, EndEntityCert, Error, KeyUsage, OwnedCertRevocationList, RevocationOptions,
    RevocationOptionsBuilder,
};

use crate::{
    CertificateFacts, TlsError, TlsFiles, material::Usage, provider::SIGNATURES, revocation::RevocationList,
};

/// The own certificate, what leads from it to a trust anchor, and what it is for.
pub(crate) struct OwnPath<'a> {
    pub(crate) files: &'a TlsFiles,
    pub(crate) chain: &'a [CertificateDer<'static>],
    pub(crate) roots: &'a RootCertStore,
    pub(crate) facts: &'a CertificateFacts,
    pub(crate) usage: Usage,
}

impl OwnPath<'_> {
    /// The certificate must be one that a peer with the same anchors takes, if not now then when it was new: a node
    /// whose certificate ran out starts all the same. `true` if it is valid now.
    pub(crate) fn check(&self, now: SystemTime) -> Result<bool, TlsError> {
        let failed = |source| TlsError::Chain {
            certificate: self.files.certificate.clone(),
            anchors: self.files.trust_anchors.clone(),
            source,
        };
        match self.verify(now, None) {
            Ok(()) => Ok(true),
            Err(error) if !is_about_time(&error) => Err(failed(error)),
            Err(_) => match self.verify(self.facts.not_before, None) {
                Err(error) if !is_about_time(&error) => Err(failed(error)),
                _ => Ok(false),
            },
        }
    }

    /// Whether the own lists revoke the own certificate or an authority above it. Lists from which this cannot be
    /// told (their scope is another, their authority may not sign lists) would have peers refused as well: they are
    /// an error here.
    pub(crate) fn is_revoked(&self, lists: &[RevocationList], at: SystemTime) -> Result<bool, TlsError> {
        let parsed = lists.iter().map(|list| OwnedCertRevocationList::from_der(&list.der));
        let parsed: Vec<CertRevocationList<'_>> = parsed.filter_map(Result::ok).map(Into::into).collect();
        let parsed: Vec<&CertRevocationList<'_>> = parsed.iter().collect();
        let Ok(options) = RevocationOptionsBuilder::new(&parsed) else { return Ok(false) };
        match self.verify(at, Some(options.build())) {
            Ok(()) => Ok(false),
            Err(Error::CertRevoked) => Ok(true),
            Err(error) if is_about_time(&error) => Ok(false),
            Err(source) => Err(TlsError::Undecided {
                certificate: self.files.certificate.clone(),
                revocations: self.files.revocations.clone().unwrap_or_default(),
                source,
            }),
        }
    }

    fn verify(&self, at: SystemTime, revocation: Option<RevocationOptions<'_>>) -> Result<(), Error> {
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(at);
        let usage = match self.usage {
            Usage::Server => KeyUsage::server_auth(),
            Usage::Client => KeyUsage::client_auth(),
        };
        let (leaf, roots) = (EndEntityCert::try_from(&self.chain[0])?, &self.roots.roots);
        leaf.verify_for_usage(SIGNATURES.all, roots, &self.chain[1..], at, usage, revocation, None)
            .map(|_| ())
    }
}

fn is_about_time(error: &Error) -> bool {
    matches!(error, Error::CertExpired { .. } | Error::CertNotValidYet { .. })
}
