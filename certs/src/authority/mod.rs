//! A small certificate authority in a folder, for development, tests and federations without a PKI of their own.
//!
//! | file | contents |
//! | --- | --- |
//! | `ca.pem` | the authority's certificate: everyone's trust anchor |
//! | `ca.key` | its private key, readable by the owner alone |
//! | `revocations.pem` | the current revocation list |
//! | `register.json` | what was issued and revoked; the list is made from it |
//!
//! Time and serial numbers are parameters; private keys come from the provider's random source.

mod error;
mod issue;
mod keys;
mod list;
mod register;
mod renew;
mod request;
mod subject;

pub use error::AuthorityError;
pub use issue::{Issued, Order};
pub use keys::{Curve, PrivateKey};
pub use list::RevocationReason;
pub use register::{Record, Revocation};
pub use request::Request;
pub use subject::{Host, Role, Subject};

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{
    CertificateFacts, Serial, TrustDomain,
    publish::{self, Secrecy},
};
use register::Register;

/// The name of the authority's certificate inside its folder.
pub const CERTIFICATE_FILE: &str = "ca.pem";
/// The name of the authority's private key inside its folder.
pub const KEY_FILE: &str = "ca.key";
/// The name of the revocation list inside the authority's folder.
pub const REVOCATIONS_FILE: &str = "revocations.pem";

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Clocks differ a little between offices: what is issued now is valid a few minutes ago.
const BACKDATED: Duration = Duration::from_secs(300);

/// What a new authority is like.
#[derive(Debug, Clone)]
pub struct NewAuthority {
    /// The trust domain that it issues names in.
    pub domain: TrustDomain,
    /// Its key's curve.
    pub curve: Curve,
    /// How long its own certificate is valid.
    pub validity: Duration,
    /// How long a revocation list lasts.
    pub list_term: Duration,
    /// Its own certificate's number.
    pub serial: Serial,
}

/// A certificate authority in a folder.
pub struct Authority {
    folder: PathBuf,
    domain: TrustDomain,
    certificate: CertificateDer<'static>,
    not_after: SystemTime,
    issuer: Issuer<'static, KeyPair>,
}

impl NewAuthority {
    /// An authority with the usual terms: P-256, ten years, lists for 30 days.
    pub fn new(domain: TrustDomain) -> Self {
        Self {
            domain,
            curve: Curve::P256,
            validity: DAY * 3650,
            list_term: DAY * 30,
            serial: Serial::generate(),
        }
    }
}

impl Authority {
    /// Makes a new authority in this folder, which is created if need be.
    ///
    /// # Errors
    /// [`AuthorityError::Exists`] if the folder already holds one; otherwise what failed.
    pub fn init(folder: &Path, new: &NewAuthority, now: SystemTime) -> Result<Self, AuthorityError> {
        fs::create_dir_all(folder).map_err(AuthorityError::file(folder))?;
        let key = PrivateKey::generate(new.curve)?;
        let params = authority_params(new, now);
        let certificate = params.self_signed(key.pair())?;
        let path = folder.join(KEY_FILE);
        // The key comes first and never overwrites: from here on the folder is taken.
        publish::create(&path, key.pem().as_bytes(), Secrecy::Owner)
            .map_err(AuthorityError::new_file(&path))?;
        let path = folder.join(CERTIFICATE_FILE);
        publish::create(&path, certificate.pem().as_bytes(), Secrecy::Public)
            .map_err(AuthorityError::new_file(&path))?;
        Register::new(new.domain.clone(), new.list_term).create(folder)?;
        let authority = Self::open(folder)?;
        authority.publish_list(now)?;
        Ok(authority)
    }

    /// Opens the authority in this folder.
    ///
    /// # Errors
    /// What is missing or broken.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join(CERTIFICATE_FILE);
        let pem = fs::read(&path).map_err(AuthorityError::file(&path))?;
        let broken = |path: &Path| AuthorityError::Broken { path: path.to_owned() };
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| broken(&path))?;
        let not_after = CertificateFacts::read(&certificate).map_err(|_| broken(&path))?.not_after;
        let path = folder.join(KEY_FILE);
        let pem = fs::read_to_string(&path).map_err(AuthorityError::file(&path))?;
        let key = KeyPair::from_pem(&pem).map_err(|_| broken(&path))?;
        let domain = Register::read(folder)?.domain;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { folder: folder.to_owned(), domain, certificate, not_after, issuer })
    }

    /// The trust domain that it issues names in.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// The file with its certificate: everyone's trust anchor.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE_FILE)
    }

    /// The file with its revocation list.
    pub fn revocations_file(&self) -> PathBuf {
        self.folder.join(REVOCATIONS_FILE)
    }

    /// Everything it ever issued, oldest first.
    ///
    /// # Errors
    /// The register cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, AuthorityError> {
        Ok(Register::read(&self.folder)?.issued)
    }
}

fn authority_params(new: &NewAuthority, now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = (now - BACKDATED).into();
    params.not_after = (now + new.validity).into();
    params.serial_number = Some(rcgen::SerialNumber::from_slice(new.serial.as_bytes()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Revocation lists are found by the authority's name: each key needs a name of its own.
    let number = new.serial.to_string();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Meldeverbund");
    name.push(DnType::CommonName, format!("{} CA {}", new.domain, &number[..number.len().min(8)]));
    params.distinguished_name = name;
    params
}
