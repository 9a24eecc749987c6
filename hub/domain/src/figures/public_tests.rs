//! Whoever reads what is published, and knows how it is made, does not learn a small number.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::figures::Key;

/// Small enough to try every table there is.
const SMALL: i64 = LEAST_THRESHOLD;

/// What a reader sees of a family: the rows of one table, and the totals where they are not small themselves.
fn seen(rows: &[Vec<i64>]) -> (Vec<Option<Vec<i64>>>, Option<Vec<i64>>) {
    let sum = |part: usize| rows.iter().map(|row| row[part]).sum::<i64>();
    let totals = (0..rows[0].len()).map(sum).collect::<Vec<_>>();
    let totals = shown(&[totals], SMALL).pop().unwrap();
    (shown(rows, SMALL), totals)
}

/// All tables of so many rows and parts with numbers up to this.
fn tables(rows: usize, parts: usize, most: i64) -> Vec<Vec<Vec<i64>>> {
    let cells = rows * parts;
    let count = usize::try_from(most + 1).unwrap().pow(cells.try_into().unwrap());
    let table = |mut number: usize| {
        let mut cell = || {
            let digit = number % usize::try_from(most + 1).unwrap();
            number /= usize::try_from(most + 1).unwrap();
            i64::try_from(digit).unwrap()
        };
        (0..rows).map(|_| (0..parts).map(|_| cell()).collect()).collect()
    };
    (0..count).map(table).collect()
}

/// The strongest reader: knows the rule, tries every table there could be, and keeps those that look the same.
#[test]
fn every_small_number_could_be_another_one() {
    for (rows, parts, most, judged) in
        [(1, 1, 9, 4), (2, 1, 12, 4), (3, 1, 12, 4), (4, 1, 7, 4), (2, 2, 7, 3), (3, 2, 4, 3)]
    {
        let mut possible: HashMap<_, Vec<Vec<Vec<i64>>>> = HashMap::new();
        for table in tables(rows, parts, most) {
            possible.entry(seen(&table)).or_default().push(table);
        }
        for like in possible.values() {
            // Near the edge of what is tried there are fewer tables than there are.
            let mut inner = like.iter().filter(|table| table.iter().flatten().all(|cell| *cell <= judged));
            let Some(table) = inner.next() else { continue };
            for table in std::iter::once(table).chain(inner) {
                for (row, part) in (0..rows).flat_map(|row| (0..parts).map(move |part| (row, part))) {
                    if (1..SMALL).contains(&table[row][part]) {
                        let values: BTreeSet<_> = like.iter().map(|other| other[row][part]).collect();
                        assert!(values.len() > 1, "{table:?} gives row {row}, part {part} away");
                    }
                }
            }
        }
    }
}

fn counts() -> impl Strategy<Value = Counts> {
    let lands = ["de-nw-lka", "de-by-lka", "de-sn-lka"];
    let hosts = ["a.example", "b.example", "c.example", "d.example"];
    let one = (0..lands.len(), 0..hosts.len(), 0..3, 1..39_i64, 1..4_i64);
    proptest::collection::vec(one, 0..60).prop_map(move |rows| {
        let month: Month = "2026-03".parse().unwrap();
        let mut counts = Counts::default();
        for (land, host, class, figure, count) in rows {
            let figure = Figure::from_number(figure).unwrap();
            let at = (month, lands[land], hosts[host], class);
            counts.contribute(at, figure, count);
            // Who was gone was notified.
            if let Figure::Gone(seat, _) = figure {
                counts.contribute(at, Figure::Notified(seat), count);
            }
        }
        counts
    })
}

/// What is left out of a column, from the totals and what is shown in each table.
fn computed(published: &Published, grouping: Grouping, column: usize) -> Option<(usize, i64)> {
    let of = |wanted| published.tables.iter().find(|(grouping, _)| *grouping == wanted).unwrap();
    let total = of(Grouping::All).1.first()?.cells[column]?;
    let rows = &of(grouping).1;
    let left_out = rows.iter().filter(|row| row.cells[column].is_none()).count();
    let shown: i64 = rows.iter().filter_map(|row| row.cells[column]).sum();
    (left_out > 0).then_some((left_out, total - shown))
}

proptest! {
    #[test]
    fn no_total_gives_a_cell_away(counts in counts(), threshold in LEAST_THRESHOLD..8) {
        let month: Month = "2026-03".parse().unwrap();
        let published = publish(&counts, month, threshold);
        for (grouping, rows) in &published.tables {
            for row in rows {
                prop_assert_eq!(row.cells.len(), published.columns.len());
                for cell in row.cells.iter().flatten() {
                    prop_assert!(!(1..threshold).contains(cell), "{} of {:?} is small", cell, row.name);
                }
            }
            // Hosts of which nothing is shown are left out as rows, so that a reader knows still less of them.
            if matches!(grouping, Grouping::Land | Grouping::Class) {
                for column in 0..published.columns.len() {
                    let Some((left_out, sum)) = computed(&published, *grouping, column) else { continue };
                    let nothing = sum == 0;
                    prop_assert!(left_out > 1 || nothing, "{} of {:?}", published.columns[column], grouping);
                }
            }
        }
        // Within a row: a whole is shown with all of its parts or not at all.
        for row in published.tables.iter().flat_map(|(_, rows)| rows) {
            let cell = |name: &str| row.cells[published.columns.iter().position(|one| *one == name).unwrap()];
            prop_assert_eq!(cell("referred").is_some(), cell("new").is_some() && cell("duplicates").is_some());
            if let (Some(whole), Some(new), Some(again)) = (cell("referred"), cell("new"), cell("duplicates")) {
                prop_assert_eq!(whole, new + again);
            }
        }
    }
}

#[test]
fn large_numbers_are_shown_as_they_are() {
    let month: Month = "2026-03".parse().unwrap();
    let key = |grouping, name: &str| Key { grouping, name: name.into(), figure: Figure::Opened, month };
    let rows = [
        (key(Grouping::All, ""), 21),
        (key(Grouping::Land, "de-by-lka"), 9),
        (key(Grouping::Land, "de-nw-lka"), 12),
    ];
    let published = publish(&rows.into_iter().collect(), month, DEFAULT_THRESHOLD);
    let shown: Vec<_> = published.tables[1].1.iter().map(|row| (row.name.as_str(), row.cells[0])).collect();
    assert_eq!(shown, [("de-by-lka", Some(9)), ("de-nw-lka", Some(12))]);
    assert_eq!(published.tables[0].1[0].cells[..3], [Some(21), Some(21), Some(0)]);
}
