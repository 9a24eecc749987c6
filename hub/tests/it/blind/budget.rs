//! A set cannot be walked: each element costs, and a day has its end.

use std::time::{Duration, SystemTime};

use meldeverbund_blind::Questions;
use meldeverbund_certs::{Clock, ManualClock};

use super::{Known, client, evaluate, federation, link, newest, on, refusal, request, show, turn};
use crate::{
    harness::{Federation, Office},
    liaison::{europol, token, with_token},
};

fn questions(count: usize) -> Questions {
    let selectors: Vec<_> = (0..count).map(|n| link(&format!("https://guess.test/{n}"))).collect();
    Questions::blind(&selectors, &mut rand::rng())
}

async fn spend(office: &Office, known: &Known, count: usize) -> Result<u64, (String, u128)> {
    let answer = evaluate(office, request(known.epoch.epoch, &questions(count))).await;
    answer.map(|answer| answer.budget_left).map_err(|status| refusal(&status))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_its_end_and_the_next_begins() {
    // Ten in the morning.
    let day = Clock::system().now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400 + 1;
    let now = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + 36_000));
    let federation = Federation::start_with(now.clock(), |config| {
        on(config);
        config.blind.elements_per_day = 1_500;
    })
    .await;
    let asker = europol(&federation).await;
    turn(&federation).await;
    let known = newest(&asker).await;
    let shown = show(&asker).await.unwrap();
    assert_eq!((shown.budget_per_day, shown.budget_left), (1_500, 1_500));
    assert_eq!(spend(&asker, &known, 1_000).await, Ok(500));

    let (code, retry_ms) = spend(&asker, &known, 501).await.unwrap_err();
    assert_eq!(code, "REFUSAL_CODE_BUDGET_SPENT");
    let left_ms = (86_400 - 36_000) * 1_000;
    assert!((left_ms - 60_000..=left_ms + 1).contains(&retry_ms), "{retry_ms}: when the day ends");
    assert_eq!(show(&asker).await.unwrap().budget_left, 500, "all or nothing");
    assert_eq!(spend(&asker, &known, 500).await, Ok(0));
    assert_eq!(spend(&asker, &known, 1).await.unwrap_err().0, "REFUSAL_CODE_BUDGET_SPENT");

    // Neither another epoch nor another hub gives more.
    let federation = federation.restart().await;
    let asker = federation.connect(asker.agency.as_str(), "main").await;
    now.advance(Duration::from_secs(13 * 3_600));
    assert_eq!(spend(&asker, &known, 1).await.unwrap_err().0, "REFUSAL_CODE_BUDGET_SPENT");
    now.advance(Duration::from_secs(3_600 + 1));
    assert_eq!(spend(&asker, &known, 1_000).await, Ok(500), "the next day");
    drop(asker);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_comes_again_costs_nothing_again() {
    let federation = federation().await;
    let asker = europol(&federation).await;
    turn(&federation).await;
    let known = newest(&asker).await;
    let questions = questions(3);
    let request = request(known.epoch.epoch, &questions);
    let first = evaluate(&asker, request.clone()).await.unwrap();
    let again = evaluate(&asker, request.clone()).await.unwrap();
    assert_eq!(again.evaluated_elements, first.evaluated_elements);
    assert_eq!((again.budget_left, again.recorded_at_us), (first.budget_left, first.recorded_at_us));
    let tags = |answer: &meldeverbund_proto::v1::EvaluateResponse| {
        questions.finish(&known.key, &answer.evaluated_elements, &answer.proof).unwrap()
    };
    assert_eq!(tags(&again), tags(&first), "its proof is as good");
    assert!(again.receipt.is_some());

    let mut other = request;
    other.blinded_elements.swap(0, 1);
    let conflict = evaluate(&asker, other).await.unwrap_err();
    assert_eq!(refusal(&conflict).0, "REFUSAL_CODE_ID_CONFLICT");
    drop(asker);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_costs_nothing() {
    let federation = federation().await;
    let asker = europol(&federation).await;
    turn(&federation).await;
    let known = newest(&asker).await;
    let before = (federation.counts().await, show(&asker).await.unwrap().budget_left);
    let good = request(known.epoch.epoch, &questions(2));
    let malformed: [(&str, fn(&mut meldeverbund_proto::v1::EvaluateRequest)); 9] = [
        ("REFUSAL_CODE_FIELD_INVALID", |r| r.blinded_elements[1] = vec![0; 32]),
        ("REFUSAL_CODE_FIELD_INVALID", |r| r.blinded_elements[1] = vec![0xff; 32]),
        ("REFUSAL_CODE_FIELD_INVALID", |r| r.blinded_elements[1].push(0)),
        ("REFUSAL_CODE_FIELD_MISSING", |r| r.blinded_elements.clear()),
        ("REFUSAL_CODE_TOO_LARGE", |r| r.blinded_elements = vec![r.blinded_elements[0].clone(); 1_001]),
        ("REFUSAL_CODE_PURPOSE_UNKNOWN", |r| r.purpose.as_mut().unwrap().code = "curiosity".into()),
        ("REFUSAL_CODE_FIELD_INVALID", |r| r.salt = vec![0; 32]),
        ("REFUSAL_CODE_EPOCH_OVER", |r| r.epoch += 1),
        ("REFUSAL_CODE_EPOCH_OVER", |r| r.epoch = 0),
    ];
    for (code, change) in malformed {
        let mut request = good.clone();
        change(&mut request);
        assert_eq!(refusal(&evaluate(&asker, request).await.unwrap_err()).0, code);
    }
    assert_eq!((federation.counts().await, show(&asker).await.unwrap().budget_left), before);
    let ahead =
        meldeverbund_proto::v1::FetchSetRequest { epoch: 1, after_increment: 1, without_filter: true };
    let ahead = client(&asker).fetch_set(with_token(ahead, &token(asker.agency.as_str()))).await;
    assert_eq!(refusal(&ahead.unwrap_err()).0, "REFUSAL_CODE_FIELD_INVALID");
    drop(asker);
    federation.end().await;
}
