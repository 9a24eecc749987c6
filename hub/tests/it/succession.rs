//! What a suspended agency owns falls to the fallback after the policy's time, each target once.

use std::{cell::Cell, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{AgencyState, TargetNo};
use meldeverbund_hub::{
    flow::{SetAgencyState, Sweep},
    store::{AgencyRow, query_scalar},
};
use meldeverbund_proto::{
    leaf::Kind,
    v1::{
        AcceptOwnership, CloseRound, NoticeKind, Outcome, OwnerBasis, ResolveIntent, Responsibility, Stage,
        decide_request::Decision,
    },
};

use crate::{
    decisions::{gates, intend, request_grant},
    harness::{CENTRAL, Federation, Office, decided, decision_on, salt},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Each transaction has a time of its own, a little behind a clock that stands still.
const A_MOMENT: Duration = Duration::from_millis(1);

/// Hours until what a suspended agency owns falls to the fallback.
const TERM_HOURS: u32 = 72;

struct Scene {
    federation: Federation,
    clock: ManualClock,
    nw: Office,
    central: Office,
    /// Leaves of sweeps that were counted.
    counted: Cell<i64>,
}

impl Scene {
    async fn new() -> Self {
        let clock = ManualClock::new(Clock::system().now());
        let federation = Federation::start_with(clock.clock(), |_| {}).await;
        let nw = federation.office("de-nw-lka").await;
        nw.open_case("1/26").await;
        let central = federation.connect(CENTRAL, "desk").await;
        Self { federation, clock, nw, central, counted: Cell::new(0) }
    }

    async fn refer(&self, links: &[&str]) -> Vec<String> {
        let answers = self.nw.refer("1/26", links).await.answers;
        answers.into_iter().map(|answer| answer.target_id).collect()
    }

    async fn set(&self, state: AgencyState) {
        let id = "de-nw-lka".parse().unwrap();
        let command = SetAgencyState::parse(id, state, String::new(), salt()).unwrap();
        assert!(self.federation.server.hub().run(command).await.unwrap());
    }

    /// Sweeps until there is nothing more; how many leaves were written since the last time by that, or by the server's own
    /// sweeps: they come whenever they come.
    async fn sweep(&self) -> i64 {
        let hub = self.federation.server.hub();
        for _ in 0..100 {
            let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
            if !hub.run(Sweep { salt: salt(), target_ids, policies }).await.unwrap() {
                let mut reader = hub.reader().await.unwrap();
                let leaves = query_scalar::<i64>("SELECT count(*) FROM event WHERE kind = $1")
                    .bind(Kind::Deadline as i64);
                let leaves = leaves.fetch_one(&mut reader).await.unwrap();
                return leaves - self.counted.replace(leaves);
            }
        }
        panic!("sweeps come to an end");
    }

    /// Up to which target what NW owned was given away.
    async fn given_away_to(&self) -> Option<TargetNo> {
        let mut reader = self.federation.server.hub().reader().await.unwrap();
        let row = AgencyRow::by_id(&mut reader, &"de-nw-lka".parse().unwrap()).await.unwrap();
        row.unwrap().given_away_to
    }

    async fn owner(&self, target: &str) -> String {
        self.central.see(target).await.owner_agency_id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_falls_after_the_term_and_a_notice_under_way_keeps_its_owner() {
    let scene = Scene::new().await;
    let targets = scene.refer(&["https://a.test/1", "https://a.test/2", "https://a.test/3"]).await;
    let (plain, sending, closed) = (&targets[..1], &targets[1..2], &targets[2..]);
    for gate in gates() {
        scene.nw.decided(sending, gate).await;
    }
    let fence = scene.nw.decided(sending, request_grant()).await[0].fence;
    let intent = decision_on(sending, intend(NoticeKind::First, vec![fence]));
    let intent_id = intent.command_id.clone();
    assert_eq!(decided(scene.nw.ask(intent).await).answers[0].refusal, None);
    let (outcome, reason) = (Outcome::NotUnlawful.into(), "looked again".into());
    scene.nw.decided(closed, Decision::CloseRound(CloseRound { outcome, reason })).await;

    scene.set(AgencyState::Suspended).await;
    scene.clock.advance(HOUR * (TERM_HOURS - 1));
    // The notice is in doubt by now; nothing else has happened.
    assert_eq!(scene.sweep().await, 1);
    assert_eq!(scene.owner(&plain[0]).await, "de-nw-lka");
    assert_eq!(scene.given_away_to().await, Some(TargetNo(0)));

    scene.clock.advance(HOUR + A_MOMENT);
    assert_eq!(scene.sweep().await, 1);
    let view = scene.central.see(&plain[0]).await;
    assert_eq!((view.owner_agency_id.as_str(), view.owner_basis()), (CENTRAL, OwnerBasis::Fallback));
    assert_eq!(view.responsibility(), Responsibility::Proposed);
    scene.central.decided(plain, Decision::AcceptOwnership(AcceptOwnership {})).await;
    assert_eq!(scene.owner(&sending[0]).await, "de-nw-lka", "a notice under way keeps its owner");
    assert_eq!(scene.owner(&closed[0]).await, "de-nw-lka", "of a closed round it is who was responsible");
    assert_eq!(scene.given_away_to().await, None, "all was looked at, and nothing is again");
    scene.clock.advance(HOUR * 24);
    assert_eq!(scene.sweep().await, 0);

    // A person has said what became of the notice: there is nothing left to keep its owner for.
    let (sent_at_us, reason) = (0, "asked by telephone".into());
    let resolve = Decision::ResolveIntent(ResolveIntent { intent_id, was_sent: false, sent_at_us, reason });
    scene.central.decided(sending, resolve).await;
    assert_eq!(scene.sweep().await, 1);
    assert_eq!(scene.owner(&sending[0]).await, CENTRAL);

    // So does the next round of what was closed, whoever opens it.
    let by = scene.federation.office("de-by-lka").await;
    by.open_case("1/26").await;
    by.refer("1/26", &["https://a.test/3"]).await;
    assert_eq!(scene.owner(&closed[0]).await, "de-nw-lka");
    assert_eq!(scene.sweep().await, 1);
    let view = by.see(&closed[0]).await;
    assert_eq!((view.owner_agency_id.as_str(), view.stage()), (CENTRAL, Stage::Referred));
    assert_eq!(scene.sweep().await, 0);
    scene.federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_back_in_time_keeps_what_it_has() {
    let scene = Scene::new().await;
    let target = scene.refer(&["https://a.test/1"]).await;
    scene.set(AgencyState::Suspended).await;
    scene.clock.advance(HOUR * (TERM_HOURS - 1));
    scene.set(AgencyState::Active).await;
    assert_eq!(scene.given_away_to().await, None);
    scene.clock.advance(HOUR * 2);
    assert_eq!(scene.sweep().await, 0);
    assert_eq!(scene.owner(&target[0]).await, "de-nw-lka");

    // Suspended again, the term begins again.
    scene.set(AgencyState::Suspended).await;
    scene.clock.advance(HOUR * (TERM_HOURS - 1));
    assert_eq!(scene.sweep().await, 0);
    scene.clock.advance(HOUR + A_MOMENT);
    assert_eq!(scene.sweep().await, 1);
    assert_eq!(scene.owner(&target[0]).await, CENTRAL);
    scene.federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fall_in_slices_each_once() {
    let scene = Scene::new().await;
    let links: Vec<_> = (0..2_500).map(|n| format!("https://a.test/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let mut targets = Vec::new();
    for links in links.chunks(1_000) {
        targets.extend(scene.refer(links).await);
    }
    scene.set(AgencyState::Suspended).await;
    scene.clock.advance(HOUR * TERM_HOURS + A_MOMENT);
    assert_eq!(scene.sweep().await, 3, "1,000 at most in a leaf");
    for target in [0, 999, 1_000, 2_000, 2_499] {
        assert_eq!(scene.owner(&targets[target]).await, CENTRAL);
    }
    assert_eq!(scene.sweep().await, 0);
    scene.federation.end().await;
}
