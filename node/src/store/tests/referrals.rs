//! Hand-ins, submissions, answers, targets, lists.

use meldeverbund_proto::v1::TargetView;

use super::*;
use crate::store::ToldView;

#[tokio::test]
async fn rows_are_counted_once_and_in_order() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (_, hand_in) = fixture.hand_in(&mut tx, "ST/1").await;
    assert!(tx.count_rows(hand_in, 0, 10, 1).await.unwrap());
    assert!(!tx.count_rows(hand_in, 0, 10, 1).await.unwrap(), "they were taken before");
    assert!(!tx.count_rows(hand_in, 11, 1, 0).await.unwrap(), "a row is missing");
    assert!(!tx.finish_hand_in(hand_in, 11, 8).await.unwrap());
    assert_eq!(tx.broken_off_hand_ins(5).await.unwrap()[0].id, hand_in);
    let begun = tx.hand_in_by_digest(&[7; 32]).await.unwrap().unwrap();
    assert_eq!((begun.id, begun.finished), (hand_in, false));
    assert!(tx.finish_hand_in(hand_in, 10, 8).await.unwrap());
    assert!(!tx.count_rows(hand_in, 10, 1, 0).await.unwrap(), "it is finished");
    let found = tx.hand_in(hand_in).await.unwrap().unwrap();
    assert_eq!(
        (found.finished_us, found.sums.rows, found.sums.rejected, found.sums.waiting()),
        (Some(8), 10, 1, 9)
    );
    assert!(tx.broken_off_hand_ins(5).await.unwrap().is_empty());
    assert!(tx.hand_in_by_digest(&[8; 32]).await.unwrap().is_none());
    assert!(tx.hand_in(99).await.unwrap().is_none());
    let rejected = |row| Rejected { row, line: row, input: "x".into(), refusal: refusal() };
    tx.keep_rejected(hand_in, &[rejected(2), rejected(5)]).await.unwrap();
    assert_eq!(tx.rejected_rows(hand_in, 2, 10).await.unwrap(), [rejected(5)]);
    assert_eq!(tx.source_of(hand_in).await.unwrap(), ("list.txt".into(), "Erika Muster".into()));
    tx.commit().await;
}

#[tokio::test]
async fn urgent_and_small_submissions_go_first_and_cases_wait_for_the_hub() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    let many: Vec<String> = (0..60).map(|i| format!("https://a.example/{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (bulk, _) = fixture.submit(&mut tx, place, false, &many).await;
    let (small, _) = fixture.submit(&mut tx, place, false, &["https://b.example/"]).await;
    let (urgent, id) = fixture.submit(&mut tx, place, true, &many).await;
    let order: Vec<i64> = tx.unsent(10).await.unwrap().iter().map(|unsent| unsent.id).collect();
    assert_eq!(order, [urgent, small, bulk]);
    let first = &tx.unsent(1).await.unwrap()[0];
    assert_eq!((first.submission_id, first.referral_count, first.case_number.as_str()), (id, 60, "ST/1"));
    assert_eq!(tx.messages(first.first_referral, 60).await.unwrap().len(), 60);
    assert!(tx.messages(first.first_referral, 61).await.is_err());
    assert!(tx.has_submission(id).await.unwrap());
    let waiting = tx.waiting().await.unwrap();
    assert_eq!(
        (waiting.submissions, waiting.referrals, waiting.oldest_us, waiting.refused),
        (3, 121, Some(10), 0)
    );
    assert_eq!(tx.waiting_of_hand_in(place.1).await.unwrap(), 3);
    for (at_hub, sendable, settling) in
        [(AtHub::Waiting, 0, 3), (AtHub::Refused, 0, 0), (AtHub::Closed, 3, 3)]
    {
        tx.set_case_at_hub(place.0, at_hub).await.unwrap();
        assert_eq!(tx.unsent(10).await.unwrap().len(), sendable, "{at_hub:?}");
        assert_eq!(tx.waiting_of_hand_in(place.1).await.unwrap(), settling, "{at_hub:?}");
    }
    tx.commit().await;
}

#[tokio::test]
async fn answers_are_applied_once() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    tx.count_rows(place.1, 0, 3, 0).await.unwrap();
    let links = ["https://a.example/", "https://b.example/", "https://c.example/"];
    let (submission, _) = fixture.submit(&mut tx, place, false, &links).await;
    let owner = tx.keep_agency(&card("de-nw-lka")).await.unwrap();
    let refused = NewAnswer { verdict: Verdict::Refused, target: None, name: None, refusal: Some(refusal()) };
    let answered = |submission, answers| Answered { submission, answers, recorded_us: 20 };
    let answers = vec![accepted(Verdict::New, 1, owner), accepted(Verdict::AlreadyYours, 1, owner), refused];
    assert!(tx.apply_answers(&answered(submission, answers[..2].to_vec())).await.is_err(), "one is missing");
    // The failed write is not committed; its numbers are free again.
    drop(tx);

    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    tx.count_rows(place.1, 0, 3, 0).await.unwrap();
    let (submission, _) = fixture.submit(&mut tx, place, false, &links).await;
    assert_eq!(tx.keep_agency(&card("de-nw-lka")).await.unwrap(), owner);
    assert_eq!(tx.apply_answers(&answered(submission, answers.clone())).await.unwrap(), Some(place.1));
    assert_eq!(tx.apply_answers(&answered(submission, answers)).await.unwrap(), None);
    let sums = tx.totals().await.unwrap();
    assert_eq!(
        (sums.new, sums.already_yours, sums.refused, sums.waiting(), sums.answered()),
        (1, 1, 1, 0, 3)
    );
    assert_eq!(tx.case_sums(place.0).await.unwrap(), sums);
    assert_eq!(tx.cases(true).await.unwrap()[0].1, sums);
    assert!(tx.unsent(10).await.unwrap().is_empty());

    let all = tx.links(&LinkFilter::default(), LinkPlace::default(), 10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].owner.as_deref(), Some("de-nw-lka"));
    assert_eq!((all[2].verdict, all[2].refusal.clone()), (Some(Verdict::Refused.into()), Some(refusal())));
    let next = tx.links(&LinkFilter::default(), all[1].place, 10).await.unwrap();
    assert_eq!(next.len(), 1);
    for (filter, count) in [
        (LinkFilter { case_number: Some("ST/1".into()), ..LinkFilter::default() }, 3),
        (LinkFilter { case_number: Some("ST/2".into()), ..LinkFilter::default() }, 0),
        (LinkFilter { hand_in: Some(place.1), state: Some(2), ..LinkFilter::default() }, 3),
        (LinkFilter { owner: Some("de-nw-lka".into()), stage: Some(1), ..LinkFilter::default() }, 2),
        (LinkFilter { verdict: Some(Verdict::New.into()), ..LinkFilter::default() }, 1),
        (LinkFilter { state: Some(1), ..LinkFilter::default() }, 0),
    ] {
        assert_eq!(tx.links(&filter, LinkPlace::default(), 10).await.unwrap().len(), count, "{filter:?}");
    }
    tx.commit().await;
}

