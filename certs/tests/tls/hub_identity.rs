//! A node connects to the hub that it expects and to no other.

use std::{collections::HashMap, time::Duration};

use meldeverbund_certs::{
    CertificateFacts, ClientTls, ConnectFailure, ExpectedHub, OverdueRevocations, RegisteredKeys, TlsFiles,
    authority::{Authority, Host, NewAuthority, Order, RevocationReason},
    explain,
};
use rcgen::{ExtendedKeyUsagePurpose, SanType};

use crate::{
    harness::{DAY, Federation, Hub, domain, identity, start},
    stranger::{signed, usual},
};

const HUB: &str = "spiffe://meldeverbund.example/agency/de-bka/node/hub";

/// What a node makes of the federation's hub.
async fn verdict(federation: &Federation) -> Option<ConnectFailure> {
    let client = federation.client(&federation.node_files("de-nw-lka"));
    verdict_of(&federation.hub().await, &client).await
}

async fn verdict_of(hub: &Hub, client: &ClientTls) -> Option<ConnectFailure> {
    hub.connect(client).await.err().map(|error| explain(&error))
}

/// A federation whose hub has other names, of the authority's making.
fn with_names(uris: &[&str], hosts: &[SanType]) -> Federation {
    let mut federation = Federation::new();
    let mut params = usual(uris);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.subject_alt_names.extend_from_slice(hosts);
    let folder = federation.folder.path().join("hub");
    federation.hub_files = signed(&federation.authority, &params).write(&folder, &federation.hub_files);
    federation
}

fn loopback() -> SanType {
    SanType::IpAddress([127, 0, 0, 1].into())
}

#[tokio::test]
async fn the_expected_hub() {
    assert_eq!(verdict(&with_names(&[HUB], &[loopback()])).await, None);
}

#[tokio::test]
async fn host_names_count_where_there_are_any() {
    assert_eq!(verdict(&with_names(&[HUB], &[])).await, None);
    let elsewhere = [SanType::DnsName("hub.example".try_into().unwrap())];
    let federation = with_names(&[HUB], &elsewhere);
    assert_eq!(verdict(&federation).await, Some(ConnectFailure::HubWrongName));
    let other_address = [SanType::IpAddress([127, 0, 0, 2].into())];
    assert_eq!(verdict(&with_names(&[HUB], &other_address)).await, Some(ConnectFailure::HubWrongName));

    // Through a tunnel: the address is not the name.
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let connector = client.connector().with_server_name(Some("hub.example".to_owned()));
    connector.connect(&hub.uri()).await.unwrap();
}

#[tokio::test]
async fn another_agency() {
    let other = "spiffe://meldeverbund.example/agency/de-by-lka/node/hub";
    assert_eq!(verdict(&with_names(&[other], &[loopback()])).await, Some(ConnectFailure::HubWrongName));
}

/// A hub with names that our own library would not serve under.
async fn verdict_of_stranger(uris: &[&str]) -> Option<ConnectFailure> {
    let federation = with_names(uris, &[loopback()]);
    let (chain, key) = {
        let own = crate::stranger::Credentials::read(&federation.hub_files);
        (own.chain, own.key)
    };
    let config = rustls::ServerConfig::builder_with_provider(meldeverbund_certs::provider())
        .with_protocol_versions(crate::stranger::OURS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let address = crate::stranger::serve(config).await;
    let uri = format!("https://{address}").parse().unwrap();
    client.connector().connect(&uri).await.err().map(|error| explain(&error))
}

#[tokio::test]
async fn names_that_are_no_hubs() {
    for uris in [
        &["spiffe://other.example/agency/de-bka/node/hub"][..],
        &[HUB, HUB],
        &["spiffe://meldeverbund.example/hub"],
        &[],
    ] {
        assert_eq!(verdict_of_stranger(uris).await, Some(ConnectFailure::HubWrongName), "{uris:?}");
    }
}

#[tokio::test]
async fn something_that_is_no_hub() {
    // The right certificate, but no HTTP/2 behind it.
    assert_eq!(verdict_of_stranger(&[HUB]).await, Some(ConnectFailure::NotAHub));
}

#[tokio::test]
async fn a_hub_known_by_its_key() {
    let federation = with_names(&[], &[loopback()]);
    let hub = federation.hub().await;
    let files = federation.node_files("de-nw-lka");
    let registered = RegisteredKeys::default();
    let expected = ExpectedHub { registered: registered.clone(), ..federation.expected() };
    let client = ClientTls::load(&files, expected, federation.clock()).unwrap();
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::HubWrongName));
    let key = hub.tls.state().certificate.public_key;
    registered.replace(HashMap::from([(key, identity("de-by-lka", "hub"))]));
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::HubWrongName));
    registered.replace(HashMap::from([(key, identity("de-bka", "hub"))]));
    assert_eq!(verdict_of(&hub, &client).await, None);
}

