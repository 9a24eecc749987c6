//! Revocation lists (RFC 5280 section 5): checked once when they are taken up, so that a bad one is named then and
//! not at every handshake.

use std::{path::Path, time::SystemTime};

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use webpki::OwnedCertRevocationList;
use x509_parser::{prelude::FromDer as _, revocation_list::CertificateRevocationList, x509::X509Name};

use crate::{Serial, TlsError, facts};

/// One authority's revocation list.
#[derive(Debug, Clone)]
pub(crate) struct RevocationList {
    pub(crate) der: CertificateRevocationListDer<'static>,
    pub(crate) facts: RevocationListFacts,
    pub(crate) issuer: Name,
}

/// An authority's name: two are one if their bytes are, which is how webpki finds an authority's list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Name {
    der: Vec<u8>,
    pub(crate) text: String,
}

/// What a revocation list says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationListFacts {
    /// The authority.
    pub issuer: String,
    /// The list's number, growing with each issue; some authorities give none.
    pub number: Option<Serial>,
    /// Made at this instant.
    pub this_update: SystemTime,
    /// The next one is promised for this instant.
    pub next_update: Option<SystemTime>,
    /// How many certificates it names.
    pub entries: usize,
}

impl RevocationList {
    /// Whether `other`, of the same authority, was issued after this one.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        let key = |serial: &Serial| (serial.as_bytes().len(), serial.as_bytes().to_vec());
        match (&self.facts.number, &other.facts.number) {
            (Some(mine), Some(theirs)) => key(mine) < key(theirs),
            _ => self.facts.this_update < other.facts.this_update,
        }
    }
}

/// Reads the lists and checks that each authority has one and signed it.
pub(crate) fn read_lists(
    path: &Path,
    lists: Vec<CertificateRevocationListDer<'static>>,
    authorities: &[CertificateDer<'static>],
) -> Result<Vec<RevocationList>, TlsError> {
    let mut read = Vec::with_capacity(lists.len());
    for (index, der) in lists.into_iter().enumerate() {
        read.push(read_list(path, index + 1, der, authorities)?);
    }
    for authority in authorities {
        let name = subject(authority);
        if !read.iter().any(|list| list.issuer == name) {
            return Err(TlsError::ListMissing { path: path.to_owned(), issuer: name.text });
        }
    }
    Ok(read)
}

fn read_list(
    path: &Path,
    number: usize,
    der: CertificateRevocationListDer<'static>,
    authorities: &[CertificateDer<'static>],
) -> Result<RevocationList, TlsError> {
    let failed = |source| TlsError::List { path: path.to_owned(), number, source };
    // webpki decides what a usable list is; x509-parser only reads out what webpki keeps to itself.
    OwnedCertRevocationList::from_der(&der).map_err(failed)?;
    let (_, list) = CertificateRevocationList::from_der(&der).map_err(|_| failed(webpki::Error::BadDer))?;
    let issuer = Name::of(list.issuer());
    let signers: Vec<_> = authorities.iter().filter(|authority| subject(authority) == issuer).collect();
    let signed = signers.iter().any(|signer| {
        facts::parse(signer).is_ok_and(|signer| list.verify_signature(signer.public_key()).is_ok())
    });
    // A list of an authority that only peers present (an intermediate of theirs) cannot be checked here; webpki
    // checks its signature at the handshake.
    if !signers.is_empty() && !signed {
        return Err(TlsError::ListSignature { path: path.to_owned(), issuer: issuer.text });
    }
    let facts = RevocationListFacts {
        issuer: issuer.text.clone(),
        number: list.crl_number().map(|number| Serial::from_bytes(&number.to_bytes_be())),
        this_update: facts::system_time(list.last_update()),
        next_update: list.next_update().map(facts::system_time),
        entries: list.iter_revoked_certificates().count(),
    };
    Ok(RevocationList { facts, issuer, der })
}

pub(crate) fn subject(certificate: &CertificateDer<'_>) -> Name {
    facts::parse(certificate).map(|certificate| Name::of(certificate.subject())).unwrap_or_default()
}

impl Name {
    fn of(name: &X509Name<'_>) -> Self {
        Self { der: name.as_raw().to_vec(), text: name.to_string() }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}
