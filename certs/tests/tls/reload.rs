//! New files on disk are taken up without a restart; bad ones are not.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use meldeverbund_certs::{
    ClientTls, ConnectFailure, OverdueRevocations, ServerTls, TlsError, TlsFiles, TlsWarning,
    authority::{Authority, Curve, NewAuthority, Order, RevocationReason},
    explain,
};
use tokio_util::sync::CancellationToken;

use crate::harness::{DAY, Federation, Hub, domain, identity, is_alive, start};

/// A second authority, and files that name both.
fn second_authority(federation: &Federation) -> Authority {
    Authority::init(&federation.folder.path().join("ca2"), &NewAuthority::new(domain()), start()).unwrap()
}

fn concatenate(to: &Path, parts: &[&Path]) {
    let all: String = parts.iter().map(|part| fs::read_to_string(part).unwrap()).collect();
    fs::write(to, all).unwrap();
}

/// The hub's files in a folder of their own, so that tests can change them.
fn own_files(federation: &Federation) -> TlsFiles {
    let folder = federation.folder.path().join("own");
    fs::create_dir_all(&folder).unwrap();
    let copy = |from: &Path, name: &str| {
        let to = folder.join(name);
        fs::copy(from, &to).unwrap();
        to
    };
    let files = &federation.hub_files;
    TlsFiles {
        certificate: copy(&files.certificate, "certificate.pem"),
        key: copy(&files.key, "key.pem"),
        trust_anchors: copy(&files.trust_anchors, "anchors.pem"),
        revocations: Some(copy(files.revocations.as_deref().unwrap(), "revocations.pem")),
        overdue_revocations: OverdueRevocations::Accept,
    }
}

fn revocations(files: &TlsFiles) -> &Path {
    files.revocations.as_deref().unwrap()
}

async fn federation_with_live_node()
-> (Federation, Hub, ClientTls, meldeverbund_certs::PeerIo<tokio::net::TcpStream>) {
    let mut federation = Federation::new();
    federation.hub_files = own_files(&federation);
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let io = hub.connect(&client).await.unwrap();
    (federation, hub, client, io)
}

#[tokio::test]
async fn nothing_changed() {
    let (federation, hub, ..) = federation_with_live_node().await;
    assert!(!hub.tls.reload().unwrap());
    // The same bytes again are no change, whatever the time stamps say.
    let bytes = fs::read(&federation.hub_files.certificate).unwrap();
    fs::write(&federation.hub_files.certificate, bytes).unwrap();
    assert!(!hub.tls.reload().unwrap());
}

#[tokio::test]
async fn a_renewed_certificate_with_the_same_key() {
    let (federation, hub, client, mut io) = federation_with_live_node().await;
    let before = hub.tls.state().certificate;
    let der = rustls::pki_types::pem::PemObject::from_pem_file(&federation.hub_files.certificate).unwrap();
    federation.clock.advance(DAY * 300);
    let renewed = federation.authority.renew(&der, None, None, federation.clock.now()).unwrap();
    fs::write(&federation.hub_files.certificate, renewed.certificate).unwrap();

    assert!(hub.tls.reload().unwrap());
    let state = hub.tls.state();
    assert_eq!(state.certificate.serial, renewed.record.serial);
    assert_eq!(state.certificate.public_key, before.public_key);
    assert!(state.not_after() > before.not_after);
    assert_eq!(state.taken_up_at, federation.clock.now());
    // The live connection stays, the next one sees the new certificate.
    assert!(is_alive(&mut io).await);
    let next = hub.connect(&client).await.unwrap();
    assert_eq!(next.peer().serial, renewed.record.serial);
    assert_eq!(io.peer().serial, before.serial);
}

