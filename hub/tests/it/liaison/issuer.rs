//! An officer by the word of a real issuer: its token over the wire, verified by the issuers of the configuration.

use meldeverbund_certs::Clock;
use meldeverbund_hub::serve::Server;
use meldeverbund_people::{Role, testing::TestIssuer};

use super::{EUROPOL, client, europol, link, question, with_token};
use crate::harness::Federation;

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_issuer_s_officer_asks() {
    let (issuer, other) = (TestIssuer::start().await, TestIssuer::start().await);
    let own = EUROPOL.parse().unwrap();
    let foreign = "int-interpol".parse().unwrap();
    let settings = vec![issuer.settings(&own), other.settings(&foreign)];
    let mut federation = Federation::start_with(Clock::system(), |config| config.issuers = settings).await;
    federation.server.end().await.unwrap();
    federation.server = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    let europol = europol(&federation).await;
    let now = Clock::system().now();
    let good = issuer.token(&[Role::LiaisonOfficer], now).subject("officer-9").sign();
    let desk = issuer.token(&[Role::DeskOfficer], now).sign();
    let elsewhere = other.token(&[Role::LiaisonOfficer], now).sign();
    let asks = async |token: &str| {
        let request = with_token(tokio_stream::iter([question(vec![link("https://a.test/1")])]), token);
        let mut answers = client(&europol).query(request).await?.into_inner();
        answers.message().await.map(Option::unwrap)
    };
    super::answered(asks(&good).await.unwrap());
    for bad in [&desk, &elsewhere, &good[..good.len() - 2].to_owned(), &"nonsense".to_owned()] {
        let status = asks(bad).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unauthenticated);
        assert!(!status.message().contains(bad.as_str()), "a token is never repeated");
    }
    drop(europol);
    federation.end().await;
}
