//! Issuers are asked over TLS, and only those for whom their own trust anchors vouch.

use std::{path::Path, sync::Arc};

use meldeverbund_certs::Clock;
use meldeverbund_people::{IssuerSettings, Issuers, Role, SettingsError, TokenRefusal, testing::Mint};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::office::{AGENCY, Office};

/// Serves an issuer's metadata and keys over TLS; gives its name and its certificate.
async fn serve(office: &Office) -> (String, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let name = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(meldeverbund_certs::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let metadata = json!({
        "issuer": name, "authorization_endpoint": format!("{name}/authorize"), "jwks_uri": format!("{name}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    let keys = json!({ "keys": [office.issuer.key().public()] });
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
            let mut request = vec![0; 4096];
            let read = tls.read(&mut request).await.unwrap();
            let is_keys = request[..read].starts_with(b"GET /keys ");
            let body = if is_keys { &keys } else { &metadata }.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            tls.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            tls.shutdown().await.unwrap();
        }
    });
    (name, certificate.pem())
}

fn issuers(office: &Office, name: &str, anchors: &Path) -> Result<Issuers, SettingsError> {
    let settings = IssuerSettings {
        issuer: name.to_owned(),
        trust_anchors: Some(anchors.to_owned()),
        insecure_loopback: false,
        ..office.issuer.settings(&AGENCY.parse().unwrap())
    };
    Issuers::new([settings], &Clock::system())
}

fn token(office: &Office, name: &str) -> Mint {
    office.issuer.token(&[Role::Auditor], office.now).claim("iss", name)
}

#[tokio::test]
async fn an_issuer_under_its_own_trust_anchors_is_asked() {
    let office = Office::new().await;
    let (name, certificate) = serve(&office).await;
    let folder = tempfile::tempdir().unwrap();
    let anchors = folder.path().join("login-ca.pem");
    std::fs::write(&anchors, certificate).unwrap();
    let issuers = issuers(&office, &name, &anchors).unwrap();
    issuers.verify_bearer(&token(&office, &name).sign(), office.now).await.unwrap();
}

#[tokio::test]
async fn an_issuer_under_other_trust_anchors_is_not_believed() {
    let office = Office::new().await;
    let (name, _) = serve(&office).await;
    let folder = tempfile::tempdir().unwrap();
    let anchors = folder.path().join("login-ca.pem");
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&anchors, other.cert.pem()).unwrap();
    let issuers = issuers(&office, &name, &anchors).unwrap();
    let refusal = issuers.verify_bearer(&token(&office, &name).sign(), office.now).await.unwrap_err();
    assert!(matches!(&refusal, TokenRefusal::IssuerUnavailable(why) if why.to_string().contains("TLS")));
}

#[tokio::test]
async fn without_trust_anchors_there_is_no_start() {
    let office = Office::new().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pem");
    let name = "https://login.example";
    assert!(matches!(issuers(&office, name, &missing), Err(SettingsError::TrustAnchors { .. })));
    std::fs::write(&missing, "no certificate").unwrap();
    assert!(matches!(issuers(&office, name, &missing), Err(SettingsError::TrustAnchors { .. })));
    let none = IssuerSettings {
        issuer: name.into(),
        insecure_loopback: false,
        ..office.issuer.settings(&AGENCY.parse().unwrap())
    };
    assert!(matches!(Issuers::new([none], &Clock::system()), Err(SettingsError::NoTrustAnchors(_))));
}
