//! What looks like misuse, asked openly or blindly: much of a day's budget, many cases, many selectors at night, and a walk however it
//! is cut. (A walk in one question is in `desk` and `verbs`.)

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::liaison::Signal;
use meldeverbund_hub::{
    flow::TellAsked,
    store::{AgencyRow, SignalRow, query_scalar},
};
use meldeverbund_proto::v1::{AgencyKind, ContentHash, HashAlgorithm, Selector};

use super::{EUROPOL, ask, content, europol, link, question};
use crate::{
    blind,
    harness::{Federation, Office},
};

const INTERPOL: &str = "int-interpol";
const HOUR_S: u64 = 3_600;

/// Contents, in which nobody sees a walk.
fn contents(count: u32) -> Vec<Selector> {
    let hash = |n: u32| {
        let digest = n.to_be_bytes().repeat(8);
        content(&ContentHash { algorithm: HashAlgorithm::Sha256.into(), digest })
    };
    (0..count).map(hash).collect()
}

async fn asks_blindly(federation: &Federation, office: &Office, count: u8) {
    blind::turn(federation).await;
    let known = blind::newest(office).await;
    let selectors: Vec<_> = (0..count).map(|n| meldeverbund_blind::Selector::Md5([n; 16])).collect();
    blind::ask(office, &known, &selectors).await.unwrap();
}

/// The signals that an agency has raised, the newest first, without those of former days.
async fn raised(federation: &Federation, agency: &str, day: u64) -> Vec<Signal> {
    let hub = federation.server.hub();
    let tell = || TellAsked {
        policies: hub.policies().clone(),
        settings: Arc::new(federation.config.liaison.clone()),
        blind_per_day: federation.config.blind.elements_per_day,
    };
    while hub.run(tell()).await.unwrap() {}
    let mut reader = hub.reader().await.unwrap();
    let agencies = AgencyRow::all(&mut reader).await.unwrap();
    let agency = agencies.iter().find(|row| row.card.agency_id == agency).unwrap().agency.no;
    let rows = SignalRow::newest(&mut reader, false, 99).await.unwrap().into_iter();
    let rows = rows.filter(|row| row.agency == agency && row.day.unsigned_abs() == day);
    rows.map(|row| row.signal).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn much_broad_and_late_questions_raise_a_signal_openly_and_blindly() {
    let today =
        Clock::system().now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / (24 * HOUR_S);
    let day = today + 1;
    let now = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs((day * 24 + 12) * HOUR_S));
    let federation = Federation::start_with(now.clock(), |config| {
        blind::on(config);
        (config.liaison.selectors_per_day, config.blind.elements_per_day) = (1_000, 1_000);
    })
    .await;
    let europol = europol(&federation).await;
    federation.register(INTERPOL, AgencyKind::Liaison).await;
    let interpol = federation.connect(INTERPOL, "main").await;
    // Noon: much of the budget of blind questions, which is apart from that of open ones.
    for _ in 0..3 {
        asks_blindly(&federation, &interpol, 250).await;
    }
    asks_blindly(&federation, &interpol, 49).await;
    ask(&europol, question(contents(100))).await;
    assert_eq!(raised(&federation, INTERPOL, day).await, []);
    asks_blindly(&federation, &interpol, 1).await;
    assert_eq!(raised(&federation, INTERPOL, day).await, [Signal::Volume]);
    assert_eq!(raised(&federation, EUROPOL, day).await, [], "what others ask is not its own");

    now.advance(Duration::from_secs(10 * HOUR_S));
    ask(&europol, question(contents(99))).await;
    assert_eq!(raised(&federation, EUROPOL, day).await, []);
    ask(&europol, question(contents(100))).await;
    assert_eq!(raised(&federation, EUROPOL, day).await, [Signal::Night]);
    asks_blindly(&federation, &interpol, 100).await;
    assert_eq!(raised(&federation, INTERPOL, day).await, [Signal::Volume, Signal::Night]);

    now.advance(Duration::from_secs(14 * HOUR_S));
    ask(&europol, question(contents(799))).await;
    assert_eq!(raised(&federation, EUROPOL, day + 1).await, [], "a new day has a new budget");
    ask(&europol, question(contents(1))).await;
    assert_eq!(raised(&federation, EUROPOL, day + 1).await, [Signal::Volume]);

    now.advance(Duration::from_secs(24 * HOUR_S));
    for case in 0..41 {
        assert_eq!(raised(&federation, EUROPOL, day + 2).await, [], "{case} cases");
        let mut asked = question(contents(1));
        asked.purpose.as_mut().unwrap().case_number = format!("EU-{case}/26");
        ask(&europol, asked).await;
    }
    assert_eq!(raised(&federation, EUROPOL, day + 2).await, [Signal::Breadth]);
    drop((europol, interpol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_shows_however_it_is_cut_into_questions() {
    let today =
        Clock::system().now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / (24 * HOUR_S);
    let day = today + 1;
    let now = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs((day * 24 + 12) * HOUR_S));
    let federation = Federation::start_with(now.clock(), |_| {}).await;
    let europol = europol(&federation).await;
    federation.register(INTERPOL, AgencyKind::Liaison).await;
    let interpol = federation.connect(INTERPOL, "main").await;
    let walks = async |office: &Office, numbers: std::ops::Range<u32>| {
        let links = numbers.map(|n| link(&format!("HTTP://A.b.test:80/v/{n}.html")));
        ask(office, question(links.collect())).await;
    };
    // One at a time, some in a row, backwards, and what has nothing to do with it between them.
    for n in 0..10 {
        walks(&europol, n..n + 1).await;
    }
    for from in [40, 30, 20, 10] {
        walks(&europol, from..from + 10).await;
        ask(&europol, question(vec![link("https://a.b.test/w/7"), link("https://other.test/")])).await;
    }
    walks(&europol, 0..49).await;
    assert_eq!(raised(&federation, EUROPOL, day).await, [], "an album, and asked about twice");
    walks(&interpol, 50..52).await;
    assert_eq!(raised(&federation, EUROPOL, day).await, [], "what others ask is not its own");
    ask(&europol, question(vec![link("https://a.b.test/v/50.html")])).await;
    assert_eq!(raised(&federation, EUROPOL, day).await, [Signal::Walking], "in any spelling");
    assert_eq!(raised(&federation, INTERPOL, day).await, []);

    now.advance(Duration::from_secs(24 * HOUR_S));
    walks(&europol, 51..52).await;
    assert_eq!(raised(&federation, EUROPOL, day + 1).await, [], "a new day begins anew");
    let before = format!("SELECT count(*) FROM liaison_walk WHERE day <= {day}");
    let mut reader = federation.server.hub().reader().await.unwrap();
    let kept: i64 = query_scalar(before).fetch_one(&mut reader).await.unwrap();
    assert_eq!(kept, 0, "of a day that is over nothing is kept");
    drop(reader);
    for from in [52, 70, 88] {
        walks(&europol, from..from + 18).await;
    }
    assert_eq!(raised(&federation, EUROPOL, day + 1).await, [Signal::Walking]);
    drop((europol, interpol));
    federation.end().await;
}
