//! Credentials read from disk and checked against themselves, before anyone is connected with them.

use std::{sync::Arc, time::SystemTime};

use rustls::{
    RootCertStore,
    pki_types::{
        CertificateDer, CertificateRevocationListDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};

use crate::{
    CertificateFacts, Identity, TlsError, TlsFiles, TrustDomain, facts,
    files::RawFiles,
    own_path::OwnPath,
    provider::SIGNATURES,
    revocation::{RevocationList, read_lists, subject},
};

/// One consistent set of credentials.
#[derive(Debug)]
pub(crate) struct Material {
    pub(crate) own: Arc<CertifiedKey>,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) lists: Vec<RevocationList>,
    pub(crate) facts: CertificateFacts,
    /// The own name; `None` where the PKI writes none and the key is registered instead.
    pub(crate) identity: Option<Identity>,
    /// The own certificate or an authority's above it stands on one of the own lists.
    pub(crate) revoked: bool,
    /// Everyone on the machine can read the private key.
    pub(crate) key_is_exposed: bool,
    /// The certificate and every intermediate one were valid when they were read.
    pub(crate) valid_now: bool,
    /// The first instant at which the certificate or an intermediate one ends.
    pub(crate) not_after: SystemTime,
    /// The first instant at which a trust anchor's own validity ends.
    pub(crate) anchors_not_after: SystemTime,
}

/// Which side of a connection the own certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    Server,
    Client,
}

impl Material {
    /// Everything that can be said about the files without a peer. Whether the certificate is valid *now* is not
    /// among it: a node whose certificate ran out still starts, works offline and says so.
    pub(crate) fn parse(
        files: &TlsFiles,
        raw: &RawFiles,
        domain: &TrustDomain,
        usage: Usage,
        now: SystemTime,
    ) -> Result<Self, TlsError> {
        let chain = certificates(&files.certificate, &raw.certificate)?;
        let leaf = &chain[0];
        let anchors = certificates(&files.trust_anchors, &raw.trust_anchors)?;
        let unreadable = |source| TlsError::Name { path: files.certificate.clone(), source };
        let facts = CertificateFacts::read(leaf).map_err(unreadable)?;
        let identity = facts::name_in(leaf, domain).map_err(unreadable)?;

        let own = certified_key(files, &raw.key, chain.clone())?;
        let roots = trust_anchors(files, &anchors)?;
        let authorities: Vec<_> = anchors.iter().chain(&chain[1..]).cloned().collect();
        let lists = match (&files.revocations, &raw.revocations) {
            (Some(path), Some(bytes)) => {
                check_names(files, &anchors)?;
                read_lists(path, sections(path, bytes, "revocation list")?, &authorities)?
            }
            _ => Vec::new(),
        };
        let path = OwnPath { files, chain: &chain, roots: &roots, facts: &facts, usage };
        let valid_now = path.check(now)?;
        let revoked = path.is_revoked(&lists, if valid_now { now } else { facts.not_before })?;
        Ok(Self {
            own,
            roots: Arc::new(roots),
            lists,
            facts,
            identity,
            revoked,
            key_is_exposed: raw.key_is_exposed,
            valid_now,
            not_after: first_end(&chain),
            anchors_not_after: first_end(&anchors),
        })
    }

    pub(crate) fn is_valid_at(&self, now: SystemTime) -> bool {
        now >= self.facts.not_before && now <= self.not_after
    }

    pub(crate) fn list_ders(&self) -> Vec<CertificateRevocationListDer<'static>> {
        self.lists.iter().map(|list| list.der.clone()).collect()
    }
}

pub(crate) fn certificates(
    path: &std::path::Path,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    sections(path, bytes, "certificate")
}

fn sections<T: PemObject>(
    path: &std::path::Path,
    bytes: &[u8],
    kind: &'static str,
) -> Result<Vec<T>, TlsError> {
    let all: Vec<T> = T::pem_slice_iter(bytes)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Pem { path: path.to_owned(), source })?;
    if all.is_empty() { Err(TlsError::Empty { path: path.to_owned(), kind }) } else { Ok(all) }
}

fn certified_key(
    files: &TlsFiles,
    bytes: &[u8],
    chain: Vec<CertificateDer<'static>>,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let path = files.key.clone();
    let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|source| match source {
        pem::Error::NoItemsFound if is_encrypted(bytes) => TlsError::EncryptedKey { path: path.clone() },
        pem::Error::NoItemsFound => TlsError::Empty { path: path.clone(), kind: "private key" },
        source => TlsError::Pem { path: path.clone(), source },
    })?;
    let key = rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&key)
        .map_err(|_| TlsError::Algorithm { path: path.clone() })?;
    // P-521 is ECDSA too, but has no place in our signature schemes.
    if key.choose_scheme(&SIGNATURES.supported_schemes()).is_none() {
        return Err(TlsError::Algorithm { path });
    }
    let own = CertifiedKey::new(chain, key);
    match own.keys_match() {
        Ok(()) => Ok(Arc::new(own)),
        Err(_) => Err(TlsError::KeyMismatch { key: path, certificate: files.certificate.clone() }),
    }
}

fn is_encrypted(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
    marks.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark))
}

fn trust_anchors(files: &TlsFiles, anchors: &[CertificateDer<'static>]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for (index, anchor) in anchors.iter().enumerate() {
        let (path, number) = (files.trust_anchors.clone(), index + 1);
        // webpki would take any certificate for an anchor; a leaf put here by mistake must not become an authority.
        if !facts::parse(anchor).is_ok_and(|certificate| certificate.is_ca()) {
            return Err(TlsError::NotAnAuthority { path, number });
        }
        roots.add(anchor.clone()).map_err(|source| TlsError::Anchor { path, number, source })?;
    }
    Ok(roots)
}

/// webpki finds an authority's list by its name alone.
fn check_names(files: &TlsFiles, anchors: &[CertificateDer<'static>]) -> Result<(), TlsError> {
    for (index, anchor) in anchors.iter().enumerate() {
        let name = subject(anchor);
        if anchors[..index].iter().any(|other| other != anchor && subject(other) == name) {
            return Err(TlsError::SameName { path: files.trust_anchors.clone(), name: name.text });
        }
    }
    Ok(())
}

/// When the first of these certificates ends.
fn first_end(certificates: &[CertificateDer<'static>]) -> SystemTime {
    let ends =
        certificates.iter().filter_map(|der| CertificateFacts::read(der).ok()).map(|facts| facts.not_after);
    ends.min().unwrap_or(SystemTime::UNIX_EPOCH)
}
