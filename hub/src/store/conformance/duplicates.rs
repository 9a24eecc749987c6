//! Other names of targets, host rules, and what looks alike.

use meldeverbund_domain::{AgencyNo, CaseNo, Target, TargetNo, liaison::Visibility};
use meldeverbund_proto::{
    leaf::{Kind, Salt},
    v1::HandlingCode,
};

use super::{Fixture, card, event, fails, link, on_both};
use crate::store::{
    AliasRow, Engine, InterestRow, LikenessRow, NewEvent, SuggestionRow, Tx, alias, bound, bound_for_liaison,
    bound_itself, compared_to, host_rules_at, interests, leaves, names_of, names_once_bound,
    newest_on_duplicates, noted, noted_to, noted_until, reasons, referrals_of, rejected, resolved, roots,
    waiting,
};

fn name(target: i64, into: i64, root: i64, since_leaf: i64) -> AliasRow {
    let body = (since_leaf > 5).then(|| "{}".to_owned());
    AliasRow { target: TargetNo(target), into: TargetNo(into), root: TargetNo(root), since_leaf, body }
}

async fn names_lead_to_their_targets(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.add_aliases(&[name(2, 1, 1, 7), name(3, 1, 1, 5), name(5, 4, 4, 6)]).await.unwrap();
    assert!(fails!(tx, tx.add_aliases(&[name(2, 4, 4, 8)])), "a name has one target");
    let found = roots(tx.reading(), [1, 2, 5, 9].map(TargetNo)).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[&TargetNo(2)], found[&TargetNo(5)]), (TargetNo(1), TargetNo(4)));
    let (now, _) = resolved(tx.reading(), &[2, 9, 3, 1].map(TargetNo)).await.unwrap();
    assert_eq!(now, [1, 9].map(TargetNo), "each once, in their order");
    assert_eq!(names_of(tx.reading(), [TargetNo(1)]).await.unwrap(), [name(3, 1, 1, 5), name(2, 1, 1, 7)]);
    assert_eq!(alias(tx.reading(), TargetNo(5)).await.unwrap(), Some(name(5, 4, 4, 6)));
    assert_eq!(alias(tx.reading(), TargetNo(4)).await.unwrap(), None);

    // The target of names becomes one itself: they go on with it.
    tx.move_aliases(&[2, 3].map(TargetNo), TargetNo(4)).await.unwrap();
    tx.add_aliases(&[name(1, 4, 4, 9)]).await.unwrap();
    assert_eq!(names_of(tx.reading(), [TargetNo(4)]).await.unwrap().len(), 4);
    assert!(fails!(tx, tx.move_aliases(&[TargetNo(9)], TargetNo(4))), "only a name goes on");
    tx.drop_alias(TargetNo(1)).await.unwrap();
    assert!(fails!(tx, tx.drop_alias(TargetNo(1))));
    tx.move_aliases(&[], TargetNo(4)).await.unwrap();
}

/// A link that is a name is found with its own number and its target.
async fn links_that_are_names_lead_to_the_target(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let agency = tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let target = |no| Target::opened(TargetNo(no), agency);
    let rows = [(link(1), target(1), 0), (link(2), target(2), 0)];
    tx.open_targets(rows, TargetNo(3)).await.unwrap();
    tx.add_aliases(&[name(2, 1, 1, 7)]).await.unwrap();
    let mut found = tx.targets([link(1), link(2), link(3)]).await.unwrap();
    found.sort_by_key(|(_, own, _)| *own);
    assert_eq!(found, [(link(1), TargetNo(1), target(1)), (link(2), TargetNo(2), target(1))]);
}

/// What an agency once handed in and has withdrawn is found in the name's history.
async fn names_are_known_to_whoever_once_handed_them_in(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for (agency, kind) in [(1, Kind::Referral), (2, Kind::Decision), (2, Kind::Referral), (1, Kind::Referral)]
    {
        let one = NewEvent { agency: AgencyNo(agency), kind, ..event(b"statement") };
        let leaf = tx.append(&[one]).await.unwrap();
        tx.note_history(leaf, [TargetNo(2 + leaf / 2)]).await.unwrap();
    }
    tx.add_aliases(&[name(2, 1, 1, 7), name(3, 1, 1, 7), name(5, 4, 4, 6)]).await.unwrap();
    tx.bind(AgencyNo(1), CaseNo(1), [(TargetNo(3), 3, Visibility::default())]).await.unwrap();
    let mut once_of = async |agency, targets: &[i64]| {
        let targets = targets.iter().copied().map(TargetNo);
        let names = names_once_bound(tx.reading(), AgencyNo(agency), targets).await.unwrap();
        names.into_iter().map(|(name, target)| (name.0, target.0)).collect::<Vec<_>>()
    };
    assert_eq!(once_of(1, &[1, 4]).await, [(2, 1)], "the other one is bound");
    assert_eq!(once_of(2, &[1]).await, [(3, 1)], "what it only decided on it did not hand in");
    assert_eq!(once_of(3, &[1, 4]).await, []);
    assert_eq!(once_of(1, &[2, 4]).await, [], "a name has no names, and of one nothing is known");
    assert_eq!(once_of(1, &[]).await, []);

    tx.open_targets([(link(3), Target::opened(TargetNo(3), AgencyNo(1)), 2)], TargetNo(4)).await.unwrap();
    let one = (TargetNo(3), link(3).as_bytes().to_vec(), b"decision".to_vec());
    let said = referrals_of(tx.reading(), AgencyNo(1), [TargetNo(3)]).await.unwrap();
    assert_eq!(said, [one]);
    assert!(referrals_of(tx.reading(), AgencyNo(3), [TargetNo(3)]).await.unwrap().is_empty());
}

