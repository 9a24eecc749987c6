//! Counted figures: sums, what is remembered of targets, facts of redacted leaves, and up to where it was counted.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    figures::{Counts, Figure, Grouping, Key, Month},
};
use meldeverbund_proto::leaf::Kind;

use super::{Fixture, on_both, run_all};
use crate::store::{
    Engine, FigureTargetRow, KeptFactRow, figure_names, figure_targets, figured_to, figures, kept_facts,
    query_scalar, unknown_leaves,
};

fn key(name: &str, figure: Figure, month: &str) -> Key {
    Key { grouping: Grouping::Host, name: name.into(), figure, month: month.parse().unwrap() }
}

fn counts(rows: &[(&str, i64)]) -> Counts {
    rows.iter().map(|(name, number)| (key(name, Figure::Opened, "2026-03"), *number)).collect()
}

async fn sums_add_up_and_names_are_found_one_by_one(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.add_figures(&counts(&[("a.example", 2), ("b.example", 1), ("c.example", 4)])).await.unwrap();
    tx.add_figures(&counts(&[("a.example", 3), ("c.example", -1)])).await.unwrap();
    let later = [(key("b.example", Figure::Joined, "2026-05"), 7)];
    tx.add_figures(&later.into_iter().collect()).await.unwrap();
    let connection = tx.reading();
    let names = figure_names(connection, Grouping::Host, "", 9).await.unwrap();
    assert_eq!(names, ["a.example", "b.example", "c.example"]);
    assert_eq!(figure_names(connection, Grouping::Host, "a.example", 1).await.unwrap(), ["b.example"]);
    assert_eq!(figure_names(connection, Grouping::Host, "c.example", 1).await.unwrap(), [""; 0]);
    assert_eq!(figure_names(connection, Grouping::Land, "", 9).await.unwrap(), [""; 0]);
    let all = figures(connection, Grouping::Host, ("a.example", "b.example"), Month::LAST).await.unwrap();
    let expected = [
        (key("a.example", Figure::Opened, "2026-03"), 5),
        (key("b.example", Figure::Opened, "2026-03"), 1),
        (key("b.example", Figure::Joined, "2026-05"), 7),
    ];
    assert_eq!(all, expected);
    let march = "2026-03".parse().unwrap();
    let early = figures(connection, Grouping::Host, ("b.example", "c.example"), march).await.unwrap();
    assert_eq!(early.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [1, 3]);
    run_all(tx.reading(), "UPDATE figure SET figure = 99 WHERE name = 'a.example'").await;
    assert!(figures(tx.reading(), Grouping::Host, ("a.example", "a.example"), march).await.is_err());
}

async fn what_was_counted_is_remembered_and_forgotten(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |target, body: &str| FigureTargetRow { target: TargetNo(target), body: body.into() };
    assert_eq!(figured_to(tx.reading()).await.unwrap(), Some(0), "nothing is");
    tx.put_figured_to(7).await.unwrap();
    tx.put_figured_to(9).await.unwrap();
    assert_eq!(figured_to(tx.reading()).await.unwrap(), Some(9));
    tx.put_figure_targets(&[row(1, "a"), row(2, "b")]).await.unwrap();
    tx.put_figure_targets(&[row(2, "c")]).await.unwrap();
    let mut found = figure_targets(tx.reading(), [1, 2, 3].map(TargetNo)).await.unwrap();
    found.sort_by_key(|row| row.target);
    assert_eq!(found, [row(1, "a"), row(2, "c")]);
    let rows: Vec<_> = (3..=7).map(|target| row(target, "d")).collect();
    tx.put_figure_targets(&rows).await.unwrap();
    tx.add_figures(&counts(&[("a.example", 2), ("b.example", 2), ("c.example", 2)])).await.unwrap();
    tx.begin_to_forget_figures().await.unwrap();
    assert_eq!(figured_to(tx.reading()).await.unwrap(), None);
    let mut slices = Vec::new();
    loop {
        let more = tx.forget_figures(2).await.unwrap();
        let names = figure_names(tx.reading(), Grouping::Host, "", 9).await.unwrap().len();
        let targets = figure_targets(tx.reading(), (1..=7).map(TargetNo)).await.unwrap().len();
        slices.push((names, targets));
        if !more {
            break;
        }
        assert_eq!(figured_to(tx.reading()).await.unwrap(), None, "nobody counts before all is forgotten");
        // Said once more, it goes on where it was.
        tx.begin_to_forget_figures().await.unwrap();
    }
    assert_eq!(slices, [(1, 7), (0, 7), (0, 5), (0, 3), (0, 1), (0, 0)]);
    assert_eq!(figured_to(tx.reading()).await.unwrap(), Some(0));
    let jobs: Vec<String> = query_scalar("SELECT job FROM figured").fetch_all(tx.reading()).await.unwrap();
    assert_eq!(jobs, ["figures"], "nothing is left of it");
}

/// Leaves 0 to 3, of which 1 and 3 are redacted, the latter with a fact.
async fn facts_stand_for_redacted_leaves(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let referral = Kind::Referral as u16;
    for (leaf, salt) in [(0, "x'01'"), (1, "NULL"), (2, "x'01'"), (3, "NULL")] {
        let event = format!(
            "INSERT INTO event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt) \
             VALUES ({leaf}, {referral}, {leaf}000, 4, x'00', {salt})"
        );
        run_all(tx.reading(), &event).await;
    }
    tx.keep_facts([(3, "{}".to_owned())]).await.unwrap();
    let fact = KeptFactRow { leaf: 3, recorded_at_us: 3_000, agency: AgencyNo(4), body: "{}".into() };
    assert_eq!(kept_facts(tx.reading(), 0, 4).await.unwrap(), [fact]);
    assert_eq!(kept_facts(tx.reading(), 0, 3).await.unwrap(), []);
    assert_eq!(unknown_leaves(tx.reading(), 4).await.unwrap(), 1, "nothing is known of leaf 1");
    assert_eq!(unknown_leaves(tx.reading(), 1).await.unwrap(), 0);
}

on_both!(
    sums_add_up_and_names_are_found_one_by_one,
    what_was_counted_is_remembered_and_forgotten,
    facts_stand_for_redacted_leaves,
);
