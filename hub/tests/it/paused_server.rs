//! A server that is there and says nothing: nobody waits behind somebody else's wait.

use std::time::Duration;

use futures::future::join_all;
use meldeverbund_certs::Clock;
use meldeverbund_pgtest::Cluster;
use tonic::Code;

use crate::harness::{Federation, Place, open_case};

/// As long as the writer waits for an answer (15 s), for a new connection (5 s), and once more for the next command; a busy
/// machine takes its time. Without an end of its own a statement is waited for 65 s, and each command behind it 5 s.
const ENOUGH: Duration = Duration::from_secs(45);

/// Commands that wait at once.
const COMMANDS: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_server_that_says_nothing_is_told_to_come_again() {
    let cluster = Cluster::start();
    let url = cluster.url("postgres");
    let change = |config: &mut meldeverbund_hub::serve::Config| config.database = url.parse().unwrap();
    let federation = Federation::start_at(Place::file(), Clock::system(), change).await;
    let nw = federation.office("de-nw-lka").await;
    cluster.pause();
    let requests: Vec<_> = (0..COMMANDS).map(|number| open_case(&format!("{number}/26"))).collect();
    let asked = requests.iter().map(|request| {
        let (mut cases, request) = (nw.cases(), request.clone());
        async move { cases.open_case(request).await }
    });
    let told = tokio::time::timeout(ENOUGH, join_all(asked)).await;
    cluster.go_on();
    for answer in told.expect("everybody is told in time") {
        assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
    }
    for request in requests {
        nw.cases().open_case(request).await.unwrap();
    }
    drop(nw);
    federation.end().await;
}
