//! The desk's side, through the real binary: announcements answered, the access log read, signals looked at.

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::liaison::{HashKey, Settings, Signal};
use meldeverbund_hub::{
    flow::{EraseLog, LookAtSignal, Search, TellAsked, read_access_log},
    store::{QueryRow, ReadRow, SignalRow},
};
use meldeverbund_proto::{
    CanonicalLink,
    v1::{ContentHash, HashAlgorithm, RefusalCode},
};
use std::{sync::Arc, time::Duration};

use super::{EUROPOL, ask, ask_all, content, europol, link, not_answered, question};
use crate::harness::Federation;

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_is_searched_its_reading_logged_and_erased_in_time() {
    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), |_| {}).await;
    let europol = europol(&federation).await;
    let hash = ContentHash { algorithm: HashAlgorithm::Md5.into(), digest: vec![7; 16] };
    let first = question(vec![link("https://a.test/1"), content(&hash)]);
    let mut second = question(vec![link("https://a.test/2")]);
    second.purpose.as_mut().unwrap().case_number = "EU-8/26".into();
    for one in [&first, &second] {
        ask(&europol, one.clone()).await;
    }
    let hub = federation.server.hub().clone();
    let search = |link: &str| Search { link: CanonicalLink::parse(link).ok(), most: 9, ..Search::default() };
    let found = read_access_log(&hub, "DSB", "complaint", &search("HTTP://A.test/2")).await.unwrap();
    let found: Vec<_> = found.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(found, [second.query_id.as_str()], "in any spelling");
    let of_content = Search { content: HashKey::of(&hash), most: 9, ..Search::default() };
    let of_case = Search { case_number: Some("EU-8/26".into()), most: 9, ..Search::default() };
    for (search, id) in [(of_content, &first.query_id), (of_case, &second.query_id)] {
        let found = read_access_log(&hub, "DSB", "complaint", &search).await.unwrap();
        assert_eq!(found.iter().map(|row| row.id.to_string()).collect::<Vec<_>>(), [id.as_str()]);
    }
    let officer = Search { officer: Some("somebody".into()), most: 9, ..Search::default() };
    assert_eq!(read_access_log(&hub, "DSB", "complaint", &officer).await.unwrap(), []);
    assert!(read_access_log(&hub, " ", "complaint", &officer).await.is_err(), "nobody reads it unnamed");
    let mut reader = hub.reader().await.unwrap();
    let reads = ReadRow::newest(&mut reader, 9).await.unwrap();
    let reads: Vec<_> = reads.iter().map(|row| (row.asked_for.as_str(), row.found)).collect();
    let all = [("officer somebody", 0), ("a case", 1), ("a content", 1), ("a link", 1)];
    assert_eq!(reads, all, "neither link nor content is told again");

    now.advance(Duration::from_secs(1_000));
    let before_us = now.now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_micros() as i64;
    while hub.run(EraseLog { before_us }).await.unwrap() > 0 {}
    assert_eq!(QueryRow::count(&mut reader).await.unwrap(), 0);
    let refusal = not_answered(ask_all(&europol, vec![first]).await.unwrap().remove(0));
    assert_eq!(refusal.code(), RefusalCode::Retired, "without its log a question is not answered again");
    drop((reader, hub, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_raises_a_signal_that_somebody_looks_at() {
    let federation = Federation::start().await;
    let europol = europol(&federation).await;
    ask(&europol, question((0..60).map(|n| link(&format!("https://a.test/v/{n}"))).collect())).await;
    let hub = federation.server.hub().clone();
    let settings = Arc::new(Settings::default());
    while hub
        .run(TellAsked {
            policies: hub.policies().clone(),
            settings: Arc::clone(&settings),
            blind_per_day: u32::MAX,
        })
        .await
        .unwrap()
    {}
    let mut reader = hub.reader().await.unwrap();
    let signals = SignalRow::newest(&mut reader, false, 9).await.unwrap();
    let found: Vec<_> = signals.iter().map(|row| row.signal).filter(|one| *one != Signal::Night).collect();
    assert_eq!(found, [Signal::Walking]);
    assert!(!signals[0].detail.contains("a.test"), "a signal tells no link");
    let walking = signals.iter().find(|row| row.signal == Signal::Walking).unwrap();
    let look = |day| LookAtSignal {
        agency: EUROPOL.parse().unwrap(),
        signal: Signal::Walking,
        day,
        officer: "KD".into(),
    };
    assert!(hub.run(look(walking.day - 1)).await.is_err(), "there is none of that day");
    hub.run(look(walking.day)).await.unwrap();
    assert!(hub.run(look(walking.day)).await.is_err(), "it was looked at");
    drop((reader, hub, europol));
    federation.end().await;
}
