//! What retention costs: its daily pass over the events, intake beside such passes, and redaction itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::retention::{Term, Terms};
use meldeverbund_hub::flow::{Hub, Run, retain};
use meldeverbund_proto::v1::{CloseRound, Outcome, decide_request::Decision};
use tokio::time::Instant;

use crate::{
    Size,
    common::{
        gauge::{median, processor_s_of},
        workload::{BATCH, CASE, hand_in, links, requests},
    },
    harness::{Federation, Office, accepted, salt},
};

/// Longer than the term below.
const AGE: Duration = Duration::from_secs(35 * 24 * 3_600);

pub(crate) async fn run(size: &Size) {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    let hub = federation.server.hub().clone();
    let targets = old(&office, size.batches).await;
    clock.advance(AGE);
    let old = size.batches * BATCH;

    let before = processor_s_of(std::process::id());
    let (leaves, seconds) = pass(&hub).await;
    assert_eq!(leaves, 0, "all targets are open");
    let processor = processor_s_of(std::process::id()) - before;
    println!("a pass over {old} old events of open targets: {seconds:.2} s, processor time {processor:.2} s");
    let mut ratios = Vec::new();
    for round in 0..size.rounds {
        let alone = intake(&office, links(round, 1, size.batches)).await;
        let passes = Passes::start(&hub);
        let beside = intake(&office, links(round, 2, size.batches)).await;
        let passes = passes.end().await;
        let ratio = beside / alone;
        println!("round {round}: intake {alone:.0}  beside {passes} passes {beside:.0} ({ratio:.2})");
        ratios.push(ratio);
    }
    println!("median ratio, beside passes without a pause: {:.2}", median(ratios));

    for batch in &targets {
        office.decided(batch, close()).await;
    }
    let (leaves, seconds) = pass(&hub).await;
    assert_eq!(leaves, old as u64);
    println!("{leaves} events redacted in {seconds:.1} s, {:.0} a second", leaves as f64 / seconds);
    drop(hub);
    drop(office);
    federation.end().await;
}

/// Hands in what is going to be old; the targets, batch by batch.
async fn old(office: &Office, batches: usize) -> Vec<Vec<String>> {
    let requests = requests(&links(0, 0, batches)).collect();
    let answers = office.submit_all(requests).await.into_iter();
    let ids = |answer| accepted(answer).answers.into_iter().map(|answer| answer.target_id).collect();
    answers.map(ids).collect()
}

async fn intake(office: &Office, links: Vec<Vec<String>>) -> f64 {
    (links.len() * BATCH) as f64 / hand_in(office, requests(&links).collect()).await
}

/// One run of retention; leaves that were redacted, and seconds.
async fn pass(hub: &Hub) -> (u64, f64) {
    let term = || Term::new(1, "BKAG § 77(1)").ok();
    let terms = Terms { referral: term(), decision: None, case: term(), liaison: None };
    let started = Instant::now();
    let done = retain(hub, &terms, salt, Run::Now).await.unwrap();
    (done.iter().map(|class| class.leaves).sum(), started.elapsed().as_secs_f64())
}

/// Retention again and again, where a hub runs it once a day.
struct Passes {
    stop: Arc<AtomicBool>,
    running: tokio::task::JoinHandle<usize>,
}

impl Passes {
    fn start(hub: &Hub) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (hub, stopped) = (hub.clone(), Arc::clone(&stop));
        let running = tokio::spawn(async move {
            let mut passes = 0;
            while !stopped.load(Ordering::Relaxed) {
                pass(&hub).await;
                passes += 1;
            }
            passes
        });
        Self { stop, running }
    }

    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.running.await.unwrap()
    }
}

fn close() -> Decision {
    let outcome = Outcome::GoneBeforeNotice.into();
    Decision::CloseRound(CloseRound { outcome, reason: "looked again".into() })
}
