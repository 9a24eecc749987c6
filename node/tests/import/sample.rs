//! The made-up lists are read as what they say they are.

use std::collections::BTreeSet;

use meldeverbund_node::{import::Row, sample::SampleList};
use meldeverbund_proto::CanonicalLink;

use crate::rows;

fn list() -> SampleList {
    SampleList { junk_per_mille: 20, defanged_per_mille: 50, ..SampleList::new(7, 4_000) }
}

/// Good rows, and the different links among them.
fn found(rows: &[Row]) -> (u64, u64) {
    let links: Vec<&str> =
        rows.iter().filter_map(|row| Some(row.outcome.as_ref().ok()?.referral().link.as_str())).collect();
    let different: BTreeSet<CanonicalLink> =
        links.iter().map(|link| CanonicalLink::parse(link).unwrap()).collect();
    (links.len() as u64, different.len() as u64)
}

#[test]
fn a_made_up_list_is_read_as_what_it_says_it_is() {
    let mut text = Vec::new();
    list().write_text(&mut text).unwrap();
    let rows = rows(text);
    assert_eq!(rows.len(), 4_000);
    assert_eq!(found(&rows), (list().links(), list().distinct()));
}

#[test]
fn the_table_says_the_same_as_the_list() {
    let mut table = Vec::new();
    list().write_csv(&mut table).unwrap();
    let rows = rows(table);
    assert_eq!(rows.len(), 4_000);
    assert_eq!(found(&rows), (list().links(), list().distinct()));
    let good = rows.iter().filter_map(|row| row.outcome.as_ref().ok());
    let referrals: Vec<_> = good.map(meldeverbund_node::import::Draft::referral).collect();
    assert!(referrals.iter().all(|referral| referral.found_at_us > 0 && !referral.found_where.is_empty()));
    assert!(referrals.iter().any(|referral| !referral.content_hashes.is_empty()));
    assert!(referrals.iter().any(|referral| referral.note.contains("\"Teil 2\"")));
}
