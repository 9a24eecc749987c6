//! Certificates at the hub: who is refused reaches no handler, and who is revoked is cut.

use meldeverbund_certs::{
    TrustDomain,
    authority::{Authority, Curve, NewAuthority, Order, RevocationReason},
};
use meldeverbund_proto::v1::{FollowRequest, feed_service_client::FeedServiceClient};

use crate::harness::{Federation, INSTANCE, identity, uuid};

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_node_is_cut_and_the_others_go_on() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let follow = || FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: uuid(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let mut cut = FeedServiceClient::new(nw.channel.clone()).follow(follow()).await.unwrap().into_inner();
    let mut live = FeedServiceClient::new(by.channel.clone()).follow(follow()).await.unwrap().into_inner();

    let records = federation.authority.records().unwrap();
    let nw_records = records.iter().filter(|record| record.agency.as_str() == "de-nw-lka");
    for record in nw_records {
        federation
            .authority
            .revoke(&record.serial, RevocationReason::KeyCompromise, federation.clock.now())
            .unwrap();
    }
    // The hub looks at the list by itself; the stream ends when it does.
    assert!(cut.message().await.is_err(), "the revoked node's stream is cut");
    by.open_case("1/26").await;
    assert_eq!(live.message().await.unwrap().unwrap().sequence, 1);
    drop((cut, live, by, nw));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_reaches_no_handler() {
    let federation = Federation::start().await;
    federation.office("de-nw-lka").await;
    let domain: TrustDomain = federation.config.trust_domain.clone();
    let folder = federation.folder.path().join("foreign");
    let foreign = Authority::init(&folder, &NewAuthority::new(domain), federation.clock.now()).unwrap();
    let order = Order::node(identity("de-nw-lka", "main"));
    let mut files =
        foreign.issue_into(&folder.join("node"), &order, Curve::P256, federation.clock.now()).unwrap();
    // It trusts the hub; the hub does not trust it.
    let both = [federation.config.tls.trust_anchors.clone(), files.trust_anchors.clone()];
    let both = both.map(|path| std::fs::read_to_string(path).unwrap()).concat();
    files.trust_anchors = folder.join("both.pem");
    std::fs::write(&files.trust_anchors, both).unwrap();
    files.revocations = None;
    let error = federation.channel(&files).await.unwrap_err();
    let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    assert!(causes.iter().any(|cause| cause.contains("UnknownCA")), "{causes:?}");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_certificate_on_disk_keeps_the_old_one_and_is_said() {
    let federation = Federation::start().await;
    let certificate = &federation.config.tls.certificate;
    let good = std::fs::read(certificate).unwrap();
    std::fs::write(certificate, "half a certi").unwrap();
    let mut readiness = federation.server.readiness();
    let warned = readiness.wait_for(|now| now.ready && now.warnings.iter().any(|w| w.contains("not in use")));
    warned.await.unwrap();
    federation.office("de-nw-lka").await.open_case("1/26").await;
    std::fs::write(certificate, good).unwrap();
    readiness.wait_for(|now| now.ready && now.warnings.is_empty()).await.unwrap();
    federation.end().await;
}
