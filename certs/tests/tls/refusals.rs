//! Every node that must not get in, refused at the handshake with an alert as specific as TLS has one.

use std::{collections::HashMap, time::Duration};

use meldeverbund_certs::{
    KeyFingerprint,
    authority::{Authority, NewAuthority, RevocationReason},
};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};
use rustls::{
    AlertDescription,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::{
    harness::{DAY, Federation, domain, identity, start},
    stranger::{
        Credentials, authority_key, config, connect, refusal, signed, signed_with, usual, usual_provider,
    },
};

const GOOD: &str = "spiffe://meldeverbund.example/agency/de-nw-lka/node/main";

#[tokio::test]
async fn what_is_spoiled_below_is_good_at_first() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let own = signed(&federation.authority, &usual(&[GOOD]));
    connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
    assert_eq!(hub.arrived().await.identity(), identity("de-nw-lka", "main"));
}

#[tokio::test]
async fn no_certificate() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    assert_eq!(refusal(&federation, &hub, None).await, AlertDescription::CertificateRequired);
}

#[tokio::test]
async fn names_that_are_nobodys() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let two = [GOOD, "spiffe://meldeverbund.example/agency/de-by-lka/node/main"];
    for uris in [
        &[][..],
        &["spiffe://other.example/agency/de-nw-lka/node/main"],
        &two,
        &[GOOD, GOOD],
        &[GOOD, "https://de-nw-lka.example/"],
        &["https://meldeverbund.example/agency/de-nw-lka/node/main"],
        &["spiffe://meldeverbund.example/agency/de-nw-lka"],
        &["spiffe://meldeverbund.example/agency/de-nw-lka/node/main/more"],
        &["spiffe://meldeverbund.example/agency/DE-NW-LKA/node/main"],
        &["spiffe://MELDEVERBUND.example/agency/de-nw-lka/node/main"],
        &["SPIFFE://meldeverbund.example/agency/de-nw-lka/node/main"],
        &["spiffe://meldeverbund.example/agency/de-nw-lka/node/main?a"],
    ] {
        let own = signed(&federation.authority, &usual(uris));
        let alert = refusal(&federation, &hub, Some(own)).await;
        assert_eq!(alert, AlertDescription::AccessDenied, "{uris:?}");
    }
}

#[tokio::test]
async fn a_dns_name_is_no_name() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut params = usual(&[]);
    params.subject_alt_names = vec![rcgen::SanType::DnsName("de-nw-lka.example".try_into().unwrap())];
    params.distinguished_name.push(rcgen::DnType::CommonName, GOOD);
    let own = signed(&federation.authority, &params);
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::AccessDenied);
}

#[tokio::test]
async fn a_registered_key_stands_for_a_name_where_there_is_none() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    // A certificate of a PKI that writes a URI of its own, and one that writes none.
    for uris in [&[][..], &["https://pki.example/holder/17"]] {
        let own = signed(&federation.authority, &usual(uris));
        let key = spki_fingerprint(&own);
        federation.registered.replace(HashMap::from([(key, identity("de-by-lka", "alt"))]));
        connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
        let peer = hub.arrived().await;
        assert_eq!((peer.identity(), peer.public_key), (identity("de-by-lka", "alt"), key));
    }
}

#[tokio::test]
async fn a_registered_key_does_not_mend_a_wrong_name() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for uris in [&["spiffe://other.example/agency/de-nw-lka/node/main"][..], &[GOOD, GOOD]] {
        let own = signed(&federation.authority, &usual(uris));
        let key = spki_fingerprint(&own);
        federation.registered.replace(HashMap::from([(key, identity("de-by-lka", "alt"))]));
        assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::AccessDenied);
    }
}

#[tokio::test]
async fn a_registered_key_does_not_replace_a_good_name() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let own = signed(&federation.authority, &usual(&[GOOD]));
    federation.registered.replace(HashMap::from([(spki_fingerprint(&own), identity("de-by-lka", "alt"))]));
    connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
    assert_eq!(hub.arrived().await.identity(), identity("de-nw-lka", "main"));
}

#[tokio::test]
async fn a_registered_key_still_needs_a_trusted_certificate() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let foreign =
        Authority::init(&federation.folder.path().join("foreign"), &NewAuthority::new(domain()), start());
    let own = signed(&foreign.unwrap(), &usual(&[]));
    federation.registered.replace(HashMap::from([(spki_fingerprint(&own), identity("de-by-lka", "alt"))]));
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnknownCA);
}

#[tokio::test]
async fn expired() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut params = usual(&[GOOD]);
    params.not_after = (start() - Duration::from_secs(1)).into();
    let own = signed(&federation.authority, &params);
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::CertificateExpired);
}

