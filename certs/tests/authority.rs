//! The authority as a library.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{
    CertificateFacts, Clock, Identity, RegisteredKeys, Serial, ServerTls, TlsError,
    authority::{
        Authority, AuthorityError, Curve, NewAuthority, Order, PrivateKey, Request, RevocationReason,
    },
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, pem::PemObject as _};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn new() -> NewAuthority {
    NewAuthority::new("meldeverbund.example".parse().unwrap())
}

fn authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::init(folder.path(), &new(), start()).unwrap();
    (folder, authority)
}

fn order() -> Order {
    Order::node(Identity { agency: "de-nw-lka".parse().unwrap(), node: "main".parse().unwrap() })
}

fn facts(pem: &str) -> CertificateFacts {
    CertificateFacts::read(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap()
}

#[test]
fn no_certificate_outlives_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    let authority =
        Authority::init(folder.path(), &NewAuthority { validity: DAY * 10, ..new() }, start()).unwrap();
    let issued = authority.issue(&order(), Curve::P256, start() + DAY * 9).unwrap();
    assert_eq!(facts(&issued.certificate).not_after, start() + DAY * 10);
    let late = authority.issue(&order(), Curve::P256, start() + DAY * 10);
    assert!(matches!(late, Err(AuthorityError::AuthorityExpired)));
    let nothing = authority.issue(&order().valid_for(Duration::ZERO), Curve::P256, start());
    assert!(matches!(nothing, Err(AuthorityError::NoValidity)));
}

#[test]
fn what_is_issued_is_what_was_ordered() {
    let (_folder, authority) = authority();
    let order = Order { serial: Serial::from_random([7; 16]), ..order().valid_for(DAY * 3) };
    let issued = authority.issue(&order, Curve::P384, start()).unwrap();
    let facts = facts(&issued.certificate);
    assert_eq!(facts.serial, order.serial);
    assert_eq!(facts.public_key, issued.key.unwrap().fingerprint());
    // Backdated a little: clocks differ.
    assert_eq!(facts.not_before, start() - Duration::from_secs(300));
    assert_eq!(facts.not_after, start() + DAY * 3);
    assert_eq!(authority.records().unwrap(), [issued.record]);
}

#[test]
fn keys_of_other_kinds_are_not_certified() {
    let (_folder, authority) = authority();
    for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P521_SHA512, &rcgen::PKCS_RSA_SHA256] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        assert!(matches!(PrivateKey::from_pem(&key.serialize_pem()), Err(AuthorityError::Algorithm)));
        let csr = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
        let read = Request::read(csr.pem().unwrap().as_bytes());
        assert!(matches!(read, Err(AuthorityError::Algorithm)));
    }
    assert_eq!(authority.records().unwrap(), []);
}

#[test]
fn a_request_must_be_signed_by_its_own_key() {
    let (_folder, authority) = authority();
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let pem = Request::write(&order().subject, authority.domain(), &key).unwrap();
    assert_eq!(Request::read(pem.as_bytes()).unwrap().fingerprint(), key.fingerprint());
    // The signature stands last.
    let mut der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let base64 = data_encoding::BASE64.encode(&der);
    let spoiled =
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{base64}\n-----END CERTIFICATE REQUEST-----\n");
    assert!(matches!(Request::read(spoiled.as_bytes()), Err(AuthorityError::Request)));
}

#[test]
fn another_authoritys_certificate_with_a_number_of_ours_is_not_renewed() {
    let (_ours, ours) = authority();
    let (_theirs, theirs) = authority();
    let order = order();
    ours.issue(&order, Curve::P256, start()).unwrap();
    let issued = theirs.issue(&order, Curve::P256, start()).unwrap();
    let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    theirs.renew(&der, None, None, start()).unwrap();
    assert!(matches!(ours.renew(&der, None, None, start()), Err(AuthorityError::NotIssued(_))));
}

#[test]
fn a_request_is_not_asked_what_it_may_do() {
    let (_folder, authority) = authority();
    // It asks to be an authority, for servers, under a host's name.
    let mut params = rcgen::CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = params.serialize_request(&key).unwrap();
    let request = Request::read(csr.pem().unwrap().as_bytes()).unwrap();
    assert_eq!(request.identity(authority.domain()).unwrap(), None);
    let issued = authority.issue_request(&order(), &request, start()).unwrap();
    let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
    assert!(!certificate.is_ca());
    let usage = certificate.extended_key_usage().unwrap().unwrap().value.clone();
    assert!(usage.client_auth && !usage.server_auth);
    assert!(!certificate.key_usage().unwrap().unwrap().value.key_cert_sign());
    let names = &certificate.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(names.len(), 1);
}

#[test]
fn opening_what_is_not_there_or_broken() {
    let (folder, _) = authority();
    for file in ["ca.pem", "ca.key", "register.json"] {
        let path = folder.path().join(file);
        let good = fs::read(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        let Err(error) = Authority::open(folder.path()) else { panic!("{file}") };
        assert!(matches!(&error, AuthorityError::Broken { path } if path.ends_with(file)), "{error:?}");
        fs::remove_file(&path).unwrap();
        let Err(error) = Authority::open(folder.path()) else { panic!("{file}") };
        assert!(matches!(&error, AuthorityError::File { path, .. } if path.ends_with(file)), "{error:?}");
        fs::write(&path, good).unwrap();
    }
    Authority::open(folder.path()).unwrap();
}

/// The register is the truth: a list that was lost or not written comes back with the next one.
#[test]
fn a_lost_list_comes_back_whole() {
    let (_folder, authority) = authority();
    let issued = authority.issue(&order(), Curve::P256, start()).unwrap();
    authority.revoke(&issued.record.serial, RevocationReason::KeyCompromise, start()).unwrap();
    fs::remove_file(authority.revocations_file()).unwrap();
    let next = authority.issue(&order(), Curve::P256, start()).unwrap();
    authority.revoke(&next.record.serial, RevocationReason::Superseded, start() + DAY).unwrap();
    let pem = fs::read(authority.revocations_file()).unwrap();
    let der = rustls::pki_types::CertificateRevocationListDer::from_pem_slice(&pem).unwrap();
    let (_, list) = x509_parser::parse_x509_crl(&der).unwrap();
    assert_eq!(list.iter_revoked_certificates().count(), 2);
}

#[test]
fn a_name_of_another_trust_domain_does_not_serve() {
    let (folder, authority) = authority();
    let hub = Order::hub(order().subject.identity, Vec::new());
    let files = authority.issue_into(&folder.path().join("hub"), &hub, Curve::P256, start()).unwrap();
    let clock = Clock::new(start);
    let load = |domain: &str| {
        ServerTls::load(&files, domain.parse().unwrap(), RegisteredKeys::default(), clock.clone())
    };
    assert!(matches!(load("other.example"), Err(TlsError::Name { .. })));
    assert_eq!(load("meldeverbund.example").unwrap().state().identity, Some(hub.subject.identity));
}
