//! A question that is asked again: it is the same question, recorded once, told of once and paid for once. So it finds nothing that
//! nobody was told of.

use meldeverbund_proto::v1::{
    ContentHash, HashAlgorithm, QueryAnswered, RefusalCode, WithdrawReferral, decide_request::Decision,
    follow_response::Event,
};

use super::{
    ask, content,
    disclosures::{name, request, requested},
    europol, hits, link, question, referring,
};
use crate::harness::{Federation, INSTANCE, accepted};

fn found(answer: &QueryAnswered) -> Vec<bool> {
    hits(answer).iter().map(Option::is_some).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_asked_again_finds_nothing_that_came_since() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    let hash = ContentHash { algorithm: HashAlgorithm::Sha256.into(), digest: vec![7; 32] };
    let early = nw.refer("1/26", &["https://a.test/early"]).await.answers.remove(0).target_id;
    let asked = question(vec![link("https://a.test/early"), link("https://a.test/late"), content(&hash)]);
    assert_eq!(found(&ask(&europol, asked.clone()).await), [true, false, false]);
    let late = referring("1/26", "https://a.test/late", |referral| {
        referral.content_hashes = vec![hash.clone()];
    });
    accepted(nw.submit(late).await);

    let before = federation.counts().await;
    let again = ask(&europol, asked.clone()).await;
    assert!(again.repeated);
    assert_eq!(found(&again), [true, false, false], "nobody is told of what would be more");
    for position in [1, 2] {
        let refused = requested(&europol, request(&asked.query_id, position)).await;
        assert_eq!(refused, Err(name(RefusalCode::NoHit)), "{position}");
    }
    assert_eq!(federation.counts().await.leaves, before.leaves, "nothing was written");

    let anew = question(asked.selectors.clone());
    assert_eq!(found(&ask(&europol, anew.clone()).await), [true; 3], "another question finds it");
    requested(&europol, request(&anew.query_id, 1)).await.unwrap();
    // The case, the first referral; then the first question, the second referral, the second question, what is asked for.
    let events = nw.feed(INSTANCE, 2, 4).await.into_iter();
    let mut told: Vec<_> = events
        .filter_map(|event| match event.event {
            Some(Event::LiaisonAsked(told)) => Some((told.query_id, told.target_ids.len())),
            _ => None,
        })
        .collect();
    told.sort_unstable_by_key(|(_, targets)| *targets);
    assert_eq!(told, [(asked.query_id.clone(), 1), (anew.query_id, 2)], "of each question what it found");

    let withdraw = WithdrawReferral { reason: "no".into(), ..WithdrawReferral::default() };
    nw.decided(&[early], Decision::WithdrawReferral(withdraw)).await;
    assert_eq!(found(&ask(&europol, asked).await), [false; 3], "what is withdrawn is told no more");
    drop((nw, europol));
    federation.end().await;
}