#[tokio::test]
async fn expired_by_the_clock() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let own = || signed(&federation.authority, &usual(&[GOOD]));
    federation.clock.advance(DAY * 29);
    connect(&hub, config(&federation, usual_provider(), Some(own()))).await.unwrap();
    federation.clock.advance(DAY * 2);
    assert_eq!(refusal(&federation, &hub, Some(own())).await, AlertDescription::CertificateExpired);
}

#[tokio::test]
async fn not_yet_valid() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut params = usual(&[GOOD]);
    params.not_before = (start() + Duration::from_secs(60)).into();
    let own = signed(&federation.authority, &params);
    // TLS has one alert for both: "expired or not currently valid" (RFC 8446 6.2).
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::CertificateExpired);
}

#[tokio::test]
async fn revoked() {
    let federation = Federation::new();
    let files = federation.node_files("de-nw-lka");
    let serial = federation.client(&files).state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    let hub = federation.hub().await;
    let own = Credentials::read(&files);
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::CertificateRevoked);
    // Its neighbour is not.
    let own = Credentials::read(&federation.node_files("de-by-lka"));
    connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
}

#[tokio::test]
async fn of_a_foreign_authority() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let new = NewAuthority::new(domain());
    let foreign = Authority::init(&federation.folder.path().join("foreign"), &new, start()).unwrap();
    let own = signed(&foreign, &usual(&[GOOD]));
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnknownCA);
}

#[tokio::test]
async fn of_a_foreign_authority_with_our_authoritys_name() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    // The same number makes the same name; only the key differs.
    let ours = CertificateDer::from_pem_file(federation.authority.certificate_file()).unwrap();
    let serial = meldeverbund_certs::CertificateFacts::read(&ours).unwrap().serial;
    let new = NewAuthority { serial, ..NewAuthority::new(domain()) };
    let foreign = Authority::init(&federation.folder.path().join("foreign"), &new, start()).unwrap();
    let own = signed(&foreign, &usual(&[GOOD]));
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnknownCA);
}

#[tokio::test]
async fn self_signed() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = usual(&[GOOD]).self_signed(&key).unwrap();
    let own =
        Credentials { chain: vec![certificate.der().clone()], key: key.serialize_der().try_into().unwrap() };
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnknownCA);
}

#[tokio::test]
async fn an_authority_in_a_nodes_place() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut params = usual(&[GOOD]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = signed(&federation.authority, &params);
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnsupportedCertificate);
}

#[tokio::test]
async fn for_another_purpose() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for purpose in [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::CodeSigning] {
        let mut params = usual(&[GOOD]);
        params.extended_key_usages = vec![purpose];
        let own = signed(&federation.authority, &params);
        assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnsupportedCertificate);
    }
    // The hub's own certificate opens no door either.
    let own = Credentials::read(&federation.hub_files);
    assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::UnsupportedCertificate);
}

#[tokio::test]
async fn issued_by_a_node() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let node = usual(&[GOOD]).signed_by(&key, &authority_key(&federation.authority)).unwrap();
    // rcgen does not sign without the right to; an attacker would.
    let mut without_limits = usual(&[GOOD]);
    without_limits.key_usages.clear();
    let issuer = rcgen::Issuer::new(without_limits, key);
    let own_key = rcgen::KeyPair::generate().unwrap();
    let params = usual(&["spiffe://meldeverbund.example/agency/de-bka/node/main"]);
    let certificate = params.signed_by(&own_key, &issuer).unwrap();
    let own = Credentials {
        chain: vec![certificate.der().clone(), node.der().clone()],
        key: own_key.serialize_der().try_into().unwrap(),
    };
    let alert = refusal(&federation, &hub, Some(own)).await;
    assert!(matches!(alert, AlertDescription::UnknownCA | AlertDescription::CertificateUnknown), "{alert:?}");
}

#[tokio::test]
async fn other_keys_than_p256_and_p384() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P521_SHA512, &rcgen::PKCS_RSA_SHA256] {
        let own = signed_with(&federation.authority, &usual(&[GOOD]), algorithm);
        // The client finds no signature scheme in common and shows no certificate at all.
        assert_eq!(refusal(&federation, &hub, Some(own)).await, AlertDescription::CertificateRequired);
    }
    let own = signed_with(&federation.authority, &usual(&[GOOD]), &rcgen::PKCS_ECDSA_P384_SHA384);
    connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
}

fn spki_fingerprint(own: &Credentials) -> KeyFingerprint {
    meldeverbund_certs::CertificateFacts::read(&own.chain[0]).unwrap().public_key
}
