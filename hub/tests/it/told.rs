//! Whom the feed tells what: the parties, and the central office of what it may have to see to.

use std::time::{Duration, SystemTime};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::AgencyState;
use meldeverbund_hub::flow::SetAgencyState;
use meldeverbund_proto::v1::{
    AnswerOffer, Consent, DisputeOwnership, DueKind, GateState, OfferOwnership, Overrule, PlaceHold,
    ReportComplaint, Role, TargetsChanged, WithdrawDispute, WithdrawReferral, decide_request::Decision,
    follow_response::Event,
};

use crate::{
    decisions::{assess, hold, notify},
    harness::{CENTRAL, Federation, INSTANCE, Office, accepted, batch, salt, sweep},
};

const HOUR: Duration = Duration::from_secs(3600);

const LINK: &str = "https://a.test/1";

/// An office with a case, and the link referred in it; the target.
async fn bound(federation: &Federation, agency: &str) -> (Office, Vec<String>) {
    let office = federation.office(agency).await;
    office.open_case("1/26").await;
    let answers = office.refer("1/26", &[LINK]).await.answers;
    (office, answers.into_iter().map(|answer| answer.target_id).collect())
}

/// The changes of which the office was told after a place in its feed, `count` events further.
async fn changes(office: &Office, after: u64, count: usize) -> Vec<TargetsChanged> {
    let events = office.feed(INSTANCE, after, count).await;
    let changes = events.into_iter().filter_map(|event| match event.event {
        Some(Event::TargetsChanged(changed)) => Some(changed),
        _ => None,
    });
    changes.collect()
}

async fn set_state(federation: &Federation, agency: &str, state: AgencyState) {
    let command = SetAgencyState::parse(agency.parse().unwrap(), state, String::new(), salt()).unwrap();
    federation.server.hub().run(command).await.unwrap();
}

fn dispute(claimed: &str) -> Decision {
    let (agency_id, reason) = (claimed.into(), "our suspect".into());
    Decision::DisputeOwnership(DisputeOwnership { agency_id, reason })
}

/// A hold that ends then.
fn hold_until(until: SystemTime) -> Decision {
    let Decision::PlaceHold(hold) = hold() else { unreachable!("a hold") };
    let until_us = until.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
    Decision::PlaceHold(PlaceHold { until_us: until_us.try_into().unwrap(), ..hold })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_bound_is_told_of_all_that_everybody_sees() {
    let federation = Federation::start().await;
    let (_nw, target) = bound(&federation, "de-nw-lka").await;
    let (by, _) = bound(&federation, "de-by-lka").await;
    let (sn, _) = bound(&federation, "de-sn-lka").await;

    // Neither stage nor owner changes by what follows. A case, referrals and a join were told before.
    let before = federation.told("de-by-lka").await;
    let complaint = ReportComplaint { by: "uploader".into(), received_at_us: 1, ..Default::default() };
    sn.decided(&target, Decision::ReportComplaint(complaint)).await;
    let changed = changes(&by, before, 1).await.remove(0);
    assert!(changed.targets[0].complaint_open && !changed.targets[0].urgent, "{changed:?}");

    let mut urgent = batch("1/26", &[LINK]);
    urgent.referrals[0].urgency_reason = "abuse is going on".into();
    accepted(sn.submit(urgent).await);
    let news = federation.told("de-by-lka").await - before - 1;
    let changed = changes(&by, before + 1, news.try_into().unwrap()).await.remove(0);
    assert!(changed.targets[0].urgent, "{changed:?}");
    federation.end().await;
}

/// Who owned a target and left a record has a part in it without a case: it is told what all parties see, and what becomes of
/// its record.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_a_record_is_told_as_whoever_is_bound() {
    let federation = Federation::start().await;
    let (nw, target) = bound(&federation, "de-nw-lka").await;
    let (sn, _) = bound(&federation, "de-sn-lka").await;
    let by = federation.office("de-by-lka").await;
    let central = federation.connect(CENTRAL, "desk").await;
    for (owner, next, agency_id) in [(&nw, &by, "de-by-lka"), (&by, &nw, "de-nw-lka")] {
        let offer = OfferOwnership { agency_id: agency_id.into(), reason: "seat".into() };
        owner.decided(&target, Decision::OfferOwnership(offer)).await;
        let yes = AnswerOffer { accepted: true, reason: String::new() };
        next.decided(&target, Decision::AnswerOffer(yes)).await;
        if agency_id == "de-by-lka" {
            by.decided(&target, assess()).await;
        }
    }
    let before = federation.told("de-by-lka").await;
    let complaint = ReportComplaint { by: "uploader".into(), received_at_us: 1, ..Default::default() };
    sn.decided(&target, Decision::ReportComplaint(complaint)).await;
    let changed = changes(&by, before, 1).await.remove(0);
    let seen = &changed.targets[0];
    assert!(seen.complaint_open && seen.role() == Role::CoInterested, "{changed:?}");
    assert_eq!(seen.gates[0], i32::from(GateState::Set));
    // What another agency records is not its business.
    sn.decided(&target, assess()).await;
    assert_eq!(federation.told("de-by-lka").await, before + 1);

    for agency in ["de-by-lka", "de-sn-lka"] {
        set_state(&federation, agency, AgencyState::Suspended).await;
        let (agency_id, reason) = (agency.into(), "cannot act".into());
        let overrule = Overrule { agency_id, reason, reference: "1 AR 3/26".into() };
        central.decided(&target, Decision::Overrule(overrule)).await;
    }
    assert_eq!(federation.told("de-by-lka").await, before + 2, "its record was set aside");
    set_state(&federation, "de-by-lka", AgencyState::Active).await;
    assert_eq!(changes(&by, before + 1, 1).await[0].gone_target_ids, target);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_central_office_is_told_from_when_it_has_to_see_to_a_target_until_it_has_not() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let (nw, target) = bound(&federation, "de-nw-lka").await;
    let (by, _) = bound(&federation, "de-by-lka").await;
    let central = federation.connect(CENTRAL, "desk").await;
    nw.decided(&target, assess()).await;
    assert_eq!(federation.told(CENTRAL).await, 0, "it is others' business");

    let end = federation.clock.now() + HOUR;
    by.decided(&target, dispute("de-by-lka")).await;
    nw.decided(&target, hold_until(end)).await;
    let (sn, _) = bound(&federation, "de-sn-lka").await;
    sn.decided(&target, hold_until(end)).await;
    by.decided(&target, Decision::WithdrawDispute(WithdrawDispute::default())).await;
    nw.decided(&target, assess()).await;
    assert_eq!(federation.told(CENTRAL).await, 5, "two holds and a join while it was disputed");
    let ended = changes(&central, 4, 1).await.remove(0);
    assert_eq!((ended.targets.len(), &ended.gone_target_ids), (0, &target));

    // A hold that has run out is told, whether its agency is suspended or not, and so is what sets it aside.
    clock.advance(HOUR * 2);
    let hub = federation.server.hub();
    sweep(hub).await;
    let lapsed = changes(&central, 5, 1).await.remove(0);
    assert_eq!(lapsed.targets[0].holds.iter().filter(|hold| hold.lapsed).count(), 2);
    for agency in ["de-nw-lka", "de-sn-lka"] {
        set_state(&federation, agency, AgencyState::Suspended).await;
        let (agency_id, reason) = (agency.into(), "cannot act".into());
        let overrule = Overrule { agency_id, reason, reference: "1 AR 3/26".into() };
        central.decided(&target, Decision::Overrule(overrule)).await;
    }
    let aside = changes(&central, 6, 2).await;
    assert_eq!((aside[0].targets.len(), aside[0].gone_target_ids.len()), (0, 1), "as of now");
    assert_eq!(aside[1].gone_target_ids, target);
    federation.end().await;
}

