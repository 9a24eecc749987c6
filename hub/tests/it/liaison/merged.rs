//! Links that were merged: each is answered by what was said of itself, openly and blindly alike; stage and owner are the target's.

use meldeverbund_certs::Clock;
use meldeverbund_hub::flow::Judged;
use meldeverbund_proto::{
    statement::Act,
    v1::{Hit, Stage, WithdrawReferral, decide_request::Decision},
};

use super::{ask, europol, hits, link, question, referring};
use crate::{
    blind,
    decisions::gates,
    duplicates::{judged, request},
    harness::{Federation, Office, accepted},
};

const OLDER: &str = "https://files.example/older";
const YOUNGER: &str = "https://files.example/younger";

/// Two offices that have referred a link each, and a liaison body.
struct Scene {
    federation: Federation,
    nw: Office,
    by: Office,
    europol: Office,
    older: String,
    younger: String,
}

impl Scene {
    /// `hidden`: whether the older link is hidden, and the younger one.
    async fn new(hidden: [bool; 2]) -> Self {
        let federation = Federation::start_with(Clock::system(), blind::on).await;
        let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
        nw.open_case("1/26").await;
        by.open_case("1/26").await;
        let europol = europol(&federation).await;
        let older = refer(&nw, OLDER, hidden[0]).await;
        let younger = refer(&by, YOUNGER, hidden[1]).await;
        Self { federation, nw, by, europol, older, younger }
    }

    async fn merge(&self) -> Judged {
        judged(&self.federation, request(Act::Merge, &[(&self.older, &self.younger)])).await
    }

    /// What is answered to the older link and to the younger one; the set of blind questions must say the same.
    async fn asked(&self) -> [Option<Hit>; 2] {
        let open = hits(&ask(&self.europol, question(vec![link(OLDER), link(YOUNGER)])).await);
        blind::turn(&self.federation).await;
        let known = blind::newest(&self.europol).await;
        let selectors = [blind::link(OLDER), blind::link(YOUNGER)];
        let blind = blind::ask(&self.europol, &known, &selectors).await.unwrap();
        assert_eq!(blind, open.iter().map(Option::is_some).collect::<Vec<_>>(), "blind and open");
        open.try_into().unwrap()
    }

    async fn end(self) {
        let Self { federation, nw, by, europol, .. } = self;
        drop((nw, by, europol));
        federation.end().await;
    }
}

async fn refer(office: &Office, link: &str, hidden: bool) -> String {
    let request = referring("1/26", link, |referral| referral.hidden_from_liaison = hidden);
    accepted(office.submit(request).await).answers.remove(0).target_id
}

fn withdraw() -> Decision {
    let (reason, case_number) = ("mistaken".into(), "1/26".into());
    Decision::WithdrawReferral(WithdrawReferral { reason, case_number })
}

fn owner_and_stage(hit: &Option<Hit>) -> (&str, Stage) {
    let hit = hit.as_ref().expect("a hit");
    (&hit.owner_agency_id, hit.stage())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_name_stays_hidden_under_a_visible_target() {
    let scene = Scene::new([false, true]).await;
    scene.merge().await;
    let [older, younger] = scene.asked().await;
    assert_eq!(owner_and_stage(&older), ("de-nw-lka", Stage::Referred));
    assert_eq!(younger, None);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_target_stays_hidden_under_a_visible_name() {
    let scene = Scene::new([true, false]).await;
    scene.merge().await;
    let [older, younger] = scene.asked().await;
    assert_eq!(older, None, "that it is known at all is what is hidden");
    // Who has said nothing that may be told is not named.
    assert_eq!(owner_and_stage(&younger), ("de-by-lka", Stage::Referred));

    // Who has handed in the name alone has said nothing of the target's own link; who hands in that one has.
    let be = scene.federation.office("de-be-lka").await;
    be.open_case("1/26").await;
    refer(&be, YOUNGER, false).await;
    let [older, younger] = scene.asked().await;
    assert_eq!((older, younger.is_some()), (None, true));
    refer(&be, OLDER, false).await;
    let [older, younger] = scene.asked().await;
    assert!(older.is_some() && younger.is_some());
    drop(be);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visible_name_tells_the_surviving_target_s_owner_and_stage() {
    let scene = Scene::new([false, false]).await;
    for gate in gates() {
        scene.nw.decided(std::slice::from_ref(&scene.older), gate).await;
    }
    let [older, younger] = scene.asked().await;
    assert_ne!(owner_and_stage(&older), owner_and_stage(&younger), "they differ before");
    scene.merge().await;
    let stage = scene.nw.see(&scene.older).await.stage();
    let [older, younger] = scene.asked().await;
    assert_eq!(owner_and_stage(&older), ("de-nw-lka", stage));
    assert_eq!(owner_and_stage(&younger), ("de-nw-lka", stage));
    assert_eq!(older.unwrap().handling, younger.unwrap().handling);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_from_the_merged_target_is_withdrawn_from_each_link() {
    let federation = Federation::start_with(Clock::system(), blind::on).await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    let europol = europol(&federation).await;
    let (older, younger) = (refer(&office, OLDER, false).await, refer(&office, YOUNGER, false).await);
    judged(&federation, request(Act::Merge, &[(&older, &younger)])).await;
    office.decided(&[younger], withdraw()).await;
    let open = hits(&ask(&europol, question(vec![link(OLDER), link(YOUNGER)])).await);
    assert_eq!(open, [None, None]);
    blind::turn(&federation).await;
    let known = blind::newest(&europol).await;
    let selectors = [blind::link(OLDER), blind::link(YOUNGER)];
    assert_eq!(blind::ask(&europol, &known, &selectors).await.unwrap(), [false, false]);
    drop((office, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_link_itself_while_it_was_merged_stays_its_own_after_a_split() {
    let scene = Scene::new([true, false]).await;
    scene.merge().await;
    assert_eq!(refer(&scene.by, OLDER, false).await, scene.older);
    judged(&scene.federation, request(Act::Split, &[(&scene.younger, &scene.older)])).await;
    assert_eq!(scene.by.see(&scene.older).await.target_id, scene.older);
    let [older, younger] = scene.asked().await;
    assert!(older.is_some() && younger.is_some());
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_gives_back_what_each_link_had() {
    let scene = Scene::new([true, false]).await;
    scene.merge().await;
    judged(&scene.federation, request(Act::Split, &[(&scene.younger, &scene.older)])).await;
    let [older, younger] = scene.asked().await;
    assert_eq!(older, None);
    assert_eq!(owner_and_stage(&younger), ("de-by-lka", Stage::Referred));
    scene.end().await;
}
