//! Two hubs on one server: what one writes rings at the other, and one of them may die at any instant.

use std::{collections::HashMap, path::Path, time::Duration};

use meldeverbund_certs::Clock;
use meldeverbund_domain::retention::{Term, Terms};
use meldeverbund_hub::{
    flow::{Run, retain},
    serve::{Config, Server},
    store::{AgencyRow, Counts, Store, query, query_scalar},
};
use meldeverbund_proto::v1::{Role, SubmissionAccepted, SubmitRequest, Verdict, follow_response::Event};
use rustix::process::Signal;

use crate::{
    harness::{CENTRAL, Federation, INSTANCE, Office, Place, accepted, batch, connect_to, open_case, salt},
    process::Site,
};

/// What is waited for comes in milliseconds; a machine that is busy with other tests takes longer.
const SOON: Duration = Duration::from_secs(30);

const BATCHES: usize = 60;
const BATCH: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_rings_at_the_other() {
    let federation = Federation::start_at(Place::server(), Clock::system(), |_| {}).await;
    let nw = federation.office("de-nw-lka").await;
    let other = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    let rows = AgencyRow::all(&mut other.hub().reader().await.unwrap()).await.unwrap();
    let agency = rows.iter().find(|row| row.agency.id == nw.agency).unwrap().agency.no;
    let mut bell = other.hub().bell(agency);
    // One ring says that it listens from now on; nothing but the server's word makes the others.
    for n in 0..4 {
        nw.open_case(&format!("{n}/26")).await;
        tokio::time::timeout(SOON, bell.changed()).await.expect("the other hub is told").unwrap();
    }
    drop((bell, nw));
    other.end().await.unwrap();
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_rings_feeds_go_on_by_looking() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    let other = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    let files = federation.credentials("de-nw-lka", "other");
    let channel = connect_to(other.address(), &files, Clock::system()).await.unwrap();
    let there = Office { agency: nw.agency.clone(), channel };
    let (feed, _) = tokio::join!(there.feed(INSTANCE, 0, 1), nw.open_case("1/26"));
    assert!(matches!(feed[0].event, Some(Event::CaseOpened(_))));
    drop((nw, there));
    other.end().await.unwrap();
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_killed_and_nothing_is_lost_or_doubled() {
    let site = Site::on_a_server();
    site.register(CENTRAL, "central-office");
    let (dies, lives) = (site.serve().await, site.serve_another().await);
    let (nw, by) = (site.office("de-nw-lka", &dies).await, site.office("de-by-lka", &lives).await);
    for office in [&nw, &by] {
        office.cases().open_case(open_case("1/26")).await.unwrap();
    }
    // The same links, at once, one at each hub.
    let [nw_asked, by_asked] = [(); 2].map(|()| requests());
    let other = tokio::spawn(hand_in(by.clone(), by_asked.clone(), None));
    let (told, killed) = tokio::sync::oneshot::channel();
    let asking = tokio::spawn(hand_in(nw.clone(), nw_asked.clone(), Some(told)));
    killed.await.unwrap();
    dies.signal(Signal::KILL);
    drop(dies);
    let answered = asking.await.unwrap();
    assert!(answered.len() < BATCHES, "the hub died after everything was answered");
    let by_told = other.await.unwrap();
    assert_eq!(by_told.len(), BATCHES, "the other one does not notice");

    // The office goes on at the other hub: everything again, under the same ids.
    let channel = connect_to(lives.address, &site.credentials("de-nw-lka"), Clock::system()).await.unwrap();
    let nw = Office { channel, ..nw };
    let nw_told = hand_in(nw.clone(), nw_asked, None).await;
    assert_eq!(nw_told.len(), BATCHES);
    for (before, again) in answered.iter().zip(&nw_told) {
        assert_eq!(before.first_leaf_index, again.first_leaf_index);
        for (before, again) in before.answers.iter().zip(&again.answers) {
            assert_eq!((before.verdict(), &before.target_id), (again.verdict(), &again.target_id));
        }
    }
    let mut owners = HashMap::new();
    for (agency, told) in [("de-nw-lka", &nw_told), ("de-by-lka", &by_told)] {
        for answer in told.iter().flat_map(|accepted| &accepted.answers) {
            let first = answer.verdict() == Verdict::New;
            assert_eq!(answer.role() == Role::Owner, first);
            assert_eq!(answer.owner_agency_id == agency, first);
            owners.entry(&answer.target_id).or_insert_with(Vec::new).push(first);
        }
    }
    assert_eq!(owners.len(), BATCHES * BATCH);
    for told in owners.values() {
        assert_eq!(told.iter().filter(|first| **first).count(), 1, "each target has one owner");
        assert_eq!(told.len(), 2);
    }
    let store = Store::open(site.database()).await.unwrap();
    let counts = Counts::read(&mut store.reader().await.unwrap()).await.unwrap();
    assert_eq!((counts.targets, counts.bindings, counts.ownerless), (1_200, 2_400, 0));
    store.close().await;
    // The living hub's, and the dead one's high-water mark.
    for output in [site.run_another(&["ledger", "verify"]), site.run(&["ledger", "verify"])] {
        assert!(output.status.success(), "{output:?}");
    }
    // What the dead hub wrote is in the feed of the living one.
    let feed = nw.feed("44444444-4444-4444-8444-444444444444", 0, 1 + BATCHES).await;
    let recorded = feed.iter().filter(|row| matches!(row.event, Some(Event::ReferralsRecorded(_))));
    assert!(recorded.count() >= BATCHES / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_needs_no_right_to_change_the_schema() {
    let place = Place::server();
    let (name, database) = place.guest();
    let owned = place.database(Path::new(""));
    assert!(Store::migrate(&owned).await.unwrap());
    assert!(!Store::migrate(&owned).await.unwrap(), "once");
    let mut owner = Store::open(&owned).await.unwrap().writer().await.unwrap();
    let schema: String = query_scalar("SELECT current_schema()::TEXT").fetch_one(&mut owner).await.unwrap();
    assert!(Store::open(&database).await.is_err(), "it may not even look");
    let grants = [
        format!("GRANT USAGE ON SCHEMA {schema} TO {name}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}"),
    ];
    for grant in grants {
        query(grant).execute(&mut owner).await.unwrap();
    }
    let change = |config: &mut Config| config.database = database;
    let federation = Federation::start_at(place, Clock::system(), change).await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    let hub = federation.server.hub();
    let term = || Term::new(1, "BKAG § 77(1)").ok();
    let terms = Terms { referral: term(), decision: term(), case: term(), liaison: None };
    retain(hub, &terms, salt, Run::Now).await.unwrap();
    let mut writer = hub.store().writer().await.unwrap();
    assert!(query("ALTER TABLE target ADD COLUMN more TEXT").execute(&mut writer).await.is_err());
    drop((nw, owner));
    federation.end().await;
}

fn requests() -> Vec<SubmitRequest> {
    let links: Vec<_> = (0..BATCHES * BATCH).map(|n| format!("https://host.example/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    links.chunks(BATCH).map(|links| batch("1/26", links)).collect()
}

/// Hands in one batch after the other until the hub is gone, and says so once a third of them is answered.
async fn hand_in(
    office: Office,
    requests: Vec<SubmitRequest>,
    mut third: Option<tokio::sync::oneshot::Sender<()>>,
) -> Vec<SubmissionAccepted> {
    let mut told = Vec::new();
    for request in requests {
        let Ok(answers) = office.referrals().submit(tokio_stream::iter([request])).await else { break };
        let Ok(Some(answer)) = answers.into_inner().message().await else { break };
        told.push(accepted(answer));
        if told.len() == BATCHES / 3
            && let Some(third) = third.take()
        {
            third.send(()).unwrap();
        }
    }
    told
}
