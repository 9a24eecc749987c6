//! Who may ask blindly, and where it is off.

use meldeverbund_blind::Questions;
use meldeverbund_hub::{
    flow::SeedError,
    serve::{ServeError, Server},
    store::query_scalar,
};
use meldeverbund_proto::v1::{EvaluateRequest, FetchSetRequest, ShowEpochsRequest};
use tonic::{Request, Status};

use super::{client, federation, link, newest, refusal, request, turn};
use crate::{
    harness::{CENTRAL, Federation, Office},
    liaison::{EUROPOL, europol, token, with_token},
};

fn evaluation() -> EvaluateRequest {
    request(1, &Questions::blind(&[link("https://a.test/1")], &mut rand::rng()))
}

/// What each of the three calls comes to.
async fn calls(office: &Office, token: Option<&str>) -> [Result<(), String>; 3] {
    fn with<T>(message: T, token: Option<&str>) -> Request<T> {
        match token {
            Some(token) => with_token(message, token),
            None => Request::new(message),
        }
    }
    fn code<T>(result: Result<T, Status>) -> Result<(), String> {
        result.map(|_| ()).map_err(|status| refusal(&status).0)
    }
    let fetch = FetchSetRequest { epoch: 1, ..FetchSetRequest::default() };
    [
        code(client(office).show_epochs(with(ShowEpochsRequest {}, token)).await),
        code(client(office).fetch_set(with(fetch, token)).await),
        code(client(office).evaluate(with(evaluation(), token)).await),
    ]
}

fn all(code: &str) -> [Result<(), String>; 3] {
    std::array::from_fn(|_| Err(format!("REFUSAL_CODE_{code}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_officer_of_a_liaison_body_asks() {
    let federation = federation().await;
    let europol = europol(&federation).await;
    turn(&federation).await;
    let nw = federation.office("de-nw-lka").await;
    let centre = federation.connect(CENTRAL, "main").await;
    assert_eq!(calls(&europol, Some(&token(EUROPOL))).await, [Ok(()), Ok(()), Ok(())]);
    let interpol = "int-interpol liaison 9223372036854775807";
    let desk = "eu-europol desk 9223372036854775807";
    for wrong in [None, Some(interpol), Some(desk), Some("eu-europol liaison 1"), Some("nonsense")] {
        assert_eq!(calls(&europol, wrong).await, all("OFFICER_UNKNOWN"), "{wrong:?}");
    }
    for office in [&nw, &centre] {
        for token in [token(office.agency.as_str()), token(EUROPOL)] {
            assert_eq!(calls(office, Some(&token)).await, all("NOT_PERMITTED"));
        }
    }
    drop((europol, nw, centre));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_legal_basis_it_is_off() {
    let federation = Federation::start().await;
    let europol = europol(&federation).await;
    assert_eq!(calls(&europol, Some(&token(EUROPOL))).await, all("BLIND_OFF"));
    assert!(federation.server.blind().is_none());
    assert!(!federation.config.blind_seed().exists(), "nothing is made that nobody may use");
    let mut reader = federation.server.hub().reader().await.unwrap();
    let epochs: i64 = query_scalar("SELECT count(*) FROM blind_epoch").fetch_one(&mut reader).await.unwrap();
    assert_eq!(epochs, 0);
    drop((reader, europol));
    federation.end().await;
}

/// The seed is in no database, so a hub without it does not begin to answer under other keys by itself.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_seed_of_its_epochs_a_hub_does_not_start() {
    let federation = federation().await;
    let europol = europol(&federation).await;
    turn(&federation).await;
    newest(&europol).await;
    drop(europol);
    let Federation { server, config, clock, place, folder, .. } = federation;
    server.end().await.unwrap();
    let path = config.blind_seed();
    let seed = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let missing = Server::start(&config, clock.clone(), None).await.unwrap_err();
    assert!(matches!(missing, ServeError::Seed(SeedError::Missing { epoch: 1, .. })), "{missing}");
    let other = format!("meldeverbund blind seed v1\n{}\n", "00".repeat(32));
    assert_ne!(seed, other);
    std::fs::write(&path, other).unwrap();
    let other = Server::start(&config, clock, None).await.unwrap_err();
    assert!(matches!(other, ServeError::Seed(SeedError::Other { epoch: 1, .. })), "{other}");
    drop((place, folder));
}