async fn bindings(tx: &mut Tx<'_>, target: i64) -> Vec<(i64, i64)> {
    let found = bound(tx.reading(), [TargetNo(target)]).await.unwrap();
    found.into_iter().map(|(agency, leaf)| (agency.0, leaf)).collect()
}

/// What one of the links says of a case holds for all of them, in the strictest way.
async fn what_liaison_may_be_told_is_carried_in_the_strictest_way(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let hidden = Visibility { hidden: true, ..Visibility::default() };
    let h2 = Visibility { handling: HandlingCode::H2, ..Visibility::default() };
    for (target, agency, said) in
        [(1, 1, h2), (2, 1, hidden), (2, 2, h2), (1, 3, h2), (3, 3, Visibility::default())]
    {
        tx.bind(AgencyNo(agency), CaseNo(1), [(TargetNo(target), 1, said)]).await.unwrap();
    }
    tx.carry_bindings(&[2, 3].map(TargetNo), TargetNo(1)).await.unwrap();
    let mut bound = bound_for_liaison(tx.reading(), [TargetNo(1)]).await.unwrap();
    bound.sort_by_key(|(_, _, bound)| bound.agency);
    let said: Vec<_> = bound.into_iter().map(|(_, _, bound)| bound.visibility.unwrap()).collect();
    assert_eq!(said, [h2.with(hidden), h2, h2]);
    let others = async |tx: &mut Tx<'_>| {
        let mut bound = bound_for_liaison(tx.reading(), [TargetNo(1)]).await.unwrap();
        bound.sort_by_key(|(_, _, bound)| bound.agency);
        bound.into_iter().map(|(_, _, bound)| bound.of_another_link).collect::<Vec<_>>()
    };
    assert_eq!(others(&mut tx).await, [false, true, false], "only what was carried is of another link");
    tx.bind_by_names(AgencyNo(5), CaseNo(1), [(TargetNo(1), 8, h2)]).await.unwrap();
    tx.tighten(AgencyNo(2), CaseNo(1), &[(TargetNo(1), hidden)]).await.unwrap();
    tx.carry_bindings(&[TargetNo(2)], TargetNo(1)).await.unwrap();
    assert_eq!(others(&mut tx).await, [false, true, false, true], "whatever is said more");
    for _ in 0..2 {
        tx.say_of_links(AgencyNo(2), CaseNo(1), [1, 2, 9].map(TargetNo)).await.unwrap();
        assert_eq!(others(&mut tx).await, [false, false, false, true]);
    }
    tx.say_of_links(AgencyNo(5), CaseNo(2), [TargetNo(1)]).await.unwrap();
    tx.say_of_links(AgencyNo(5), CaseNo(1), []).await.unwrap();
    assert_eq!(others(&mut tx).await, [false, false, false, true], "of another case");
    let bound = bound_for_liaison(tx.reading(), [TargetNo(1)]).await.unwrap();
    let two = bound.into_iter().find(|(_, _, bound)| bound.agency == AgencyNo(2)).unwrap().2;
    assert_eq!(two.visibility, Some(h2.with(hidden)), "it stays as strict as it was");
    // A name that is bound twice in one batch.
    tx.bind_names(AgencyNo(4), CaseNo(1), [(TargetNo(2), 9, h2), (TargetNo(2), 10, hidden)]).await.unwrap();
    let bound = bound_for_liaison(tx.reading(), [TargetNo(2)]).await.unwrap();
    let own = bound.into_iter().find(|(_, _, bound)| bound.agency == AgencyNo(4)).unwrap().2;
    assert_eq!((own.visibility, own.since_leaf), (Some(h2.with(hidden)), 9));
}