#[tokio::test]
async fn a_link_and_a_target_are_found_again() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    let (submission, _) =
        fixture.submit(&mut tx, place, false, &["HTTPS://A.example", "https://b.example/"]).await;
    let owner = tx.keep_agency(&card("de-nw-lka")).await.unwrap();
    let by = tx.keep_agency(&card("de-by-lka")).await.unwrap();
    let target = TargetId::from_bytes([1; 16]);
    // The feed may tell of a join before the answer tells of the target.
    tx.keep_joined(by, &[target], 15).await.unwrap();
    tx.keep_joined(by, &[target], 16).await.unwrap();
    let early = tx.target(target).await.unwrap().unwrap();
    assert_eq!((early.owner_agency_id, early.joined), (None, vec![("de-by-lka".into(), 15)]));
    let answers = vec![accepted(Verdict::New, 1, owner), accepted(Verdict::New, 2, owner)];
    tx.apply_answers(&Answered { submission, answers, recorded_us: 20 }).await.unwrap();
    let told = tx.target(target).await.unwrap().unwrap();
    assert_eq!(
        (told.owner_agency_id.as_deref(), told.told_us, told.joined.len()),
        (Some("de-nw-lka"), 20, 1)
    );

    let id = CanonicalLink::parse("https://a.example/").unwrap().id();
    let found = tx.links_by_id(id, 10).await.unwrap();
    assert_eq!((found.len(), found[0].target_id), (1, Some(target)));
    assert_eq!(tx.links_by_target(told.id, 10).await.unwrap().len(), 1);
    assert_eq!(tx.count_links(Some(id), None).await.unwrap(), 1);
    assert_eq!(tx.count_links(None, Some(told.id)).await.unwrap(), 1);
    let unknown = CanonicalLink::parse("https://unknown.example/").unwrap().id();
    assert_eq!(tx.count_known(&[LinkKey::of(id), LinkKey::of(unknown)]).await.unwrap(), 1);
    assert!(tx.target(TargetId::from_bytes([9; 16])).await.unwrap().is_none());

    // What was told earlier does not replace what is known; nor what was told of the same instant a view.
    let view =
        TargetView { target_id: target.to_string(), stage: Stage::Granted.into(), ..TargetView::default() };
    let view = ToldView { target_id: target, owner: Some(owner), intent: None, view };
    tx.keep_views(vec![view], 20).await.unwrap();
    for (recorded_us, link) in [(19, "https://c.example/"), (20, "https://d.example/")] {
        let (submission, _) = fixture.submit(&mut tx, place, false, &[link]).await;
        let answers = vec![accepted(Verdict::AlreadyYours, 1, by)];
        tx.apply_answers(&Answered { submission, answers, recorded_us }).await.unwrap();
        let told = tx.target(target).await.unwrap().unwrap();
        assert_eq!(told.owner_agency_id.as_deref(), Some("de-nw-lka"), "{recorded_us}");
    }
    tx.commit().await;
}

#[tokio::test]
async fn a_refused_submission_waits_for_a_person() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    let (submission, id) = fixture.submit(&mut tx, place, false, &["https://a.example/"]).await;
    assert!(tx.submission_refused(submission, &refusal(), 30).await.unwrap());
    assert!(!tx.submission_refused(submission, &refusal(), 31).await.unwrap());
    let refused = tx.refused_submissions(10).await.unwrap();
    assert_eq!(
        (refused[0].submission_id, refused[0].refused_us, refused[0].refusal.clone()),
        (id, 30, refusal())
    );
    assert_eq!(tx.refused_submission(submission).await.unwrap(), Some(refused[0].clone()));
    assert_eq!(tx.waiting().await.unwrap().refused, 1);
    assert_eq!(tx.waiting_of_hand_in(place.1).await.unwrap(), 0);
    let held_up = tx
        .links(&LinkFilter { state: Some(3), ..LinkFilter::default() }, LinkPlace::default(), 10)
        .await
        .unwrap();
    assert_eq!(held_up[0].refusal, Some(refusal()));
    assert_eq!(tx.requeue_submissions(None, Some(place.0 + 1)).await.unwrap(), 0);
    assert_eq!(tx.requeue_submissions(Some(id), None).await.unwrap(), 1);
    assert_eq!(tx.unsent(10).await.unwrap()[0].submission_id, id);
    assert!(tx.refused_submission(submission).await.unwrap().is_none());
    tx.commit().await;
}
