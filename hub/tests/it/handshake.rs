//! Every certificate that must not get in, at the hub itself: refused in the handshake, and no handler is reached.

use std::{collections::BTreeSet, time::Duration};

use meldeverbund_certs::{
    Clock, ManualClock,
    authority::{Authority, Curve, Host, NewAuthority, Order, RevocationReason},
};
use meldeverbund_hub::flow::{DropKey, PutKey};
use meldeverbund_proto::v1::{
    AgencyKind, FollowRequest, WhoAmIRequest, agency_service_client::AgencyServiceClient,
    case_service_client::CaseServiceClient, feed_service_client::FeedServiceClient,
};
use rustls::AlertDescription;

use crate::{
    harness::{CENTRAL, DOMAIN, Federation, INSTANCE, identity, open_case, salt, uuid},
    stranger::{Credentials, alert, channel, name, signed, usual},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The alert with which the hub refuses; a call with the same credentials reaches no handler.
async fn refused(federation: &Federation, own: Option<&Credentials>) -> AlertDescription {
    let before = federation.counts().await;
    let (hub, authority, clock) = (federation.server.address(), &federation.authority, &federation.clock);
    if let Ok(channel) = channel(hub, authority, clock, own).await {
        let status = CaseServiceClient::new(channel).open_case(open_case("1/26")).await.unwrap_err();
        assert!(status.details().is_empty(), "a handler answered: {status:?}");
    }
    assert_eq!(federation.counts().await, before, "nothing was written");
    let alert = alert(hub, authority, clock, own).await;
    assert!(federation.server.tls().connections().is_empty(), "no connection was let in");
    alert
}

/// Whom the hub takes the caller for.
async fn let_in(federation: &Federation, own: &Credentials) -> (String, String) {
    let hub = federation.server.address();
    let channel = channel(hub, &federation.authority, &federation.clock, Some(own)).await.unwrap();
    let answer = AgencyServiceClient::new(channel).who_am_i(WhoAmIRequest {}).await.unwrap().into_inner();
    (answer.agency.unwrap().agency_id, answer.node)
}

async fn federation() -> Federation {
    let federation = Federation::start().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        federation.register(agency, AgencyKind::StateOffice).await;
    }
    federation
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spoiled_below_is_good_at_first() {
    let federation = federation().await;
    let own = signed(&federation.authority, &usual(&[&name("de-nw-lka")], federation.clock.now()));
    assert_eq!(let_in(&federation, &own).await, ("de-nw-lka".into(), "main".into()));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_certificate() {
    let federation = federation().await;
    assert_eq!(refused(&federation, None).await, AlertDescription::CertificateRequired);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_authority_and_none() {
    let federation = federation().await;
    let now = federation.clock.now();
    let new = NewAuthority::new(DOMAIN.parse().unwrap());
    let foreign = Authority::init(&federation.folder.path().join("foreign"), &new, now).unwrap();
    let params = usual(&[&name("de-nw-lka")], now);
    for own in [signed(&foreign, &params), Credentials::self_signed(&params)] {
        assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::UnknownCA);
    }
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_its_time() {
    let federation = federation().await;
    let now = federation.clock.now();
    let mut expired = usual(&[&name("de-nw-lka")], now);
    expired.not_after = (now - Duration::from_secs(5)).into();
    let mut early = usual(&[&name("de-nw-lka")], now);
    early.not_before = (now + DAY).into();
    for params in [expired, early] {
        let own = signed(&federation.authority, &params);
        // TLS has one alert for both: "expired or not currently valid" (RFC 8446, 6.2).
        assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::CertificateExpired);
    }
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_its_certificate() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    federation.register("de-nw-lka", AgencyKind::StateOffice).await;
    let own = signed(&federation.authority, &usual(&[&name("de-nw-lka")], manual.now()));
    let hub = federation.server.address();
    let live = channel(hub, &federation.authority, &federation.clock, Some(&own)).await.unwrap();
    let mut agencies = AgencyServiceClient::new(live);
    agencies.who_am_i(WhoAmIRequest {}).await.unwrap();
    manual.advance(DAY * 31);
    cut(&federation).await;
    agencies.who_am_i(WhoAmIRequest {}).await.unwrap_err();
    assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::CertificateExpired);
    drop(agencies);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked() {
    let federation = federation().await;
    federation.credentials("de-nw-lka", "lost");
    let serial = federation.authority.records().unwrap().pop().unwrap().serial;
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, federation.clock.now()).unwrap();
    federation.server.tls().reload().unwrap();
    let mut params = usual(&[&name("de-nw-lka")], federation.clock.now());
    params.serial_number = Some(rcgen::SerialNumber::from_slice(serial.as_bytes()));
    let own = signed(&federation.authority, &params);
    assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::CertificateRevoked);
    let other = signed(&federation.authority, &usual(&[&name("de-nw-lka")], federation.clock.now()));
    assert_eq!(let_in(&federation, &other).await.0, "de-nw-lka", "another one of the same office is let in");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_nobody_here() {
    let federation = federation().await;
    let (nw, by) = (name("de-nw-lka"), name("de-by-lka"));
    let other_domain = nw.replace(DOMAIN, "other.test");
    let (nw, by, other_domain) = (nw.as_str(), by.as_str(), other_domain.as_str());
    for uris in [&[][..], &[other_domain], &[nw, by], &[nw, nw], &["https://de-nw-lka.example/"]] {
        let own = signed(&federation.authority, &usual(uris, federation.clock.now()));
        assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::AccessDenied, "{uris:?}");
    }
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_key_is_let_in_until_it_is_dropped() {
    let federation = federation().await;
    let own = signed(&federation.authority, &usual(&[], federation.clock.now()));
    assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::AccessDenied);

    let fingerprint = *own.public_key().as_bytes();
    let (agency, node) = ("de-by-lka".parse().unwrap(), "alt".parse().unwrap());
    federation.server.hub().run(PutKey { fingerprint, agency, node, salt: salt() }).await.unwrap();
    // The hub reads its registry every two seconds.
    let hub = federation.server.address();
    let live = eventually(async || {
        let channel = channel(hub, &federation.authority, &federation.clock, Some(&own)).await.ok()?;
        let mut agencies = AgencyServiceClient::new(channel);
        // A call without an end of its own could wait for one who is just being refused.
        let answer = tokio::time::timeout(ANSWERED_WITHIN, agencies.who_am_i(WhoAmIRequest {})).await.ok()?;
        let answer = answer.ok()?.into_inner();
        assert_eq!((answer.agency.unwrap().agency_id.as_str(), answer.node.as_str()), ("de-by-lka", "alt"));
        Some(agencies)
    });
    let mut live = live.await;
    live.who_am_i(WhoAmIRequest {}).await.unwrap();

    assert!(federation.server.hub().run(DropKey { fingerprint, salt: salt() }).await.unwrap());
    cut(&federation).await;
    live.who_am_i(WhoAmIRequest {}).await.unwrap_err();
    drop(live);
    assert_eq!(refused(&federation, Some(&own)).await, AlertDescription::AccessDenied);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_anchor_comes_and_goes_while_others_go_on() {
    let federation = Federation::start_with(Clock::system(), |config| {
        // Files of the hub's own, so that the authority's do not change with them.
        let folder = config.ledger.key.parent().unwrap().join("own");
        std::fs::create_dir(&folder).unwrap();
        let list = config.tls.revocations.as_mut().unwrap();
        for (path, file) in [(&mut config.tls.trust_anchors, "anchors.pem"), (list, "lists.pem")] {
            std::fs::copy(&*path, folder.join(file)).unwrap();
            *path = folder.join(file);
        }
    })
    .await;
    let nw = federation.office("de-nw-lka").await;
    federation.register("de-by-lka", AgencyKind::StateOffice).await;
    let now = federation.clock.now();
    let new = NewAuthority::new(DOMAIN.parse().unwrap());
    let second = Authority::init(&federation.folder.path().join("second"), &new, now).unwrap();
    let own = signed(&second, &usual(&[&name("de-by-lka")], now));
    let files = &federation.config.tls;
    let (anchors, lists) = (files.trust_anchors.clone(), files.revocations.clone().unwrap());
    let good = [&anchors, &lists].map(|path| std::fs::read_to_string(path).unwrap());

    let more = [second.certificate_file(), second.revocations_file()];
    let more = more.map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(&lists, format!("{}{}", good[1], more[1])).unwrap();
    std::fs::write(&anchors, format!("{}{}", good[0], more[0])).unwrap();
    let hub = federation.server.address();
    let live = eventually(async || {
        let channel = channel(hub, &federation.authority, &federation.clock, Some(&own)).await.ok()?;
        let mut agencies = AgencyServiceClient::new(channel);
        agencies.who_am_i(WhoAmIRequest {}).await.ok().map(|_| agencies)
    });
    let mut live = live.await;
    nw.open_case("1/26").await;

    std::fs::write(&anchors, &good[0]).unwrap();
    std::fs::write(&lists, &good[1]).unwrap();
    eventually(async || {
        let connected: BTreeSet<_> = federation.server.tls().connections().into_keys().collect();
        connected.iter().map(|agency| agency.as_str()).eq(["de-nw-lka"]).then_some(())
    })
    .await;
    live.who_am_i(WhoAmIRequest {}).await.unwrap_err();
    nw.open_case("2/26").await;
    drop((live, nw));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_certificate_is_renewed_under_a_live_stream() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    let follow = FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: uuid(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let mut feeds = FeedServiceClient::new(nw.channel.clone());
    let mut live = feeds.follow(follow).await.unwrap().into_inner();
    let serial = || federation.server.tls().state().certificate.serial;
    let old = serial();

    let hosts = vec![Host::Address([127, 0, 0, 1].into())];
    let order = Order::hub(identity(CENTRAL, "hub"), hosts);
    let folder = federation.config.tls.certificate.parent().unwrap();
    federation.authority.issue_into(folder, &order, Curve::P256, federation.clock.now()).unwrap();
    eventually(async || (serial() != old).then_some(())).await;
    nw.open_case("1/26").await;
    assert_eq!(live.message().await.unwrap().unwrap().sequence, 1, "who is connected stays so");
    federation.office("de-by-lka").await.open_case("1/26").await;
    drop((live, feeds, nw));
    federation.end().await;
}

/// How long one call waits for its answer, where being refused and being let in are looked for in turn.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// Waits until the hub has no connection any more.
async fn cut(federation: &Federation) {
    eventually(async || federation.server.tls().connections().is_empty().then_some(())).await;
}

/// Looks again and again until there is something: the hub looks at its files and its registry by itself.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("the hub notices by itself")
}
