//! TLS 1.3 with exactly our suites, groups and signatures; no tickets, no early data, HTTP/2 only.

use meldeverbund_certs::install_default;
use rustls::{
    AlertDescription, CipherSuite, HandshakeKind, NamedGroup,
    crypto::{
        CryptoProvider,
        aws_lc_rs::{cipher_suite, kx_group},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    harness::{Federation, soon},
    stranger::{Credentials, alert, config, connect, usual_provider},
};

fn own(federation: &Federation) -> Option<Credentials> {
    Some(Credentials::read(&federation.node_files("de-nw-lka")))
}

#[tokio::test]
async fn our_own_parameters() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let io = hub.connect(&client).await.unwrap();
    let parameters = (Some(CipherSuite::TLS13_AES_256_GCM_SHA384), Some(NamedGroup::secp256r1MLKEM768));
    assert_eq!(io.parameters(), parameters);
    hub.arrived().await;
}

#[tokio::test]
async fn groups_of_others() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for (group, ours) in [
        (kx_group::SECP256R1MLKEM768, true),
        (kx_group::X25519MLKEM768, true),
        (kx_group::SECP384R1, true),
        (kx_group::SECP256R1, true),
        (kx_group::X25519, false),
        (kx_group::MLKEM768, false),
    ] {
        let provider = CryptoProvider { kx_groups: vec![group], ..usual_provider() };
        match connect(&hub, config(&federation, provider, own(&federation))).await {
            Ok(stream) => {
                let negotiated = stream.get_ref().1.negotiated_key_exchange_group().unwrap().name();
                assert!(ours && negotiated == group.name(), "{negotiated:?}");
            }
            Err(error) => {
                assert!(!ours, "{:?}: {error}", group.name());
                assert_eq!(alert(&error), AlertDescription::HandshakeFailure);
            }
        }
    }
}

/// rustls follows the client's order among the groups in common; docs/certificates.md says so.
#[tokio::test]
async fn the_clients_order_counts_among_our_groups_and_the_hubs_among_suites() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for first in [kx_group::X25519MLKEM768, kx_group::SECP256R1] {
        let kx_groups = vec![kx_group::X25519, first, kx_group::SECP384R1];
        let cipher_suites = vec![
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_AES_256_GCM_SHA384,
        ];
        let provider = CryptoProvider { kx_groups, cipher_suites, ..usual_provider() };
        let stream = connect(&hub, config(&federation, provider, own(&federation))).await.unwrap();
        let session = stream.get_ref().1;
        assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), first.name());
        let suite = session.negotiated_cipher_suite().unwrap().suite();
        assert_eq!(suite, CipherSuite::TLS13_AES_256_GCM_SHA384);
    }
}

#[tokio::test]
async fn suites_of_others() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    for (suite, ours) in [
        (cipher_suite::TLS13_AES_256_GCM_SHA384, true),
        (cipher_suite::TLS13_AES_128_GCM_SHA256, true),
        (cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, false),
    ] {
        let provider = CryptoProvider { cipher_suites: vec![suite], ..usual_provider() };
        match connect(&hub, config(&federation, provider, own(&federation))).await {
            Ok(stream) => {
                assert!(ours && stream.get_ref().1.negotiated_cipher_suite() == Some(suite), "{suite:?}");
            }
            Err(error) => {
                assert!(!ours, "{suite:?}: {error}");
                assert_eq!(alert(&error), AlertDescription::HandshakeFailure);
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_resumed_and_nothing_is_sent_early() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    // A client that would like both, and keeps tickets in one store for both connections.
    let mut config = config(&federation, usual_provider(), own(&federation));
    config.enable_early_data = true;
    for _ in 0..2 {
        let mut stream = connect(&hub, config.clone()).await.unwrap();
        stream.write_all(b"ping").await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        let session = stream.get_mut().1;
        assert_eq!(session.tls13_tickets_received(), 0);
        assert_eq!(session.handshake_kind(), Some(HandshakeKind::Full));
        assert!(!session.is_early_data_accepted());
    }
}

#[tokio::test]
async fn only_http2() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut http1 = config(&federation, usual_provider(), own(&federation));
    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
    let error = connect(&hub, http1).await.unwrap_err();
    assert_eq!(alert(&error), AlertDescription::NoApplicationProtocol);

    let mut nothing = config(&federation, usual_provider(), own(&federation));
    nothing.alpn_protocols.clear();
    let error = connect(&hub, nothing).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// rustls without its TLS 1.2 cannot offer TLS 1.2, so this is a ClientHello by hand (RFC 5246 7.4.1.2).
#[tokio::test]
async fn not_tls_1_2() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut body = vec![3, 3]; // TLS 1.2
    body.extend([0x5a; 32]); // random
    body.push(0); // no session id
    body.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x2c]); // ECDHE-ECDSA with AES-128-GCM and AES-256-GCM
    body.extend([1, 0]); // no compression
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 23, // supported groups: secp256r1
        0, 11, 0, 2, 1, 0, // point formats: uncompressed
        0, 13, 0, 4, 0, 2, 4, 3, // signature algorithms: ecdsa_secp256r1_sha256
        0, 23, 0, 0, // extended master secret
    ];
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let mut handshake = vec![1, 0]; // ClientHello
    handshake.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    handshake.extend(body);
    let mut record = vec![22, 3, 1]; // handshake record
    record.extend(u16::try_from(handshake.len()).unwrap().to_be_bytes());
    record.extend(handshake);

    let mut tcp = TcpStream::connect(hub.address).await.unwrap();
    tcp.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    soon(tcp.read_to_end(&mut answer)).await.unwrap();
    // One alert record: fatal, protocol_version (70).
    assert_eq!(answer[0], 21, "{answer:?}");
    assert_eq!(answer[3..], [0, 2, 2, 70], "{answer:?}");
}

#[test]
fn the_process_default_is_ours() {
    install_default();
    install_default();
    let default = CryptoProvider::get_default().unwrap();
    assert_eq!(default.kx_groups.len(), 4);
    assert!(default.kx_groups.iter().all(|group| group.name() != NamedGroup::X25519));
}
