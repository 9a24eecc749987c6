//! How long no write is accepted while a part dies: one of two hubs, and the database's server.
//!
//! An office hands in one referral after the other and, where one hub refuses or is gone, asks the other one at once. What
//! counts is the longest time between two answers that accept, beside the longest while nothing dies.

use std::time::Duration;

use meldeverbund_certs::Clock;
use meldeverbund_pgtest::Cluster;
use meldeverbund_proto::v1::{SubmitRequest, submit_response};
use rustix::process::Signal;
use tokio::time::Instant;
use tonic::transport::Channel;

use crate::{
    Size,
    bare::Bare,
    common::{gauge::median, workload::CASE},
    harness::{CENTRAL, Office, batch, connect_to, open_case},
    process::Site,
};

/// How long an office works before and after.
const WORK: Duration = Duration::from_secs(2);

/// How long an office waits for one answer before it asks the other hub.
const PATIENCE: Duration = Duration::from_secs(5);

/// How soon an office that nobody answers asks again.
const AGAIN: Duration = Duration::from_millis(20);

pub(crate) async fn run(cluster: &Cluster, size: Size) {
    let (mut calm, mut hub, mut server, mut away) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..size.rounds {
        let name = format!("failover_{round}");
        Bare::make(cluster, &name).await;
        let site = Site::on_a_file();
        site.configure(&format!("database = \"{}\"", cluster.url(&name)));
        site.register(CENTRAL, "central-office");
        let hubs = [site.serve().await, site.serve_another().await];
        let first = site.office("de-nw-lka", &hubs[0]).await;
        first.cases().open_case(open_case(CASE)).await.unwrap();
        let files = site.credentials("de-nw-lka");
        let second = connect_to(hubs[1].address, &files, Clock::system()).await.unwrap();
        let mut desk = Desk { office: [first.channel.clone(), second], at: 0, agency: first, next: 0 };
        calm.push(desk.longest(async {}).await);
        hub.push(desk.longest(async { hubs[0].signal(Signal::KILL) }).await);
        let crash = async {
            tokio::task::block_in_place(|| {
                cluster.kill();
                let killed = Instant::now();
                cluster.start_again();
                away.push(1e3 * killed.elapsed().as_secs_f64());
            });
        };
        server.push(desk.longest(crash).await);
        println!(
            "round {round}: longest time without an accepted write: {:.0} ms while nothing dies, {:.0} ms with a hub killed, \
             {:.0} ms with the server killed, which needed {:.0} ms to start again",
            calm[calm.len() - 1],
            hub[hub.len() - 1],
            server[server.len() - 1],
            away[away.len() - 1]
        );
    }
    let kinds = [
        ("nothing dies", calm),
        ("a hub killed", hub),
        ("the server killed", server),
        ("the server's start", away),
    ];
    for (name, times) in kinds {
        println!("median, {name}: {:.0} ms", median(times));
    }
}

/// An office that hands in one referral after the other.
struct Desk {
    office: [Channel; 2],
    at: usize,
    agency: Office,
    next: u64,
}

impl Desk {
    /// The longest time between two accepted referrals, in ms, while this happens in the middle.
    async fn longest(&mut self, happens: impl Future<Output = ()>) -> f64 {
        let started = Instant::now();
        let mut longest = self.work_until(started + WORK).await;
        let last = Instant::now();
        happens.await;
        self.hand_in().await;
        longest = longest.max(last.elapsed());
        longest = longest.max(self.work_until(Instant::now() + WORK).await);
        1e3 * longest.as_secs_f64()
    }

    async fn work_until(&mut self, end: Instant) -> Duration {
        let (mut longest, mut last) = (Duration::ZERO, Instant::now());
        while last < end {
            self.hand_in().await;
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        longest
    }

    /// Hands in one referral, again and again under its id until a hub accepts it.
    async fn hand_in(&mut self) {
        self.next += 1;
        let request = batch(CASE, &[&format!("https://failover.example/{}", self.next)]);
        while !self.ask(request.clone()).await {
            self.at = 1 - self.at;
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn ask(&self, request: SubmitRequest) -> bool {
        let office = Office { channel: self.office[self.at].clone(), ..self.agency.clone() };
        let asked = async {
            let mut referrals = office.referrals();
            let mut answers = referrals.submit(tokio_stream::iter([request])).await.ok()?.into_inner();
            answers.message().await.ok()??.result
        };
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        matches!(answer, Ok(Some(submit_response::Result::Accepted(_))))
    }
}
