//! How much may be asked.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_proto::v1::RefusalCode;
use tonic_types::StatusExt as _;

use super::{answered, ask_all, client, europol, link, not_answered, question, token, with_token};
use crate::harness::Federation;

fn of(count: usize) -> meldeverbund_proto::v1::QueryRequest {
    question((0..count).map(|n| link(&format!("https://a.test/{n}"))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_a_stream_and_streams_have_their_limits() {
    let federation = Federation::start_with(Clock::system(), |config| {
        config.liaison.selectors_per_minute = 2_000;
        config.liaison.selectors_per_day = 2_000;
        config.liaison.selectors_per_stream = 1_000;
        config.liaison.streams = 2;
    })
    .await;
    let europol = europol(&federation).await;
    let first = of(600);
    let mut answers = ask_all(&europol, vec![first.clone(), of(401), of(1)]).await.unwrap().into_iter();
    answered(answers.next().unwrap());
    let refusal = not_answered(answers.next().unwrap());
    assert_eq!(refusal.code(), RefusalCode::TooLarge, "600 and 401 are more than a stream has");
    assert_eq!(not_answered(answers.next().unwrap()).code(), RefusalCode::TooLarge);

    answered(ask_all(&europol, vec![of(1_000)]).await.unwrap().remove(0));
    let refusal = not_answered(ask_all(&europol, vec![of(401)]).await.unwrap().remove(0));
    assert_eq!(refusal.code(), RefusalCode::BudgetSpent);
    assert!(refusal.retry_after_ms > 0);
    answered(ask_all(&europol, vec![of(400)]).await.unwrap().remove(0));
    let again = answered(ask_all(&europol, vec![first]).await.unwrap().remove(0));
    assert!(again.repeated, "what was recorded costs nothing when it is asked again");

    // On another hub, on the same database, it is as much.
    let federation = federation.restart().await;
    let europol = federation.connect("eu-europol", "main").await;
    let refusal = not_answered(ask_all(&europol, vec![of(1)]).await.unwrap().remove(0));
    assert_eq!(refusal.code(), RefusalCode::BudgetSpent);

    let open = || {
        let request = with_token(tokio_stream::pending(), &token("eu-europol"));
        let mut client = client(&europol);
        async move { client.query(request).await }
    };
    let (one, two) = (open().await.unwrap(), open().await.unwrap());
    let refused = open().await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let hint = refused.get_error_details().retry_info().and_then(|retry| retry.retry_delay);
    assert!(hint.is_some_and(|hint| hint > Duration::ZERO), "when to try again");
    drop((one, two, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_has_its_limit_and_says_when_it_ends() {
    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), |config| {
        config.liaison.selectors_per_minute = 1_000;
    })
    .await;
    let europol = europol(&federation).await;
    let first = of(999);
    answered(ask_all(&europol, vec![first.clone()]).await.unwrap().remove(0));
    let more = of(2);
    let refusal = not_answered(ask_all(&europol, vec![more.clone()]).await.unwrap().remove(0));
    assert_eq!(refusal.code(), RefusalCode::RateLimited);
    assert!((1..=60_001).contains(&refusal.retry_after_ms), "{}", refusal.retry_after_ms);
    answered(ask_all(&europol, vec![of(1)]).await.unwrap().remove(0));
    assert!(
        answered(ask_all(&europol, vec![first]).await.unwrap().remove(0)).repeated,
        "it costs nothing again"
    );
    now.advance(Duration::from_millis(refusal.retry_after_ms));
    answered(ask_all(&europol, vec![more]).await.unwrap().remove(0));
    drop(europol);
    federation.end().await;
}