async fn bindings_are_carried_to_a_target_and_taken_back(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let bind = async |tx: &mut Tx<'_>, target, agency, case, leaf| {
        tx.bind(AgencyNo(agency), CaseNo(case), [(TargetNo(target), leaf, Visibility::default())])
            .await
            .unwrap();
    };
    bind(&mut tx, 1, 1, 1, 1).await;
    bind(&mut tx, 2, 2, 2, 2).await;
    bind(&mut tx, 2, 1, 1, 3).await;
    bind(&mut tx, 3, 3, 3, 4).await;
    tx.carry_bindings(&[TargetNo(2), TargetNo(3)], TargetNo(1)).await.unwrap();
    assert_eq!(bindings(&mut tx, 1).await, [(1, 1), (2, 2), (3, 4)], "what stands there stays as it is");
    let all = bound(tx.reading(), [1, 2].map(TargetNo)).await.unwrap();
    assert_eq!(all.len(), 3, "each agency once");
    // One that came since the merge, by the name and so for both.
    bind(&mut tx, 1, 4, 4, 9).await;
    tx.bind_names(
        AgencyNo(4),
        CaseNo(4),
        [(TargetNo(2), 9, Visibility::default()), (TargetNo(3), 9, Visibility::default())],
    )
    .await
    .unwrap();
    tx.bind_names(AgencyNo(4), CaseNo(4), [(TargetNo(2), 10, Visibility::default())]).await.unwrap();
    tx.bind_names(AgencyNo(4), CaseNo(4), []).await.unwrap();
    assert_eq!(bindings(&mut tx, 2).await, [(2, 2), (1, 3), (4, 9)]);

    let going = [TargetNo(2)];
    let itself = bound_itself(tx.reading(), TargetNo(1), &going, 8).await.unwrap();
    assert_eq!(itself, [1, 3, 4].map(AgencyNo));
    tx.take_back_bindings(TargetNo(1), &going, &[TargetNo(3)], 8).await.unwrap();
    assert_eq!(bindings(&mut tx, 1).await, [(1, 1), (3, 4), (4, 9)]);
    // What another name binds as well stays.
    tx.take_back_bindings(TargetNo(1), &[TargetNo(3)], &[TargetNo(3)], 8).await.unwrap();
    assert_eq!(bindings(&mut tx, 1).await.len(), 3);
    tx.take_back_bindings(TargetNo(1), &[TargetNo(3)], &[], 8).await.unwrap();
    assert_eq!(bindings(&mut tx, 1).await, [(1, 1), (4, 9)], "what came since stays");
    assert_eq!(
        leaves(tx.reading(), TargetNo(1), 20, 20).await.unwrap(),
        [1, 2, 4, 9],
        "and is told of still"
    );
}

async fn interests_keep_the_order_in_which_agencies_were_seised(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |agency, joined_leaf, seised_leaf| InterestRow {
        target: TargetNo(1),
        agency: AgencyNo(agency),
        joined_leaf,
        seised_leaf,
    };
    tx.add_interests(&[row(9, 3, 3)]).await.unwrap();
    tx.clear_interests([TargetNo(1), TargetNo(2)]).await.unwrap();
    let rows = [row(1, 30, 7), row(2, 30, 3), row(3, 5, 5)];
    tx.add_interests(&rows).await.unwrap();
    assert_eq!(interests(tx.reading(), [TargetNo(1)]).await.unwrap(), [rows[1], rows[2], rows[0]]);
}

