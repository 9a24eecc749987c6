//! One target to which 100,000 cases are bound slows nothing.

use std::time::Duration;

use meldeverbund_proto::v1::Verdict;
use tokio::time::Instant;

use crate::harness::{Federation, Office};

const BINDINGS: i64 = 100_000;
const ROUNDS: usize = 60;

/// Far above noise, far below what a scan of 100,000 rows would cost beside a look-up.
const MOST: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_100_000_bindings_slows_nothing() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("first").await;
    nw.refer("first", &["https://big.example/", "https://plain.example/"]).await;
    let store = federation.server.hub().store();
    let mut writer = store.writer().await.unwrap();
    // Half of them are the agency's own: its further cases are what a referral looks for.
    let bind = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
                INSERT INTO binding (target_no, agency_no, case_no, since_leaf) \
                SELECT 1, CASE WHEN i % 2 = 0 THEN 2 ELSE 100 + i % 14 END, 1000000 + i, 0 FROM n";
    meldeverbund_hub::store::query(bind).bind(BINDINGS).execute(&mut writer).await.unwrap();
    drop(writer);
    assert_eq!(federation.counts().await.bindings, BINDINGS + 2);

    let (mut big, mut plain) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let case = format!("case {round}");
        nw.open_case(&case).await;
        big.push(timed(&nw, &case, "https://big.example/").await);
        plain.push(timed(&nw, &case, "https://plain.example/").await);
    }
    let (big, plain) = (median(big), median(plain));
    assert!(big < plain * MOST, "{big:?} beside {plain:?}");
    federation.end().await;
}

async fn timed(office: &Office, case: &str, link: &str) -> Duration {
    let started = Instant::now();
    let accepted = office.refer(case, &[link]).await;
    assert_eq!(accepted.answers[0].verdict(), Verdict::AlreadyYours);
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
