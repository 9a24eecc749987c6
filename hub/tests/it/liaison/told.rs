//! Who learns that it was asked, later.

use meldeverbund_hub::flow::PutPolicy;
use meldeverbund_proto::v1::{LiaisonAsked, follow_response::Event};

use super::{ask, europol, link, question, referring};
use crate::harness::{Federation, INSTANCE, Office, accepted, salt};

/// The office's events of questions, once so many have come behind what it knows.
async fn asked(office: &Office, after: u64, count: usize) -> Vec<LiaisonAsked> {
    let events = office.feed(INSTANCE, after, count).await;
    let asked = events.into_iter().map(|event| match event.event {
        Some(Event::LiaisonAsked(asked)) => asked,
        other => panic!("{other:?}"),
    });
    asked.collect()
}

async fn refer(office: &Office, link: &str, hidden: bool) -> String {
    let request = referring("1/26", link, |referral| referral.hidden_from_liaison = hidden);
    accepted(office.submit(request).await).answers.remove(0).target_id
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_and_co_interested_agencies_are_told_and_of_what_is_hidden_only_who_hides_it() {
    let federation = Federation::start().await;
    let mut offices = Vec::new();
    for agency in ["de-nw-lka", "de-by-lka", "de-hh-lka"] {
        let office = federation.office(agency).await;
        office.open_case("1/26").await;
        offices.push(office);
    }
    let [nw, by, hh] = &offices[..] else { unreachable!("three") };
    let europol = europol(&federation).await;
    let shared = refer(nw, "https://a.test/shared", false).await;
    refer(by, "https://a.test/shared", true).await;
    let hidden = refer(hh, "https://a.test/hidden", true).await;
    let early = question(vec![
        link("https://a.test/late"),
        link("https://a.test/shared"),
        link("https://a.test/hidden"),
    ]);
    let recorded_at_us = ask(&europol, early.clone()).await.recorded_at_us;
    refer(nw, "https://a.test/late", false).await;
    let second = question(vec![link("https://a.test/late"), link("https://a.test/none")]);
    ask(&europol, second.clone()).await;

    // NW: the case, its referral, BY's join, the first question; its later referral stands where it was recorded.
    let events = nw.feed(INSTANCE, 3, 3).await;
    let mut told: Vec<_> = events
        .into_iter()
        .filter_map(|event| match event.event {
            Some(Event::LiaisonAsked(asked)) => Some(asked),
            _ => None,
        })
        .collect();
    let last = told.pop().unwrap();
    let first = told.pop().unwrap();
    assert_eq!((first.query_id, first.target_ids), (early.query_id.clone(), vec![shared.clone()]));
    assert_eq!(first.hidden_target_ids, [] as [String; 0]);
    assert_eq!(
        (first.purpose_code.as_str(), first.agency.unwrap().agency_id.as_str(), first.asked_at_us),
        ("prevention", "eu-europol", recorded_at_us)
    );
    assert_eq!((last.query_id, last.target_ids.len()), (second.query_id, 1));

    let by_told = asked(by, 2, 1).await.remove(0);
    assert_eq!(
        (by_told.target_ids, by_told.hidden_target_ids),
        (vec![shared], Vec::new()),
        "its case is bound to a hit"
    );
    let hh_told = asked(hh, 2, 1).await.remove(0);
    assert_eq!((hh_told.target_ids, hh_told.hidden_target_ids), (Vec::new(), vec![hidden]));
    drop((offices, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_wish_it_is_told_of_its_own_targets_alone() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let europol = europol(&federation).await;
    let policy = "[liaison]\nsilent = [\"de-by-lka\"]\n".to_owned();
    let put = PutPolicy::parse(policy, "KHK Muster".into(), salt()).unwrap();
    federation.server.hub().run(put).await.unwrap();
    for office in [&nw, &by] {
        office.open_case("1/26").await;
    }
    let shared = refer(&nw, "https://a.test/shared", false).await;
    assert_eq!(refer(&by, "https://a.test/shared", false).await, shared);
    let own = refer(&by, "https://a.test/own", false).await;
    let both = question(vec![link("https://a.test/shared"), link("https://a.test/own")]);
    ask(&europol, both).await;
    assert_eq!(asked(&by, 3, 1).await.remove(0).target_ids, [own], "an owner is told whatever it wishes");
    // The case, the referral, who joined.
    assert_eq!(asked(&nw, 3, 1).await.remove(0).target_ids, [shared]);
    drop((nw, by, europol));
    federation.end().await;
}
