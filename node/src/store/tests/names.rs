//! Targets that become one, and two again: links, views and what else hangs on them go along, whoever tells it first.

use meldeverbund_proto::v1::TargetView;

use super::*;

const A: TargetId = TargetId::from_bytes([1; 16]);
const B: TargetId = TargetId::from_bytes([2; 16]);
const C: TargetId = TargetId::from_bytes([3; 16]);
const NINE: TargetId = TargetId::from_bytes([9; 16]);

/// Three links, each with a target of its own.
async fn scene(fixture: &Fixture, tx: &mut Tx) -> (i64, (i64, i64)) {
    let place = fixture.hand_in(tx, "ST/1").await;
    let owner = tx.keep_agency(&card("de-nw-lka")).await.unwrap();
    let links = ["https://a.example/", "https://b.example/", "https://c.example/"];
    let (submission, _) = fixture.submit(tx, place, false, &links).await;
    let answers = (1..4).map(|target| accepted(Verdict::New, target, owner)).collect();
    tx.apply_answers(&Answered { submission, answers, recorded_us: 20 }).await.unwrap();
    (owner, place)
}

fn told(target_id: TargetId, owner: i64) -> ToldView {
    let view = TargetView {
        target_id: target_id.to_string(),
        stage: Stage::Referred.into(),
        ..TargetView::default()
    };
    ToldView { target_id, owner: Some(owner), intent: None, view }
}

/// Which hosts' links lead to which target.
async fn links(tx: &mut Tx) -> Vec<(String, Option<TargetId>)> {
    let all = tx.links(&LinkFilter::default(), LinkPlace::default(), 100).await.unwrap();
    let host =
        |link: &StoredLink| link.referral.link.trim_matches('/').rsplit('/').next().unwrap()[..1].to_owned();
    all.iter().map(|link| (host(link), link.target_id)).collect()
}

fn lead(to: [TargetId; 3]) -> Vec<(String, Option<TargetId>)> {
    ["a", "b", "c"].into_iter().zip(to).map(|(host, target)| (host.to_owned(), Some(target))).collect()
}

/// Merges as the feed tells it.
async fn merged(tx: &mut Tx, root: TargetId, names: &[TargetId], owner: i64, at_us: i64) {
    tx.keep_views(vec![told(root, owner)], at_us).await.unwrap();
    let pairs: Vec<_> = names.iter().map(|name| (*name, root)).collect();
    tx.keep_names(&[root], &pairs, at_us).await.unwrap();
    tx.forget_targets(names, at_us).await.unwrap();
}

async fn rows(tx: &mut Tx) -> usize {
    tx.work(&WorkFilter::default(), WorkPlace::START, 100).await.unwrap().len()
}

#[tokio::test]
async fn links_follow_a_merge_and_go_back_with_a_split() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, _) = scene(&fixture, &mut tx).await;
    let by = tx.keep_agency(&card("de-by-lka")).await.unwrap();
    tx.keep_joined(by, &[C], 21).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, B, C]));

    // C becomes a name of B, and B with it one of A.
    merged(&mut tx, B, &[C], owner, 30).await;
    assert_eq!(links(&mut tx).await, lead([A, B, B]));
    merged(&mut tx, A, &[B, C], owner, 40).await;
    assert_eq!(links(&mut tx).await, lead([A, A, A]));
    assert_eq!(rows(&mut tx).await, 1, "a name stands in no list");
    let referrals = tx.referrals_of(&[A]).await.unwrap();
    assert_eq!(referrals.len(), 3, "one notice holds all links");
    let whole = tx.target(A).await.unwrap().unwrap();
    assert_eq!(whole.joined, [("de-by-lka".to_owned(), 21)]);
    assert_eq!(tx.target_rows(&[A, B, C]).await.unwrap(), [Some(whole.id); 3], "every id leads to it");
    assert_eq!(tx.names_of(A).await.unwrap(), [B, C]);
    assert!(tx.target(B).await.unwrap().is_none());
    // Who joins a name joins the target.
    tx.keep_joined(by, &[B], 41).await.unwrap();
    assert_eq!(rows(&mut tx).await, 1);

    // B leaves again, and takes C along.
    tx.keep_views(vec![told(A, owner), told(B, owner)], 50).await.unwrap();
    tx.keep_names(&[A, B], &[(C, B)], 50).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, B, B]));
    assert_eq!(tx.referrals_of(&[A]).await.unwrap().len(), 1);
    // And C leaves it.
    tx.keep_views(vec![told(B, owner), told(C, owner)], 60).await.unwrap();
    tx.keep_names(&[B, C], &[], 60).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, B, C]));
    assert_eq!((rows(&mut tx).await, tx.names_of(A).await.unwrap().len()), (3, 0));
    tx.commit().await;
}