/// A provider that does not answer is a deadline like any other: its passing is told, once.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_when_a_provider_has_been_silent_too_long() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let (nw, target) = bound(&federation, "de-nw-lka").await;
    let (by, _) = bound(&federation, "de-by-lka").await;
    by.decided(&target, Decision::Consent(Consent::default())).await;
    notify(&nw, &target).await;
    let before = (federation.told("de-nw-lka").await, federation.told("de-by-lka").await);
    clock.advance(HOUR * 47);
    sweep(federation.server.hub()).await;
    assert_eq!(federation.told("de-nw-lka").await, before.0, "there is time left");
    for _ in 0..2 {
        clock.advance(HOUR * 2);
        sweep(federation.server.hub()).await;
    }
    let now = (federation.told("de-nw-lka").await, federation.told("de-by-lka").await);
    assert_eq!(now, (before.0 + 1, before.1), "once, and the owner alone");
    let told = changes(&nw, before.0, 1).await.remove(0);
    assert_eq!((told.what.as_str(), told.targets[0].due[0].kind()), ("deadline", DueKind::FollowUp));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_party_any_more_is_told_so_and_a_stranger_nothing() {
    let federation = Federation::start().await;
    let (nw, target) = bound(&federation, "de-nw-lka").await;
    let (by, _) = bound(&federation, "de-by-lka").await;
    let be = federation.office("de-be-lka").await;
    let offer = OfferOwnership { agency_id: "de-be-lka".into(), reason: "seat".into() };
    nw.decided(&target, Decision::OfferOwnership(offer)).await;
    assert_eq!(changes(&be, 0, 1).await[0].targets[0].due[0].kind(), DueKind::AnswerOffer);
    let no = AnswerOffer { accepted: false, reason: "not ours".into() };
    be.decided(&target, Decision::AnswerOffer(no)).await;
    assert_eq!(changes(&be, 1, 1).await[0].gone_target_ids, target);

    federation.office("de-th-lka").await;
    by.decided(&target, dispute("de-th-lka")).await;
    assert_eq!(federation.told("de-th-lka").await, 0, "it is named, and sees nothing of the target");
    let withdraw = WithdrawReferral { reason: "by mistake".into(), ..WithdrawReferral::default() };
    by.decided(&target, Decision::WithdrawReferral(withdraw)).await;
    let last = federation.told("de-by-lka").await;
    assert_eq!(changes(&by, last - 1, 1).await[0].gone_target_ids, target);
    // What it did stands in the target's history.
    let timeline = nw.explain(&target[0]).await.timeline;
    let bys = timeline.iter().filter(|entry| entry.agency_id == "de-by-lka");
    let said: Vec<_> = bys.map(|entry| entry.what.as_str()).collect();
    assert_eq!(said, ["referral", "dispute_ownership", "withdraw_referral"]);
    federation.end().await;
}