async fn a_dry_run_is_taken_back(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.save_point().await.unwrap();
    tx.add_aliases(&[name(2, 1, 1, 7)]).await.unwrap();
    tx.back_to_save_point().await.unwrap();
    assert_eq!(alias(tx.reading(), TargetNo(2)).await.unwrap(), None);
    tx.add_aliases(&[name(3, 1, 1, 7)]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(alias(&mut fixture.connection, TargetNo(3)).await.unwrap().is_some(), "the transaction goes on");
}

async fn host_rules_are_kept_with_their_leaves(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(tx.newest_host_rules().await.unwrap(), None);
    tx.put_host_rules(3, "version = 1").await.unwrap();
    tx.put_host_rules(7, "version = 2").await.unwrap();
    assert_eq!(tx.newest_host_rules().await.unwrap(), Some((7, None)));
    assert_eq!(host_rules_at(tx.reading(), 6).await.unwrap(), Some((3, "version = 1".into())));
    assert_eq!(host_rules_at(tx.reading(), 2).await.unwrap(), None);
    tx.add_object_keys([([1; 32], TargetNo(4)), ([2; 32], TargetNo(5))]).await.unwrap();
    tx.add_object_keys([]).await.unwrap();
    assert!(fails!(tx, tx.add_object_keys([([1; 32], TargetNo(6))])), "an object has one first link");
    assert_eq!(tx.object_keys([[2; 32], [3; 32]]).await.unwrap(), [([2; 32], TargetNo(5))]);
}

async fn what_is_alike_is_suggested_once_a_reason(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(compared_to(tx.reading()).await.unwrap(), 0);
    tx.put_compared_to(12).await.unwrap();
    assert_eq!(compared_to(tx.reading()).await.unwrap(), 12);
    assert_eq!(noted_until(tx.reading()).await.unwrap(), (0, 0, None));
    let events = [event(b"a"), event(b"b")];
    tx.append(&events).await.unwrap();
    tx.put_noted_to(1).await.unwrap();
    assert_eq!(noted_to(tx.reading()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    assert_eq!(noted_until(tx.reading()).await.unwrap(), (1, 2, Some(1_000)));
    let like = |kind, digest, target| LikenessRow { kind, digest, target: TargetNo(target) };
    tx.note_likenesses(&[like(1, -5, 7), like(1, -5, 3), like(2, -5, 1), like(1, -5, 7)][..3]).await.unwrap();
    tx.note_likenesses(&[like(1, -5, 7)]).await.unwrap();
    assert_eq!(tx.alike(1, [-5, 6]).await.unwrap(), [(-5, TargetNo(3))], "the oldest");
    assert_eq!(noted(tx.reading(), 1, -5, TargetNo(0), 9).await.unwrap(), [3, 7].map(TargetNo));
    assert_eq!(noted(tx.reading(), 1, -5, TargetNo(3), 1).await.unwrap(), [TargetNo(7)]);

    let pair =
        |one, other, kind| SuggestionRow { one: TargetNo(one), other: TargetNo(other), kind, since_leaf: 4 };
    for row in [pair(3, 7, 4), pair(3, 7, 2), pair(1, 2, 4), pair(3, 7, 2)] {
        tx.suggest(row).await.unwrap();
    }
    let none = (0, TargetNo(0), TargetNo(0));
    let all = waiting(tx.reading(), none, 9).await.unwrap();
    assert_eq!(all, [pair(3, 7, 2), pair(1, 2, 4), pair(3, 7, 4)]);
    assert_eq!(waiting(tx.reading(), none, 1).await.unwrap(), all[..1]);
    let after = (2, TargetNo(3), TargetNo(7));
    assert_eq!(waiting(tx.reading(), after, 9).await.unwrap(), all[1..]);
    assert_eq!(reasons(tx.reading(), TargetNo(3), TargetNo(7)).await.unwrap(), [2, 4]);
    assert_eq!(rejected(tx.reading(), TargetNo(7), TargetNo(3)).await.unwrap(), None);
    tx.reject_suggestions(&[TargetNo(7)], &[TargetNo(3), TargetNo(9)], 20).await.unwrap();
    assert_eq!(rejected(tx.reading(), TargetNo(7), TargetNo(3)).await.unwrap(), Some(20));
    tx.suggest(pair(3, 7, 2)).await.unwrap();
    tx.suggest(pair(3, 7, 1)).await.unwrap();
    assert_eq!(reasons(tx.reading(), TargetNo(3), TargetNo(7)).await.unwrap(), [1], "another reason is new");
    tx.reopen_suggestions(TargetNo(7), TargetNo(3)).await.unwrap();
    assert_eq!(reasons(tx.reading(), TargetNo(3), TargetNo(7)).await.unwrap(), [1, 2, 4]);
}

async fn decisions_on_duplicates_come_newest_first(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let (salt, digest) = (Salt::from_random([3; 32]), [4; 32]);
    let agency = AgencyNo(1);
    let kinds = [Kind::Duplicates, Kind::Decision, Kind::Duplicates];
    let events = kinds.map(|kind| NewEvent {
        kind,
        agency,
        salt,
        statement: b"said",
        statement_digest: digest,
        decision: Vec::new(),
    });
    let first = tx.append(&events).await.unwrap();
    let found = newest_on_duplicates(tx.reading(), i64::MAX, 9).await.unwrap();
    assert_eq!(found, [first + 2, first]);
    assert_eq!(newest_on_duplicates(tx.reading(), first + 2, 9).await.unwrap(), [first]);
}

on_both!(
    decisions_on_duplicates_come_newest_first,
    names_are_known_to_whoever_once_handed_them_in,
    names_lead_to_their_targets,
    links_that_are_names_lead_to_the_target,
    bindings_are_carried_to_a_target_and_taken_back,
    what_liaison_may_be_told_is_carried_in_the_strictest_way,
    interests_keep_the_order_in_which_agencies_were_seised,
    a_dry_run_is_taken_back,
    host_rules_are_kept_with_their_leaves,
    what_is_alike_is_suggested_once_a_reason,
);