#[tokio::test]
async fn a_new_key_with_a_new_certificate() {
    let (federation, hub, client, mut io) = federation_with_live_node().await;
    let before = hub.tls.state().certificate;
    let der = rustls::pki_types::pem::PemObject::from_pem_file(&federation.hub_files.certificate).unwrap();
    let renewed = federation.authority.renew(&der, Some(Curve::P384), None, start()).unwrap();

    // Between the two writes nothing fits: the earlier pair stays in use.
    fs::write(&federation.hub_files.key, renewed.key.unwrap().pem()).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::KeyMismatch { .. })));
    assert!(hub.tls.state().last_failure.unwrap().contains("does not belong"));
    assert!(is_alive(&mut hub.connect(&client).await.unwrap()).await);
    fs::write(&federation.hub_files.certificate, renewed.certificate).unwrap();
    assert!(hub.tls.reload().unwrap());
    assert_eq!(hub.tls.state().last_failure, None);

    assert_ne!(hub.tls.state().certificate.public_key, before.public_key);
    assert!(is_alive(&mut io).await);
    assert_eq!(hub.connect(&client).await.unwrap().peer().serial, renewed.record.serial);
}

#[tokio::test]
async fn a_trust_anchor_comes_and_goes() {
    let (federation, mut hub, client, mut io) = federation_with_live_node().await;
    let second = second_authority(&federation);
    let folder = federation.folder.path().join("node2");
    let order = Order::node(identity("de-by-lka", "main"));
    let issued = second.issue_into(&folder, &order, Curve::P256, start()).unwrap();
    // This node trusts the hub's authority and holds a certificate of the other.
    let both = federation.folder.path().join("both.pem");
    concatenate(&both, &[&federation.authority.certificate_file(), &second.certificate_file()]);
    let other = federation.client(&TlsFiles { trust_anchors: both.clone(), revocations: None, ..issued });
    hub.connect(&other).await.expect_err("not trusted yet");

    // An anchor without a list would have all its certificates refused: that is said at once.
    fs::copy(&both, &federation.hub_files.trust_anchors).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::ListMissing { .. })));
    concatenate(
        revocations(&federation.hub_files),
        &[&federation.authority.revocations_file(), &second.revocations_file()],
    );
    assert!(hub.tls.reload().unwrap());
    let mut live = hub.connect(&other).await.unwrap();
    assert!(is_alive(&mut live).await);

    fs::copy(federation.authority.certificate_file(), &federation.hub_files.trust_anchors).unwrap();
    assert!(hub.tls.reload().unwrap());
    let (agency, error) = hub.ended().await;
    assert_eq!((agency.as_str(), error.to_string().contains("no longer trusted")), ("de-by-lka", true));
    assert!(!is_alive(&mut live).await);
    assert!(is_alive(&mut io).await, "the other agency's connection is not touched");
    hub.connect(&other).await.expect_err("not trusted any more");
    hub.connect(&client).await.unwrap();
}

#[tokio::test]
async fn the_own_anchor_cannot_go() {
    let (federation, hub, client, _io) = federation_with_live_node().await;
    let second = second_authority(&federation);
    fs::copy(second.certificate_file(), &federation.hub_files.trust_anchors).unwrap();
    fs::copy(second.revocations_file(), revocations(&federation.hub_files)).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::Chain { .. })));
    hub.connect(&client).await.unwrap();
}

#[tokio::test]
async fn a_revocation_cuts_the_live_connection() {
    let (federation, mut hub, client, mut io) = federation_with_live_node().await;
    let other = federation.client(&federation.node_files("de-by-lka"));
    let mut neighbour = hub.connect(&other).await.unwrap();

    let serial = client.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    fs::copy(federation.authority.revocations_file(), revocations(&federation.hub_files)).unwrap();
    assert!(is_alive(&mut io).await, "not before the list is taken up");
    assert!(hub.tls.reload().unwrap());

    let (agency, error) = hub.ended().await;
    assert_eq!((agency.as_str(), error.to_string().contains("revoked")), ("de-nw-lka", true));
    assert!(!is_alive(&mut io).await);
    assert!(is_alive(&mut neighbour).await);
    hub.connect(&client).await.expect_err("revoked");
    assert_eq!(hub.tls.connections().len(), 1);
}

