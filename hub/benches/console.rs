//! The overview with a million targets: `cargo bench -p meldeverbund-hub --bench console --profile dist -- [targets]`.
//!
//! The whole way of a browser's request, each on a connection of its own: TLS, session, what is due, totals, page. Idle, and
//! while a bulk import runs, so that totals are old. More is due than one page lists.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "../tests/it/console/browser.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod browser;
#[path = "common/mod.rs"]
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod common;
#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;

use browser::Browser;
use common::{
    fill::fill,
    gauge::percentile,
    workload::{CASE, hand_in, links, requests},
};
use harness::{CENTRAL, Federation};
use meldeverbund_certs::Clock;
use meldeverbund_hub::serve::{ConsoleSettings, Server};
use meldeverbund_people::{Role, testing::TestIssuer};
use meldeverbund_proto::v1::{ReportIncident, decide_request::Decision};
use tokio::time::Instant;

/// How browsers know the hub.
const ORIGIN: &str = "https://hub.example";

const TARGETS: u64 = 1_000_000;
const PAGES: usize = 500;

fn main() {
    meldeverbund_certs::install_default();
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let (targets, pages) = if quick { (20_000, 10) } else { (asked.unwrap_or(TARGETS), PAGES) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(targets, pages));
}

async fn run(targets: u64, pages: usize) {
    let issuer = TestIssuer::start().await;
    let federation = filled(&issuer, targets).await;
    let nw = federation.connect("de-nw-lka", "main").await;
    trouble(&nw).await;
    let address = federation.server.console_address().unwrap();
    let mut browser = Browser::new(address, &federation.authority.certificate_file());
    sign_in(&issuer, &mut browser).await;
    let first = Instant::now();
    overview(&mut browser).await;
    println!("{targets} targets: the first page after a start {:.1} ms", first.elapsed().as_secs_f64() * 1e3);
    measure("idle", &mut browser, pages).await;
    let import = tokio::spawn(async move {
        for round in 0.. {
            hand_in(&nw, requests(&links(round, 8, 20)).collect()).await;
        }
    });
    measure("while a bulk import runs", &mut browser, pages).await;
    import.abort();
    let _ = import.await;
    federation.end().await;
}

async fn measure(when: &str, browser: &mut Browser, pages: usize) {
    let mut took_ms = Vec::with_capacity(pages);
    for _ in 0..pages {
        let began = Instant::now();
        overview(browser).await;
        took_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let [half, most, worst] = [50, 95, 100].map(|percent| percentile(took_ms.iter().copied(), percent));
    println!("overview, {when}: p50 {half:.1} ms, p95 {most:.1} ms, worst {worst:.1} ms ({pages} pages)");
}

async fn overview(browser: &mut Browser) {
    let answer = browser.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("<table>"));
}

async fn sign_in(issuer: &TestIssuer, browser: &mut Browser) {
    issuer.person("erika", &[Role::DeskOfficer]);
    let begun = browser.get(&format!("/sign-in/begin?issuer={}&to=/", issuer.name())).await;
    let query = issuer.approve(begun.location().unwrap());
    assert_eq!(browser.get(&format!("/sign-in/return?{query}")).await.status, 303);
}

/// More of what the central office has to see to than one page lists.
async fn trouble(office: &harness::Office) {
    let links: Vec<_> = (0..200).map(|n| format!("https://trouble.example/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let answers = office.refer(CASE, &links).await.answers;
    let targets: Vec<_> = answers.into_iter().map(|answer| answer.target_id).collect();
    let incident = ReportIncident {
        sent_at_us: 5,
        recipient: "abuse@host.example".into(),
        reference: String::new(),
        reason: "by mistake".into(),
    };
    office.decided(&targets, Decision::ReportIncident(incident)).await;
}

/// A hub with a console and so many targets.
async fn filled(issuer: &TestIssuer, targets: u64) -> Federation {
    let settings = issuer.settings(&CENTRAL.parse().unwrap());
    let federation = Federation::start_at(harness::Place::file(), Clock::system(), |config| {
        config.issuers = vec![settings];
        config.console = Some(console());
    })
    .await;
    federation.office("de-nw-lka").await.open_case(CASE).await;
    let Federation { folder, authority, config, clock, server, place } = federation;
    server.end().await.unwrap();
    fill(config.database.file().expect("it was started on a file"), targets).await;
    let officers = harness::officers::plain();
    let server = Server::start_with(&config, clock.clone(), None, officers).await.unwrap();
    Federation { folder, authority, config, clock, server, place }
}

/// Pages on a free port, with the defaults of a configuration file.
fn console() -> ConsoleSettings {
    toml::from_str(&format!("listen = '127.0.0.1:0'\npublic_url = '{ORIGIN}'")).unwrap()
}