#[tokio::test]
async fn an_answer_and_the_feed_may_come_in_either_order() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, place) = scene(&fixture, &mut tx).await;
    let answer = async |tx: &mut Tx, target: u8, name: Option<TargetId>, recorded_us: i64| {
        let (submission, _) = fixture.submit(tx, place, false, &["https://b.example/"]).await;
        let answers = vec![NewAnswer { name, ..accepted(Verdict::AlreadyYours, target, owner) }];
        tx.apply_answers(&Answered { submission, answers, recorded_us }).await.unwrap();
        links(tx).await.pop().unwrap().1
    };
    // The answer knows of the merge before the feed tells of it: all of the link's referrals go along.
    assert_eq!(answer(&mut tx, 1, Some(B), 30).await, Some(A));
    assert_eq!(links(&mut tx).await[1].1, Some(A));
    merged(&mut tx, A, &[B], owner, 30).await;
    assert_eq!(links(&mut tx).await[..3], lead([A, A, C])[..]);
    // The feed tells of the merge before an answer from before comes.
    assert_eq!(answer(&mut tx, 2, None, 29).await, Some(A));
    assert_eq!(rows(&mut tx).await, 2, "the name does not come back");
    // The feed tells of the split before an answer from before comes.
    tx.keep_views(vec![told(A, owner), told(B, owner)], 50).await.unwrap();
    tx.keep_names(&[A, B], &[], 50).await.unwrap();
    assert_eq!(answer(&mut tx, 1, Some(B), 49).await, Some(B));
    let of_b: Vec<_> = links(&mut tx).await.into_iter().filter(|(host, _)| host == "b").collect();
    assert!(of_b.iter().all(|(_, target)| *target == Some(B)), "{of_b:?}");
    // A link that was never anything else goes to its own target as well.
    assert_eq!(answer(&mut tx, 1, Some(NINE), 60).await, Some(A));
    tx.keep_views(vec![told(NINE, owner)], 70).await.unwrap();
    tx.keep_names(&[A, NINE], &[], 70).await.unwrap();
    assert_eq!(links(&mut tx).await.pop().unwrap().1, Some(NINE));
    tx.commit().await;
}

/// The feed's row was written before the referral came in, and arrives after its answer.
#[tokio::test]
async fn what_an_answer_told_later_outlasts_an_event_from_before() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, place) = scene(&fixture, &mut tx).await;
    let (submission, _) = fixture.submit(&mut tx, place, false, &["https://b.example/"]).await;
    let answers = vec![NewAnswer { name: Some(B), ..accepted(Verdict::Joined, 1, owner) }];
    tx.apply_answers(&Answered { submission, answers, recorded_us: 40 }).await.unwrap();

    let known = async |tx: &mut Tx| {
        let card = tx.target(A).await.unwrap().unwrap();
        (card.owner_agency_id.is_some(), card.role, card.told_us)
    };
    let before = || Told { gone: vec![A, B], ..Told::default() };
    tx.keep_told(before(), 39).await.unwrap();
    assert_eq!((known(&mut tx).await, rows(&mut tx).await), ((true, Role::Owner as i32, 40), 2));
    assert_eq!(links(&mut tx).await[..3], lead([A, A, C])[..]);
    let before = Told { views: vec![told(B, owner)], names: vec![(B, C)], gone: vec![] };
    tx.keep_told(before, 39).await.unwrap();
    assert_eq!((links(&mut tx).await[..3].to_vec(), rows(&mut tx).await), (lead([A, A, C]), 2));

    // What was recorded together is told by the feed.
    tx.keep_told(Told { views: vec![told(B, owner)], gone: vec![A], ..Told::default() }, 40).await.unwrap();
    assert_eq!(known(&mut tx).await, (false, 0, 40));
    assert_eq!(links(&mut tx).await[..3], lead([A, B, C])[..]);
    tx.commit().await;
}