#[tokio::test]
async fn a_nodes_certificate_in_the_hubs_place() {
    // A node that turns itself into a hub: its certificate is for clients.
    let federation = Federation::new();
    let files = federation.issue("fake", &Order::node(identity("de-bka", "hub")));
    let own = crate::stranger::Credentials::read(&files);
    let config = rustls::ServerConfig::builder_with_provider(meldeverbund_certs::provider())
        .with_protocol_versions(crate::stranger::OURS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(own.chain, own.key)
        .unwrap();
    let address = crate::stranger::serve(config).await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let error = client.connector().connect(&format!("https://{address}").parse().unwrap()).await.unwrap_err();
    assert_eq!(explain(&error), ConnectFailure::HubUnusable);
}

#[tokio::test]
async fn expired_and_not_yet_valid() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    // The node's clock is wrong, not the hub's.
    let files = federation.node_files("de-nw-lka");
    for (clock, failure) in
        [(start() + DAY * 400, ConnectFailure::HubExpired), (start() - DAY, ConnectFailure::HubNotYetValid)]
    {
        let clock = meldeverbund_certs::Clock::new(move || clock);
        let client = ClientTls::load(&files, federation.expected(), clock).unwrap();
        assert_eq!(verdict_of(&hub, &client).await, Some(failure));
    }
}

#[tokio::test]
async fn revoked() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    assert_eq!(verdict_of(&hub, &client).await, None);
    let serial = hub.tls.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, start()).unwrap();
    assert_eq!(verdict_of(&hub, &client).await, None, "not taken up yet");
    assert!(client.reload().unwrap());
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::HubRevoked));
    // The hub learns it about itself.
    hub.tls.reload().unwrap();
    assert!(hub.tls.state().revoked);
}

#[tokio::test]
async fn an_overdue_list_counts_where_the_node_says_so() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let files = federation.node_files("de-nw-lka");
    federation.clock.advance(DAY * 31);
    assert_eq!(verdict_of(&hub, &federation.client(&files)).await, None);
    let strict = TlsFiles { overdue_revocations: OverdueRevocations::Refuse, ..files };
    let failure = verdict_of(&hub, &federation.client(&strict)).await;
    assert_eq!(failure, Some(ConnectFailure::RevocationUnknown));
}

#[tokio::test]
async fn of_a_foreign_authority() {
    let mut federation = Federation::new();
    let files = federation.node_files("de-nw-lka");
    let client = federation.client(&files);
    let foreign =
        Authority::init(&federation.folder.path().join("foreign"), &NewAuthority::new(domain()), start());
    let order = Order::hub(identity("de-bka", "hub"), vec![Host::Address([127, 0, 0, 1].into())]);
    let folder = federation.folder.path().join("hub2");
    federation.hub_files = foreign.unwrap().issue_into(&folder, &order, Default::default(), start()).unwrap();
    let hub = federation.hub().await;
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::HubUnknownAuthority));
}

#[tokio::test]
async fn a_foreign_authority_is_found_before_missing_host_names() {
    // The name rule forgives missing host names; it must forgive nothing else with them.
    let mut federation = Federation::new();
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let foreign =
        Authority::init(&federation.folder.path().join("foreign"), &NewAuthority::new(domain()), start());
    let order = Order::hub(identity("de-bka", "hub"), Vec::new());
    let folder = federation.folder.path().join("hub2");
    federation.hub_files = foreign.unwrap().issue_into(&folder, &order, Default::default(), start()).unwrap();
    let hub = federation.hub().await;
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::HubUnknownAuthority));
}

#[tokio::test]
async fn what_the_hub_thinks_of_the_node() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    // Revoked.
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let serial = client.state().certificate.serial;
    federation.authority.revoke(&serial, RevocationReason::Superseded, start()).unwrap();
    hub.tls.reload().unwrap();
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::Revoked));
    // Expired: the node's clock stands still, the hub's goes on.
    let order = federation.order("de-by-lka").valid_for(Duration::from_secs(3600));
    let files = federation.issue("de-by-lka", &order);
    let stopped = meldeverbund_certs::ManualClock::new(start());
    let client = ClientTls::load(&files, federation.expected(), stopped.clock()).unwrap();
    assert_eq!(verdict_of(&hub, &client).await, None);
    federation.clock.advance(DAY);
    assert_eq!(verdict_of(&hub, &client).await, Some(ConnectFailure::Expired));
    // Nobody there: a certificate without a name whose key is not registered.
    let own = signed(&federation.authority, &usual(&[]));
    let nameless = own.write(&federation.folder.path().join("nameless"), &files);
    assert_eq!(CertificateFacts::read(&own.chain[0]).unwrap().not_before, start() - Duration::from_secs(60));
    assert_eq!(verdict_of(&hub, &federation.client(&nameless)).await, Some(ConnectFailure::WrongName));
}

#[tokio::test]
async fn an_authority_that_the_hub_does_not_know() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let foreign =
        Authority::init(&federation.folder.path().join("foreign"), &NewAuthority::new(domain()), start());
    let folder = federation.folder.path().join("node");
    let order = federation.order("de-nw-lka");
    let files = foreign.unwrap().issue_into(&folder, &order, Default::default(), start()).unwrap();
    // The node trusts both authorities, the hub only its own.
    let both = std::fs::read_to_string(&files.trust_anchors).unwrap()
        + &std::fs::read_to_string(federation.authority.certificate_file()).unwrap();
    let anchors = federation.folder.path().join("both.pem");
    std::fs::write(&anchors, both).unwrap();
    let files = TlsFiles { trust_anchors: anchors, revocations: None, ..files };
    assert_eq!(verdict_of(&hub, &federation.client(&files)).await, Some(ConnectFailure::UnknownAuthority));
}