#[tokio::test]
async fn a_watch_takes_up_what_appears() {
    let (federation, mut hub, client, _io) = federation_with_live_node().await;
    let stop = CancellationToken::new();
    let tls = hub.tls.clone();
    let watch = tokio::spawn({
        let stop = stop.clone();
        async move { tls.watch(Duration::from_millis(5), stop).await }
    });
    let serial = client.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::Unspecified, start()).unwrap();
    fs::copy(federation.authority.revocations_file(), revocations(&federation.hub_files)).unwrap();
    let (agency, _) = hub.ended().await;
    assert_eq!(agency, "de-nw-lka");
    stop.cancel();
    watch.await.unwrap();
}

#[tokio::test]
async fn the_hubs_revocation_cuts_the_nodes_connection() {
    let (federation, hub, client, mut io) = federation_with_live_node().await;
    let serial = hub.tls.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    assert!(client.reload().unwrap());
    assert!(!is_alive(&mut io).await);
}

/// Each of these is refused, said, and mended by the good file.
#[tokio::test]
async fn bad_files_are_not_taken_up() {
    let (federation, hub, client, mut io) = federation_with_live_node().await;
    let files = &federation.hub_files;
    let folder = federation.folder.path();
    let issue = |name: &str, order: &Order| {
        federation.authority.issue_into(&folder.join(name), order, Curve::P256, start()).unwrap()
    };
    let hub_identity = identity("de-bka", "hub");
    let other = issue("other", &Order::hub(identity("de-bka", "other"), Vec::new()));
    let short = Order::hub(hub_identity.clone(), Vec::new()).valid_for(Duration::from_secs(60));
    let short = issue("short", &short);
    let node = issue("node", &Order::node(hub_identity.clone()));
    let foreign = second_authority(&federation);
    let foreign = foreign
        .issue_into(&folder.join("f"), &Order::hub(hub_identity, Vec::new()), Curve::P256, start())
        .unwrap();
    federation.clock.advance(Duration::from_secs(120));

    let pair = |from: &TlsFiles| {
        vec![
            (files.certificate.clone(), fs::read(&from.certificate).unwrap()),
            (files.key.clone(), fs::read(&from.key).unwrap()),
        ]
    };
    let whole = fs::read(&files.certificate).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let list = fs::read(revocations(files)).unwrap();
    let half_list = list[..list.len() / 2].to_vec();
    let one = |path: &Path, bytes: &[u8]| vec![(path.to_owned(), bytes.to_vec())];
    let certificate = |bytes: &[u8]| one(&files.certificate, bytes);

    type Files = Vec<(std::path::PathBuf, Vec<u8>)>;
    type Check = fn(&TlsError) -> bool;
    let cases: Vec<(&str, Files, Check)> = vec![
        ("half a certificate", certificate(&half), |e| matches!(e, TlsError::Pem { .. })),
        ("no certificate", certificate(b""), |e| matches!(e, TlsError::Empty { .. })),
        ("no PEM", certificate(b"hello"), |e| matches!(e, TlsError::Empty { .. })),
        ("no DER", certificate(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), |e| {
            matches!(e, TlsError::Name { .. })
        }),
        ("too large", certificate(&vec![b' '; 2 << 20]), |e| matches!(e, TlsError::TooLarge { .. })),
        ("no key", one(&files.key, b""), |e| matches!(e, TlsError::Empty { .. })),
        ("an encrypted key", one(&files.key, b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"), |e| {
            matches!(e, TlsError::EncryptedKey { .. } | TlsError::Pem { .. })
        }),
        ("another key", one(&files.key, &fs::read(&other.key).unwrap()), |e| {
            matches!(e, TlsError::KeyMismatch { .. })
        }),
        ("another name", pair(&other), |e| matches!(e, TlsError::IdentityChanged { .. })),
        ("expired", pair(&short), |e| matches!(e, TlsError::NotNow { fault: "expired", .. })),
        ("a node's", pair(&node), |e| matches!(e, TlsError::Chain { .. })),
        ("a foreign authority's", pair(&foreign), |e| matches!(e, TlsError::Chain { .. })),
        ("no anchors", one(&files.trust_anchors, b""), |e| matches!(e, TlsError::Empty { .. })),
        ("a leaf as anchor", one(&files.trust_anchors, &whole), |e| {
            matches!(e, TlsError::NotAnAuthority { number: 1, .. })
        }),
        ("half a list", one(revocations(files), &half_list), |e| matches!(e, TlsError::Pem { .. })),
        ("an empty list file", one(revocations(files), b""), |e| matches!(e, TlsError::Empty { .. })),
        (
            "another authority's list",
            one(revocations(files), &fs::read(revocations(&foreign)).unwrap()),
            |e| matches!(e, TlsError::ListMissing { .. }),
        ),
    ];
    for (name, spoiled, expected) in cases {
        let good: Vec<_> = spoiled.iter().map(|(path, _)| (path, fs::read(path).unwrap())).collect();
        for (path, bytes) in &spoiled {
            fs::write(path, bytes).unwrap();
        }
        let error = hub.tls.reload().expect_err(name);
        assert!(expected(&error), "{name}: {error:?}");
        let text = error.to_string();
        assert!(spoiled.iter().any(|(path, _)| text.contains(path.to_str().unwrap())), "{name}: {text}");
        assert_eq!(hub.tls.state().last_failure, Some(text.clone()), "{name}");
        let warnings = hub.tls.state().warnings(federation.clock.now());
        assert!(warnings.contains(&TlsWarning::NotTakenUp(text)), "{name}");
        assert!(is_alive(&mut io).await, "{name}: the live connection stays");
        assert!(is_alive(&mut hub.connect(&client).await.unwrap()).await, "{name}: the old files serve on");
        for (path, bytes) in good {
            fs::write(path, bytes).unwrap();
        }
        assert!(!hub.tls.reload().unwrap(), "{name}");
        assert_eq!(hub.tls.state().last_failure, None, "{name}");
    }
    fs::remove_file(&files.key).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::Read { .. })));
    assert!(is_alive(&mut hub.connect(&client).await.unwrap()).await);
}

