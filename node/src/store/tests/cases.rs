//! Cases, their commands, agencies, the feed.

use meldeverbund_proto::v1::CaseState;

use super::*;

fn command(fixture: &Fixture, case_file: i64, verb: CaseVerb) -> CaseCommand {
    CaseCommand {
        id: 0,
        command_id: fixture.random.command_id(1_000_000),
        salt: [3; 32],
        case_file,
        verb,
        reason: "done".into(),
        given_us: 4,
        given_by: "Erika Muster".into(),
        annotation: "for K 42".into(),
    }
}

#[tokio::test]
async fn a_case_goes_from_waiting_to_closed() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let id = tx.put_case(&case("ST/1"), AtHub::Waiting, 7, "Erika Muster").await.unwrap();
    let found = tx.case_by_number("ST/1").await.unwrap().unwrap();
    assert_eq!(found, tx.case_by_id(id).await.unwrap());
    assert_eq!((found.state, found.at_hub, found.opened_us), (CaseState::Open, AtHub::Waiting, 7));
    let stood = Case { unit: "K 42".into(), review_on: "2028-01-01".into(), ..case("ST/1") };
    tx.correct_case(id, &stood).await.unwrap();
    tx.set_case_at_hub(id, AtHub::Open).await.unwrap();
    assert_eq!(tx.case_by_id(id).await.unwrap().case, stood);
    tx.set_case_state(id, CaseState::Closed).await.unwrap();
    assert!(tx.cases(false).await.unwrap().is_empty());
    assert_eq!(tx.cases(true).await.unwrap().len(), 1);
    tx.commit().await;
}

#[tokio::test]
async fn commands_come_in_order_and_a_refused_one_stops_its_case() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let one = tx.put_case(&case("ST/1"), AtHub::Waiting, 1, "").await.unwrap();
    let two = tx.put_case(&case("ST/2"), AtHub::Waiting, 1, "").await.unwrap();
    for (case_file, verb) in [(one, CaseVerb::Open), (one, CaseVerb::Close), (two, CaseVerb::Open)] {
        tx.put_case_command(&command(&fixture, case_file, verb)).await.unwrap();
    }
    assert_eq!(tx.waiting_case_commands().await.unwrap(), 3);
    let first = tx.next_case_command(0).await.unwrap().unwrap();
    assert_eq!(
        (first.case_file, first.verb, first.salt, first.annotation.as_str()),
        (one, CaseVerb::Open, [3; 32], "for K 42")
    );
    tx.case_command_refused(first.id, &refusal(), 9).await.unwrap();
    let next = tx.next_case_command(0).await.unwrap().unwrap();
    assert_eq!(next.case_file, two, "the closing waits behind its refused opening");
    tx.case_command_done(next.id, 9).await.unwrap();
    assert!(tx.next_case_command(0).await.unwrap().is_none());
    let refused = tx.refused_cases(10).await.unwrap();
    assert_eq!((refused.len(), refused[0].refusal.clone()), (1, Some(refusal())));

    assert_eq!(tx.requeue_case_commands(Some(two)).await.unwrap(), 0);
    assert_eq!(tx.requeue_case_commands(None).await.unwrap(), 1);
    let again = tx.next_case_command(0).await.unwrap().unwrap();
    assert_eq!(again.command_id, first.command_id, "sent again it is the same command");
    tx.case_command_refused(again.id, &refusal(), 9).await.unwrap();
    tx.replace_refused_commands(one).await.unwrap();
    assert!(tx.refused_cases(10).await.unwrap().is_empty());
    tx.commit().await;
}

#[tokio::test]
async fn a_closing_waits_for_its_submissions() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    let (submission, _) = fixture.submit(&mut tx, place, false, &["https://a.example/"]).await;
    tx.put_case_command(&command(&fixture, place.0, CaseVerb::Close)).await.unwrap();
    assert!(tx.next_case_command(0).await.unwrap().is_none());
    tx.submission_refused(submission, &refusal(), 3).await.unwrap();
    let next = tx.next_case_command(0).await.unwrap().unwrap();
    assert_eq!(next.verb, CaseVerb::Close, "what waits for a person holds up no closing");
    tx.commit().await;
}

#[tokio::test]
async fn a_card_without_a_name_keeps_the_name_that_is_known() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let id = tx.keep_agency(&card("de-by-lka")).await.unwrap();
    let bare = AgencyCard { agency_id: "de-by-lka".into(), ..AgencyCard::default() };
    assert_eq!(tx.keep_agency(&bare).await.unwrap(), id);
    assert_eq!(tx.agencies().await.unwrap(), [card("de-by-lka")]);
    tx.commit().await;
}

#[tokio::test]
async fn the_feed_moves_by_one_and_keeps_what_could_not_be_applied() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    assert_eq!(tx.feed_cursor().await.unwrap(), 0);
    assert!(!tx.advance_feed(2).await.unwrap());
    assert!(tx.advance_feed(1).await.unwrap() && tx.advance_feed(2).await.unwrap());
    assert!(!tx.advance_feed(2).await.unwrap());
    assert_eq!(tx.feed_cursor().await.unwrap(), 2);

    let parked = |sequence| Parked { sequence, reason: "odd".into(), parked_us: 6 };
    tx.savepoint().await.unwrap();
    tx.keep_agency(&card("de-by-lka")).await.unwrap();
    tx.undo().await.unwrap();
    assert!(tx.agencies().await.unwrap().is_empty(), "half of an event is no event");
    for sequence in [2, 1] {
        tx.park(&parked(sequence)).await.unwrap();
    }
    assert_eq!(tx.parked(0, 10).await.unwrap(), [parked(1), parked(2)]);
    assert_eq!(tx.parked(1, 10).await.unwrap(), [parked(2)]);
    tx.unpark(1).await.unwrap();
    assert_eq!(tx.parked_count().await.unwrap(), 1);
    tx.commit().await;
}
