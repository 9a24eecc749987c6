//! What `show` says of one thing in a file.

use std::time::SystemTime;

use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, SubjectPublicKeyInfoDer, pem::SectionKind,
};
use serde_json::{Value, json};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _,
    revocation_list::CertificateRevocationList, x509::SubjectPublicKeyInfo,
};

use super::output::instant;
use crate::{CertificateFacts, Identity, KeyFingerprint, Serial, TrustDomain, authority::Request, facts};

/// Describes a PEM section, or `None` if it is of no interest here. Never shows a private key.
pub(super) fn section(kind: SectionKind, bytes: &[u8], now: SystemTime) -> Option<Value> {
    match kind {
        SectionKind::Certificate => certificate(&CertificateDer::from(bytes), now),
        SectionKind::Crl => list(&CertificateRevocationListDer::from(bytes), now),
        SectionKind::Csr => request(bytes),
        SectionKind::PublicKey => public_key(&SubjectPublicKeyInfoDer::from(bytes)),
        SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey => {
            private_key(bytes)
        }
        _ => None,
    }
}

pub(super) fn certificate(der: &CertificateDer<'_>, now: SystemTime) -> Option<Value> {
    let certificate = facts::parse(der).ok()?;
    let facts = CertificateFacts::read(der).ok()?;
    let names = names(&certificate);
    let uris: Vec<&str> =
        names.iter().filter_map(|n| if let GeneralName::URI(uri) = n { Some(*uri) } else { None }).collect();
    let status = if now < facts.not_before {
        "not yet valid"
    } else if now > facts.not_after {
        "expired"
    } else {
        "valid"
    };
    Some(json!({
        "kind": "certificate",
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": facts.serial,
        "name": identity(&uris),
        "uris": uris,
        "hosts": names.iter().filter_map(host).collect::<Vec<_>>(),
        "purposes": purposes(&certificate),
        "authority": certificate.is_ca(),
        "not_before": instant(facts.not_before),
        "not_after": instant(facts.not_after),
        "status": status,
        "key": algorithm(certificate.public_key()),
        "public_key": facts.public_key,
    }))
}

/// The one name in the certificate, with its trust domain; wrong names are shown as URIs only.
fn identity(uris: &[&str]) -> Value {
    let [uri] = uris else { return Value::Null };
    let Some((identity, domain)) = trust_domain(uri)
        .and_then(|domain| Identity::from_uri(uri, &domain).ok().map(|identity| (identity, domain)))
    else {
        return Value::Null;
    };
    json!({ "agency": identity.agency.as_str(), "node": identity.node.as_str(), "trust_domain": domain })
}

/// The trust domain that a URI name claims.
pub(super) fn trust_domain(uri: &str) -> Option<TrustDomain> {
    uri.strip_prefix("spiffe://")?.split('/').next()?.parse().ok()
}

fn names<'a>(certificate: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    match certificate.subject_alternative_name() {
        Ok(Some(names)) => &names.value.general_names,
        _ => &[],
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => facts::address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn purposes(certificate: &X509Certificate<'_>) -> Vec<&'static str> {
    let Ok(Some(usage)) = certificate.extended_key_usage() else { return Vec::new() };
    let known = [(usage.value.client_auth, "client"), (usage.value.server_auth, "server")];
    known.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
}

fn list(der: &CertificateRevocationListDer<'_>, now: SystemTime) -> Option<Value> {
    let (_, list) = CertificateRevocationList::from_der(der).ok()?;
    let next = list.next_update().map(facts::system_time);
    let entries: Vec<Value> = list
        .iter_revoked_certificates()
        .map(|entry| {
            json!({
                "serial": Serial::from_bytes(entry.raw_serial()),
                "revoked_at": instant(facts::system_time(entry.revocation_date)),
                "reason": entry.reason_code().map_or_else(|| "unspecified".to_owned(), |(_, code)| code.to_string()),
            })
        })
        .collect();
    Some(json!({
        "kind": "revocation list",
        "issuer": list.issuer().to_string(),
        "number": list.crl_number().map(ToString::to_string),
        "this_update": instant(facts::system_time(list.last_update())),
        "next_update": next.map(instant),
        "status": if next.is_some_and(|next| now >= next) { "overdue" } else { "current" },
        "revoked": entries,
    }))
}

fn request(der: &[u8]) -> Option<Value> {
    let request = Request::from_der(der).ok()?;
    let uris: Vec<&str> = request.uris().iter().map(String::as_str).collect();
    Some(json!({
        "kind": "request",
        "name": identity(&uris),
        "uris": uris,
        "public_key": request.fingerprint(),
    }))
}

fn public_key(der: &SubjectPublicKeyInfoDer<'_>) -> Option<Value> {
    let (_, key) = SubjectPublicKeyInfo::from_der(der).ok()?;
    Some(json!({ "kind": "public key", "key": algorithm(&key), "public_key": KeyFingerprint::of_spki(der) }))
}

fn private_key(der: &[u8]) -> Option<Value> {
    let key = PrivateKeyDer::try_from(der).ok()?;
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).ok()?;
    let spki = key.public_key()?;
    let (_, parsed) = SubjectPublicKeyInfo::from_der(&spki).ok()?;
    Some(json!({
        "kind": "private key", "key": algorithm(&parsed), "public_key": KeyFingerprint::of_spki(&spki),
    }))
}

/// The key's algorithm, and whether it is one of ours.
fn algorithm(key: &SubjectPublicKeyInfo<'_>) -> String {
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let name = match curve.map(|oid| oid.to_id_string()).as_deref() {
        Some("1.2.840.10045.3.1.7") => return "ECDSA P-256".to_owned(),
        Some("1.3.132.0.34") => return "ECDSA P-384".to_owned(),
        Some("1.3.132.0.35") => "ECDSA P-521".to_owned(),
        Some(curve) => format!("curve {curve}"),
        None => match key.parsed() {
            Ok(x509_parser::public_key::PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
            _ => format!("algorithm {}", key.algorithm.algorithm),
        },
    };
    format!("{name} (not usable here)")
}
