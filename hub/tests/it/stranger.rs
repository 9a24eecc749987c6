//! A node as anyone could write it: a plain rustls client with any certificate, and a certificate of any contents.

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use hyper_util::rt::TokioIo;
use meldeverbund_certs::{CertificateFacts, Clock, KeyFingerprint, authority::Authority};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::{
    AlertDescription, ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::{Channel, Endpoint};

use crate::harness::DOMAIN;

/// A certificate with its key.
pub(crate) struct Credentials {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Credentials {
    /// The public key, as the registry knows it.
    pub(crate) fn public_key(&self) -> KeyFingerprint {
        CertificateFacts::read(&self.chain[0]).unwrap().public_key
    }

    /// The certificate of a key that was made here, signed by itself.
    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], key: key.serialize_der() }
    }
}

/// The name of an agency's node in this federation.
pub(crate) fn name(agency: &str) -> String {
    format!("spiffe://{DOMAIN}/agency/{agency}/node/main")
}

/// What a node's certificate has, before a test spoils it.
pub(crate) fn usual(uris: &[&str], now: SystemTime) -> CertificateParams {
    let day = std::time::Duration::from_secs(24 * 3600);
    let mut params = CertificateParams::default();
    params.not_before = (now - day).into();
    params.not_after = (now + day * 30).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
    params.use_authority_key_identifier_extension = true;
    params
}

/// A certificate that the authority signs although it would never issue it.
pub(crate) fn signed(authority: &Authority, params: &CertificateParams) -> Credentials {
    let certificate = std::fs::read_to_string(authority.certificate_file()).unwrap();
    let key = std::fs::read_to_string(authority.certificate_file().with_file_name("ca.key")).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&certificate, KeyPair::from_pem(&key).unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    Credentials { chain: vec![certificate.der().clone()], key: key.serialize_der() }
}

/// A channel with these credentials, or none; the hub may refuse it on the first call only (TLS 1.3).
pub(crate) async fn channel(
    hub: SocketAddr,
    authority: &Authority,
    clock: &Clock,
    own: Option<&Credentials>,
) -> Result<Channel, tonic::transport::Error> {
    let tls = connector(authority, clock, own);
    let connect = move |_: http::Uri| {
        let tls = tls.clone();
        async move { open(&tls, hub).await.map(TokioIo::new) }
    };
    let endpoint = Endpoint::from_shared(format!("https://{hub}")).unwrap();
    endpoint.connect_with_connector(tower::service_fn(connect)).await
}

/// The TLS alert with which the hub refuses these credentials. A gRPC client seldom passes it on.
pub(crate) async fn alert(
    hub: SocketAddr,
    authority: &Authority,
    clock: &Clock,
    own: Option<&Credentials>,
) -> AlertDescription {
    let error = match open(&connector(authority, clock, own), hub).await {
        Err(error) => error,
        Ok(mut stream) => stream.read_to_end(&mut Vec::new()).await.expect_err("must be refused"),
    };
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => panic!("not an alert: {error:?}"),
    }
}

fn connector(authority: &Authority, clock: &Clock, own: Option<&Credentials>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.certificate_file()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        Some(Credentials { chain, key }) => {
            let key = PrivateKeyDer::try_from(key.clone()).unwrap();
            builder.with_client_auth_cert(chain.clone(), key).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn open(tls: &TlsConnector, hub: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    tls.connect(name, TcpStream::connect(hub).await?).await
}
