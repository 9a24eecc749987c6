//! The other end as anyone could write it: a plain rustls client or server, with any certificate and parameters.

use std::{net::SocketAddr, path::Path, sync::Arc};

use meldeverbund_certs::{TlsFiles, authority::Authority};
use rcgen::{CertificateParams, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::{
    AlertDescription, ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

use crate::harness::{Federation, Hub, start};

pub(crate) const OURS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// A certificate with its key.
pub(crate) struct Credentials {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Credentials {
    pub(crate) fn read(files: &TlsFiles) -> Self {
        Self {
            chain: vec![CertificateDer::from_pem_file(&files.certificate).unwrap()],
            key: PrivateKeyDer::from_pem_file(&files.key).unwrap(),
        }
    }

    pub(crate) fn write(&self, folder: &Path, files: &TlsFiles) -> TlsFiles {
        std::fs::create_dir_all(folder).unwrap();
        let files = TlsFiles {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
            ..files.clone()
        };
        let pem = |label: &str, der: &[u8]| {
            let base64 = data_encoding::BASE64.encode(der);
            format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
        };
        let chain: String = self.chain.iter().map(|der| pem("CERTIFICATE", der)).collect();
        std::fs::write(&files.certificate, chain).unwrap();
        std::fs::write(&files.key, pem("PRIVATE KEY", self.key.secret_der())).unwrap();
        files
    }
}

/// What a node's certificate has, before a test spoils it.
pub(crate) fn usual(uris: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = (start() - std::time::Duration::from_secs(60)).into();
    params.not_after = (start() + crate::harness::DAY * 30).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
    params.use_authority_key_identifier_extension = true;
    params
}

pub(crate) fn authority_key(authority: &Authority) -> Issuer<'static, KeyPair> {
    let certificate = std::fs::read_to_string(authority.certificate_file()).unwrap();
    let key = std::fs::read_to_string(authority.certificate_file().with_file_name("ca.key")).unwrap();
    Issuer::from_ca_cert_pem(&certificate, KeyPair::from_pem(&key).unwrap()).unwrap()
}

/// A certificate that the authority signs although it would never issue it.
pub(crate) fn signed(authority: &Authority, params: &CertificateParams) -> Credentials {
    signed_with(authority, params, &rcgen::PKCS_ECDSA_P256_SHA256)
}

pub(crate) fn signed_with(
    authority: &Authority,
    params: &CertificateParams,
    algorithm: &'static rcgen::SignatureAlgorithm,
) -> Credentials {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = params.signed_by(&key, &authority_key(authority)).unwrap();
    Credentials {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    }
}

pub(crate) fn config(
    federation: &Federation,
    provider: CryptoProvider,
    own: Option<Credentials>,
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(federation.authority.certificate_file()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(federation.clock()))
        .with_protocol_versions(OURS)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        Some(own) => builder.with_client_auth_cert(own.chain, own.key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// rustls as it comes, with its own suites and groups.
pub(crate) fn usual_provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// Does its half of the handshake; the hub may still refuse.
pub(crate) async fn open(hub: &Hub, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(hub.address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// Connects and reads the hub's greeting.
pub(crate) async fn connect(hub: &Hub, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
    let mut stream = open(hub, config).await?;
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).await?;
    Ok(stream)
}

/// A server with any configuration: greets and waits.
pub(crate) async fn serve(config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(tcp).await {
                let _ = stream.write_all(b"hello").await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    address
}

/// The alert with which the hub refuses these credentials.
pub(crate) async fn refusal(
    federation: &Federation,
    hub: &Hub,
    own: Option<Credentials>,
) -> AlertDescription {
    let error = connect(hub, config(federation, usual_provider(), own)).await.expect_err("must be refused");
    alert(&error)
}

pub(crate) fn alert(error: &std::io::Error) -> AlertDescription {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => panic!("not an alert: {error:?}"),
    }
}
