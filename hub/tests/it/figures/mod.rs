//! Figures: the quick count and the count from the first leaf are one, and both are what the tables of the pages hold.

mod histories;

use std::{collections::BTreeMap, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{
    TargetNo,
    figures::{Counts, Ended, Figure, Grouping, Month, Seat, Spell, Wait},
    life::Responsibility,
    retention::{Term, Terms},
};
use meldeverbund_hub::{
    flow::{
        ForgetFigures, Hub, LeasedJob, PutHostRules, Run, count_figures, figures_behind, read_all_figures,
        recount, retain,
    },
    store::{lives, query, query_as, query_scalar},
};
use meldeverbund_proto::v1::{
    AcceptOwnership, CloseRound, DeclineOwnership, NoticeKind, Outcome, ReportSent,
    Responsibility as Firmness, Stage, WithdrawReferral, decide_request::Decision,
};

use crate::{
    decisions::{gates, intend, offices, request_grant},
    harness::{CENTRAL, Federation, Office, accepted, batch, decided, decision_on, salt, sweep},
    ledger::epochs::copy,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

const RULES: &str = "\
    version = 1\n\
    [[provider]]\nname = \"home\"\nhosts = [\"*.home.example\"]\ncountry = \"DE\"\n\
    [[provider]]\nname = \"far\"\nhosts = [\"*.far.example\"]\ncountry = \"NL\"\n";

/// Counts until there is no more.
pub(crate) async fn count(hub: &Hub) {
    while count_figures(hub).await.unwrap() {}
}

/// The figures, which both ways find.
pub(crate) async fn agreed(hub: &Hub) -> Counts {
    count(hub).await;
    let found = recount(&mut hub.still().await.unwrap(), hub.store().target_ids()).await.unwrap();
    assert_eq!(found.differs, BTreeMap::new(), "the tables against the ledger");
    assert_eq!((found.unknown, found.unreadable), (0, 0));
    let next: i64 =
        query_scalar("SELECT next_leaf FROM head").fetch_one(&mut hub.reader().await.unwrap()).await.unwrap();
    assert_eq!(found.leaves, next);
    found.counts
}

/// The sum of a figure over all time.
fn sum(counts: &Counts, grouping: Grouping, name: &str, figure: Figure) -> i64 {
    counts.value(grouping, name, figure, (Month::from_number(0), Month::LAST))
}

fn of_land(counts: &Counts, land: &str, figure: Figure) -> i64 {
    sum(counts, Grouping::Land, land, figure)
}

/// What stands, counted from the tables of the pages and not from the ledger.
async fn standing(hub: &Hub) -> BTreeMap<(String, Wait), i64> {
    const SQL: &str = "SELECT t.target_no, t.stage, g.agency_id FROM target t \
                       JOIN agency g ON g.agency_no = t.owner_no \
                       WHERE t.target_no NOT IN (SELECT a.target_no FROM alias a)";
    let mut reader = hub.reader().await.unwrap();
    let rows: Vec<(i64, i64, String)> = query_as(SQL).fetch_all(&mut reader).await.unwrap();
    let decided = lives(&mut reader, rows.iter().map(|(target, ..)| TargetNo(*target))).await.unwrap();
    let decided: BTreeMap<_, _> = decided.into_iter().collect();
    let mut standing = BTreeMap::new();
    for (target, stage, owner) in rows {
        let life = decided.get(&TargetNo(target)).cloned().unwrap_or_default();
        let stage = Stage::try_from(i32::try_from(stage).unwrap()).unwrap();
        let wait = match stage {
            Stage::Closed => continue,
            _ if !life.holds.is_empty() => Wait::Held,
            _ if life.responsibility != Responsibility::Confirmed => Wait::Owner,
            Stage::Cleared => Wait::Grant,
            Stage::Granted => Wait::Dispatch,
            Stage::Notified => Wait::Provider,
            Stage::Referred | Stage::Unspecified => Wait::Conditions,
        };
        *standing.entry((owner, wait)).or_default() += 1;
    }
    standing
}

fn counted_standing(counts: &Counts) -> BTreeMap<(String, Wait), i64> {
    let lands = counts.names(Grouping::Land).into_iter();
    let all = lands.flat_map(|land| Wait::ALL.map(|wait| (land.to_owned(), wait)));
    let with = all.map(|(land, wait)| {
        let found = of_land(counts, &land, Figure::Waiting(wait));
        ((land, wait), found)
    });
    with.filter(|(_, found)| *found != 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_takedown_is_counted_where_its_provider_is_and_stays_when_its_leaves_go() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let hub = federation.server.hub();
    hub.run(PutHostRules::parse(RULES.into(), "KD Beispiel".into(), salt()).unwrap()).await.unwrap();
    let (nw, by) = offices(&federation).await;
    let referred = nw.refer("1/26", &["https://a.home.example/1", "https://b.far.example/2"]).await;
    let targets: Vec<_> = referred.answers.iter().map(|answer| answer.target_id.clone()).collect();
    for gate in gates() {
        nw.decided(&targets, gate).await;
    }
    let fences = nw.decided(&targets, request_grant()).await.iter().map(|answer| answer.fence).collect();
    let request = decision_on(&targets, intend(NoticeKind::First, fences));
    let intent_id = request.command_id.clone();
    decided(nw.ask(request).await);
    let sent_at_us = meldeverbund_hub::clock::now_us(&clock.clock());
    nw.decided(&targets, Decision::ReportSent(ReportSent { intent_id, sent_at_us, ..ReportSent::default() }))
        .await;
    by.refer("1/26", &["http://a.home.example/1"]).await;
    clock.advance(DAY * 5);
    let gone =
        |outcome: Outcome| Decision::CloseRound(CloseRound { outcome: outcome.into(), reason: "r".into() });
    nw.decided(&targets[..1], gone(Outcome::Gone)).await;
    nw.decided(&targets[1..], gone(Outcome::Refused)).await;

    let expected = [
        (Figure::Opened, "de-nw-lka", 2),
        (Figure::Joined, "de-by-lka", 1),
        (Figure::Notified(Seat::Domestic), "de-nw-lka", 1),
        (Figure::Notified(Seat::Abroad), "de-nw-lka", 1),
        (Figure::Gone(Seat::Domestic, Spell::Week), "de-nw-lka", 1),
        (Figure::Gone(Seat::Abroad, Spell::Week), "de-nw-lka", 0),
        (Figure::Ended(Ended::Gone), "de-nw-lka", 1),
        (Figure::Ended(Ended::Refused), "de-nw-lka", 1),
    ];
    let is = |counts: &Counts| {
        for (figure, land, number) in expected {
            assert_eq!(of_land(counts, land, figure), number, "{figure:?} of {land}");
        }
        assert_eq!(sum(counts, Grouping::Host, "home.example", Figure::Opened), 1);
        assert_eq!(sum(counts, Grouping::Class, "stgb-184b", Figure::Notified(Seat::Domestic)), 1);
        assert_eq!(counted_standing(counts), BTreeMap::new());
    };
    is(&agreed(hub).await);
    clock.advance(DAY * 35);
    let term = || Term::new(1, "BKAG § 77(1)").ok();
    let terms = Terms { referral: term(), decision: term(), case: None, liaison: None };
    retain(hub, &terms, salt, Run::Now).await.unwrap();
    let mut reader = hub.reader().await.unwrap();
    let gone: i64 = query_scalar("SELECT count(*) FROM figure_fact").fetch_one(&mut reader).await.unwrap();
    assert!(gone >= 10, "{gone} leaves were redacted");
    let kept: Vec<String> =
        query_scalar("SELECT body FROM figure_fact").fetch_all(&mut reader).await.unwrap();
    drop(reader);
    for secret in ["1/26", "/1\"", "Beispiel", "UJs"] {
        assert!(kept.iter().all(|body| !body.contains(secret)), "{secret}: {kept:?}");
    }
    is(&agreed(hub).await);
    hub.run(ForgetFigures).await.unwrap();
    is(&agreed(hub).await);

    // Seen again by somebody else: what is known of the round before is enough to say so.
    by.refer("1/26", &["https://a.home.example/1"]).await;
    let counts = agreed(hub).await;
    assert_eq!(of_land(&counts, "de-by-lka", Figure::Reopened), 1);
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Reappeared), 1);
    drop((nw, by));
    federation.end().await;
}

/// The leaf of a referral says who is responsible, and not how firmly.
#[tokio::test(flavor = "multi_thread")]
async fn a_next_round_waits_for_an_owner_that_had_withdrawn_and_for_no_other() {
    let federation = Federation::start().await;
    let hub = federation.server.hub();
    let (nw, by) = offices(&federation).await;
    let bka = federation.connect(CENTRAL, "main").await;
    let withdraw =
        || Decision::WithdrawReferral(WithdrawReferral { case_number: "1/26".into(), reason: "r".into() });
    let close = || {
        let outcome = Outcome::Unresolved.into();
        Decision::CloseRound(CloseRound { outcome, reason: "r".into() })
    };
    let refer = async |office: &Office| {
        vec![office.refer("1/26", &["https://a.test/1"]).await.answers[0].target_id.clone()]
    };
    let is = async |target: &[String], owner: &str, wait: Wait, firmness: Firmness| {
        let waits = BTreeMap::from([((owner.to_owned(), wait), 1)]);
        assert_eq!(counted_standing(&agreed(hub).await), waits);
        assert_eq!(standing(hub).await, waits);
        let told = bka.explain(&target[0]).await;
        assert_eq!((&*told.owner_agency_id, told.responsibility()), (owner, firmness));
    };

    // Who stays responsible stays it as firmly, whoever sees the link again.
    let target = refer(&by).await;
    refer(&nw).await;
    by.decided(&target, close()).await;
    refer(&nw).await;
    is(&target, "de-by-lka", Wait::Conditions, Firmness::Confirmed).await;

    // Nobody is left but the fallback, which accepts.
    by.decided(&target, withdraw()).await;
    is(&target, "de-nw-lka", Wait::Owner, Firmness::Proposed).await;
    nw.decided(&target, Decision::DeclineOwnership(DeclineOwnership { reason: "r".into() })).await;
    bka.decided(&target, Decision::AcceptOwnership(AcceptOwnership {})).await;
    is(&target, CENTRAL, Wait::Conditions, Firmness::Confirmed).await;

    // With the last case it has nothing to do with the next round; as nobody else will, it is asked again.
    bka.decided(&target, close()).await;
    nw.decided(&target, withdraw()).await;
    refer(&nw).await;
    is(&target, CENTRAL, Wait::Owner, Firmness::Proposed).await;
    drop((bka, nw, by));
    federation.end().await;
}

/// An urgent referral says nothing of where the takedown stands: what time has done to it is told in a leaf of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_time_alone_has_done_is_not_said_by_a_referral() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    federation.leave_to_others(LeasedJob::Sweep).await;
    let hub = federation.server.hub();
    let (nw, by) = offices(&federation).await;
    let link = "https://a.test/1";
    let target = [nw.refer("1/26", &[link]).await.answers[0].target_id.clone()];
    for gate in gates() {
        nw.decided(&target, gate).await;
    }
    by.refer("1/26", &[link]).await;
    by.acknowledge(2).await;
    let waits = |wait| BTreeMap::from([(("de-nw-lka".to_owned(), wait), 1)]);
    assert_eq!(counted_standing(&agreed(hub).await), waits(Wait::Conditions));
    clock.advance(DAY * 14);
    let mut again = batch("1/26", &[link]);
    again.referrals[0].urgency_reason = "abuse going on".into();
    accepted(nw.submit(again).await);
    assert!(nw.see(&target[0]).await.urgent);
    for stands in [Wait::Conditions, Wait::Grant] {
        assert_eq!(counted_standing(&agreed(hub).await), waits(stands));
        assert_eq!(standing(hub).await, waits(stands));
        sweep(hub).await;
    }
    drop((nw, by));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_bent_is_found_and_counted_anew() {
    let federation = Federation::start_on_a_file().await;
    let hub = federation.server.hub();
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    agreed(hub).await;
    let mut writer = hub.store().writer().await.unwrap();
    query("UPDATE figure SET number = number + 1 WHERE figure = 1 AND grouped_by = 2")
        .execute(&mut writer)
        .await
        .unwrap();
    drop(writer);
    let found = recount(&mut hub.still().await.unwrap(), hub.store().target_ids()).await.unwrap();
    let differs: Vec<_> = found.differs.iter().map(|(key, sums)| (key.name.as_str(), *sums)).collect();
    assert_eq!(differs, [("a.test", (1, 2))]);
    hub.run(ForgetFigures).await.unwrap();
    agreed(hub).await;
    drop(nw);
    federation.end().await;
}

/// From the first word on nobody is shown what was counted, however long its rows stand there, and nothing is counted onto them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_forgotten_is_shown_to_nobody() {
    let federation = Federation::start().await;
    let hub = federation.server.hub();
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1", "https://b.test/2"]).await;
    let before = agreed(hub).await;
    federation.leave_to_others(LeasedJob::Figures).await;
    let months = ("2020-01".parse().unwrap(), "2199-12".parse().unwrap());
    let shown = async || {
        let (total, sheet) =
            read_all_figures(&mut hub.still().await.unwrap(), Grouping::Host, months).await.unwrap();
        total.lines.iter().chain(&sheet.lines).flat_map(|line| &line.values).sum::<i64>()
    };
    assert!(shown().await > 0);
    hub.run(ForgetFigures).await.unwrap();
    let rows = "SELECT count(*) FROM figure_target";
    let rows: i64 = query_scalar(rows).fetch_one(&mut hub.reader().await.unwrap()).await.unwrap();
    assert_eq!((rows, shown().await), (2, 0), "its rows stand there still");
    let mut still = hub.still().await.unwrap();
    let next: i64 = query_scalar("SELECT next_leaf FROM head").fetch_one(&mut still).await.unwrap();
    assert_eq!(figures_behind(&mut still).await.unwrap(), next);
    let found = recount(&mut still, hub.store().target_ids()).await.unwrap();
    assert_eq!((found.leaves, found.differs), (0, BTreeMap::new()), "nothing is compared with what is left");
    drop(still);
    let mut writer = hub.store().writer().await.unwrap();
    query("DELETE FROM lease").execute(&mut writer).await.unwrap();
    drop(writer);
    assert_eq!(agreed(hub).await, before);
    drop(nw);
    federation.end().await;
}

/// What a restore has lost is counted by neither way, and what is handed in again by both.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_epoch_goes_on_from_the_restored_ledger() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    agreed(federation.server.hub()).await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    nw.refer("1/26", &["https://a.test/2"]).await;
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 2);
    drop(nw);
    let federation = federation.restore(&backup).await;
    federation.new_epoch(None).await;
    let federation = federation.restart().await;
    // The backup holds the lease of a process that is no more; nobody here waits for its term.
    let mut writer = federation.server.hub().store().writer().await.unwrap();
    query("DELETE FROM lease").execute(&mut writer).await.unwrap();
    drop(writer);
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 1);
    let nw = federation.connect("de-nw-lka", "main").await;
    nw.refer("1/26", &["https://a.test/2"]).await;
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 2);
    drop(nw);
    federation.end().await;
}