/// The feed told of a merge; that it was undone is known of an answer that was given since, whatever was answered beside it.
#[tokio::test]
async fn an_answer_knows_what_was_parted_before_the_feed_tells_of_it() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, place) = scene(&fixture, &mut tx).await;
    merged(&mut tx, A, &[C], owner, 50).await;
    let answer = async |tx: &mut Tx, link: &str, answer: NewAnswer| {
        let (submission, _) = fixture.submit(tx, place, false, &[link]).await;
        tx.apply_answers(&Answered { submission, answers: vec![answer], recorded_us: 60 }).await.unwrap();
    };
    // A has become a name, as far as is known with its own.
    let moved = NewAnswer { name: Some(A), ..accepted(Verdict::AlreadyYours, 9, owner) };
    answer(&mut tx, "https://a.example/", moved).await;
    assert_eq!(links(&mut tx).await[..3], lead([NINE, B, NINE])[..]);
    answer(&mut tx, "https://c.example/", accepted(Verdict::Joined, 3, owner)).await;
    assert_eq!(links(&mut tx).await[..3], lead([NINE, B, C])[..]);
    // The split was written to the stream before this office had a part in C again.
    tx.keep_told(Told { gone: vec![C], ..Told::default() }, 55).await.unwrap();
    assert_eq!(tx.target(C).await.unwrap().unwrap().role, Role::Owner as i32);
    tx.commit().await;
}

/// Who joined a target, and when.
async fn joined(tx: &mut Tx, target: TargetId) -> Vec<(String, i64)> {
    tx.target(target).await.unwrap().map(|card| card.joined).unwrap_or_default()
}

fn who(agency: &str, at_us: i64) -> (String, i64) {
    (agency.to_owned(), at_us)
}

#[tokio::test]
async fn who_joined_is_known_of_each_again_once_they_are_parted() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, _) = scene(&fixture, &mut tx).await;
    let by = tx.keep_agency(&card("de-by-lka")).await.unwrap();
    let be = tx.keep_agency(&card("de-be-lka")).await.unwrap();
    // One office has joined all of them, another one only C.
    for (target, at_us) in [(A, 21), (B, 22), (C, 23)] {
        tx.keep_joined(by, &[target], at_us).await.unwrap();
    }
    tx.keep_joined(be, &[C], 24).await.unwrap();
    merged(&mut tx, B, &[C], owner, 30).await;
    merged(&mut tx, A, &[B, C], owner, 40).await;
    assert_eq!(joined(&mut tx, A).await, [who("de-by-lka", 21), who("de-be-lka", 24)], "each once");
    // Who joins a name while it is one joins its link, and goes with it.
    tx.keep_joined(be, &[B], 41).await.unwrap();

    // B takes C along, and what each office joined.
    tx.keep_views(vec![told(A, owner), told(B, owner)], 50).await.unwrap();
    tx.keep_names(&[A, B], &[(C, B)], 50).await.unwrap();
    assert_eq!(joined(&mut tx, A).await, [who("de-by-lka", 21)]);
    assert_eq!(joined(&mut tx, B).await, [who("de-by-lka", 22), who("de-be-lka", 24)]);
    tx.keep_views(vec![told(B, owner), told(C, owner)], 60).await.unwrap();
    tx.keep_names(&[B, C], &[], 60).await.unwrap();
    assert_eq!(joined(&mut tx, B).await, [who("de-by-lka", 22), who("de-be-lka", 41)]);
    assert_eq!(joined(&mut tx, C).await, [who("de-by-lka", 23), who("de-be-lka", 24)]);
    // A name that is nobody's business any more takes what it brought.
    merged(&mut tx, A, &[C], owner, 70).await;
    sqlx::query("DELETE FROM answer WHERE name = ?")
        .bind(&C.as_bytes()[..])
        .execute(tx.conn())
        .await
        .unwrap();
    tx.keep_names(&[A, C], &[], 80).await.unwrap();
    assert_eq!(joined(&mut tx, A).await, [who("de-by-lka", 21)]);
    tx.commit().await;
}