#[tokio::test]
async fn a_list_signed_by_someone_else_is_not_taken_up() {
    let (federation, hub, client, _io) = federation_with_live_node().await;
    // The same name, another key: webpki would find this list and refuse everyone.
    let der =
        rustls::pki_types::pem::PemObject::from_pem_file(federation.authority.certificate_file()).unwrap();
    let serial = meldeverbund_certs::CertificateFacts::read(&der).unwrap().serial;
    let new = NewAuthority { serial, ..NewAuthority::new(domain()) };
    let twin = Authority::init(&federation.folder.path().join("twin"), &new, start()).unwrap();
    fs::copy(twin.revocations_file(), revocations(&federation.hub_files)).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::ListSignature { .. })));
    hub.connect(&client).await.unwrap();
    // Nor can both be anchors at once: their lists could not be told apart.
    let anchors = &federation.hub_files.trust_anchors;
    concatenate(anchors, &[&federation.authority.certificate_file(), &twin.certificate_file()]);
    assert!(matches!(hub.tls.reload(), Err(TlsError::SameName { .. })));
}

#[tokio::test]
async fn an_older_list_does_not_come_back() {
    let (federation, hub, client, _io) = federation_with_live_node().await;
    let list = revocations(&federation.hub_files);
    let old = fs::read(list).unwrap();
    let serial = client.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    fs::copy(federation.authority.revocations_file(), list).unwrap();
    assert!(hub.tls.reload().unwrap());
    fs::write(list, old).unwrap();
    assert!(matches!(hub.tls.reload(), Err(TlsError::ListOlder { .. })));
    hub.connect(&client).await.expect_err("revoked all the same");
}