/// Which targets are asked for.
async fn untold(tx: &mut Tx) -> Vec<TargetId> {
    let mut untold: Vec<_> =
        tx.untold_targets(0, 10).await.unwrap().into_iter().map(|(_, target)| target).collect();
    untold.sort_unstable();
    untold
}

/// The hub comes back from before both merges: the name of a name stands for itself as well, though only its target was told to
/// have become a name; and so does a target that this office never referred.
#[tokio::test]
async fn no_part_of_a_merge_that_the_hub_lost_is_left() {
    const THEIRS: TargetId = TargetId::from_bytes([4; 16]);
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, _) = scene(&fixture, &mut tx).await;
    tx.keep_views(vec![told(THEIRS, owner)], 25).await.unwrap();
    merged(&mut tx, B, &[C, THEIRS], owner, 30).await;
    // What happens to a target is told with the names that it was asked by.
    merged(&mut tx, A, &[B], owner, 40).await;
    assert_eq!(links(&mut tx).await, lead([A, A, A]));
    assert_eq!(tx.names_of(A).await.unwrap(), [B, C, THEIRS]);

    tx.part_since(35).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, B, C]));
    assert_eq!(untold(&mut tx).await, [B, C, THEIRS], "all are asked for");
    // The hub still has the first of the two merges.
    tx.keep_views(vec![told(B, owner)], 50).await.unwrap();
    tx.keep_names(&[B], &[(C, B), (THEIRS, B)], 50).await.unwrap();
    tx.forget_targets(&[C, THEIRS], 50).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, B, B]));
    assert_eq!((untold(&mut tx).await, tx.names_of(B).await.unwrap()), (vec![], vec![C, THEIRS]));
    tx.commit().await;
}

/// The answer was lost, and the referral withdrawn elsewhere, before it came again.
#[tokio::test]
async fn of_an_answer_without_a_role_the_target_is_kept_by_its_id_alone() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "ST/1").await;
    let owner = tx.keep_agency(&card("de-nw-lka")).await.unwrap();
    let (submission, _) = fixture.submit(&mut tx, place, false, &["https://a.example/"]).await;
    let mut answer = accepted(Verdict::Joined, 1, owner);
    answer.target = answer.target.map(|target| Target { role: Role::Unspecified, ..target });
    tx.apply_answers(&Answered { submission, answers: vec![answer], recorded_us: 20 }).await.unwrap();
    let card = tx.target(A).await.unwrap().unwrap();
    assert_eq!((card.owner_agency_id, card.stage, card.told_us), (None, 0, 0));
    assert_eq!(untold(&mut tx).await, [A], "it is asked for");
    tx.commit().await;
}

#[tokio::test]
async fn a_merge_that_the_hub_may_have_lost_does_not_hold() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let (owner, _) = scene(&fixture, &mut tx).await;
    merged(&mut tx, A, &[B], owner, 30).await;
    merged(&mut tx, A, &[C], owner, 40).await;
    // Told at the very time of what the hub kept, it may have come after it.
    tx.part_since(40).await.unwrap();
    assert_eq!(links(&mut tx).await, lead([A, A, C]));
    let untold = tx.untold_targets(0, 10).await.unwrap();
    assert_eq!(untold.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [C], "it is asked for");
    // Gone from the agency's sight with all its names, and with links of its own.
    tx.keep_names(&[A], &[], 50).await.unwrap();
    tx.forget_targets(&[A], 50).await.unwrap();
    assert_eq!(tx.target(A).await.unwrap().unwrap().owner_agency_id, None);
    assert_eq!(links(&mut tx).await, lead([A, A, C]));
    tx.commit().await;
}