#[tokio::test]
async fn an_overdue_list_is_accepted_or_refused_as_configured() {
    for (overdue, accepted) in [(OverdueRevocations::Accept, true), (OverdueRevocations::Refuse, false)] {
        let mut federation = Federation::new();
        federation.hub_files.overdue_revocations = overdue;
        let mut hub = federation.hub().await;
        let client = federation.client(&federation.node_files("de-nw-lka"));
        let mut io = hub.connect(&client).await.unwrap();
        let due = hub.tls.state().next_update().unwrap();
        assert_eq!(due, start() + DAY * 30);

        federation.clock.set(start() + DAY * 21);
        let lists = |hub: &Hub| -> Vec<bool> {
            hub.tls
                .state()
                .warnings(federation.clock.now())
                .iter()
                .filter_map(|warning| match warning {
                    TlsWarning::ListDue(_) => Some(false),
                    TlsWarning::ListOverdue(_) => Some(true),
                    _ => None,
                })
                .collect()
        };
        assert_eq!(lists(&hub), [false], "a due list is said well before");
        federation.clock.set(due);
        assert_eq!(lists(&hub), [true]);
        assert!(!hub.tls.reload().unwrap());
        if accepted {
            assert!(is_alive(&mut io).await);
            hub.connect(&client).await.unwrap();
        } else {
            hub.ended().await;
            let error = hub.connect(&client).await.expect_err("no list, no entry");
            assert_eq!(explain(&error), ConnectFailure::UnknownAuthority);
            // The next list mends it.
            federation.authority.publish_list(federation.clock.now()).unwrap();
            assert!(hub.tls.reload().unwrap());
            hub.connect(&client).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_expired_certificate_still_starts_and_takes_up_its_successor() {
    let federation = Federation::new();
    let files = federation.node_files("de-nw-lka");
    federation.clock.advance(DAY * 366);
    let client = federation.client(&files);
    let warnings = client.state().warnings(federation.clock.now());
    assert!(warnings.contains(&TlsWarning::Expired) && TlsWarning::Expired.stops_connections());
    // A list may change meanwhile, although the certificate is out of time.
    federation.authority.publish_list(federation.clock.now()).unwrap();
    assert!(client.reload().unwrap());
    federation.node_files("de-nw-lka");
    assert!(client.reload().unwrap());
    let warnings = client.state().warnings(federation.clock.now());
    assert_eq!(warnings, []);
}

#[tokio::test]
async fn a_foreign_certificate_does_not_even_start() {
    let federation = Federation::new();
    let foreign = second_authority(&federation);
    let files = foreign
        .issue_into(&federation.folder.path().join("f"), &federation.order("de-nw-lka"), Curve::P256, start())
        .unwrap();
    let mixed =
        TlsFiles { trust_anchors: federation.authority.certificate_file(), revocations: None, ..files };
    for days in [0, 400] {
        federation.clock.set(start() + DAY * days);
        let loaded = ClientTls::load(&mixed, federation.expected(), federation.clock());
        assert!(matches!(loaded, Err(TlsError::Chain { .. })), "{days}");
    }
    // A node's certificate does not serve.
    let node = federation.node_files("de-nw-lka");
    let loaded = ServerTls::load(&node, domain(), federation.registered.clone(), federation.clock());
    assert!(matches!(loaded, Err(TlsError::Chain { .. })));
}

/// Collects what the library logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_says_each_failure_once() {
    let federation = Federation::new();
    let files = own_files(&federation);
    let tls = ServerTls::load(&files, domain(), federation.registered.clone(), federation.clock()).unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stop = CancellationToken::new();
    let every = Duration::from_secs(10);
    let watch = tokio::spawn({
        let stop = stop.clone();
        async move { tls.watch(every, stop).await }
    });
    // The clock is tokio's and stands still: ten ticks pass in no time. Files change between two ticks, never under one.
    let ten_ticks = async || {
        // Another test's thread that is the first at an event while this log is being set may note that nobody listens.
        tracing::callsite::rebuild_interest_cache();
        tokio::time::sleep(every * 10).await;
    };
    tokio::time::sleep(every / 2).await;
    let good = fs::read(&files.key).unwrap();
    fs::write(&files.key, b"").unwrap();
    ten_ticks().await;
    fs::write(&files.key, b"-----BEGIN PRIVATE KEY-----").unwrap();
    ten_ticks().await;
    fs::write(&files.key, good).unwrap();
    ten_ticks().await;
    federation.authority.publish_list(start()).unwrap();
    fs::copy(federation.authority.revocations_file(), revocations(&files)).unwrap();
    ten_ticks().await;
    stop.cancel();
    watch.await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("WARN").count(), 2, "{log}");
    assert_eq!(log.matches("the TLS files are again those in use").count(), 1, "{log}");
    assert_eq!(log.matches("changed TLS files taken up").count(), 1, "{log}");
    assert!(log.contains("key.pem"), "{log}");
}
