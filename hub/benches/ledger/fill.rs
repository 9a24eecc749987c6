//! A hub's database with any number of leaves, without the ten minutes that taking them in would last.
//!
//! Statements, decisions and hashes are made by the contract's own functions; rows go in through the engine's own
//! interface, prepared and in large transactions without a log. There are leaves, tiles and head, and nothing beside them.

use std::path::Path;

use meldeverbund_domain::TargetNo;
use meldeverbund_hub::store::{Store, TargetIds};
use meldeverbund_proto::{
    AgencyId, CanonicalLink,
    leaf::{Digest, Kind, Leaf, decision_digest, statement_digest},
    merkle::Range,
    statement::{ReferralDecision, ReferralStatement},
    tile::HEIGHT,
    v1::{OwnerBasis, Verdict},
};

use crate::{
    common::workload::{BATCH, CASE},
    harness::{referral, salt, uuid},
};

/// The time of the first leaf; each batch has one of its own.
const FIRST_US: u64 = 1_800_000_000_000_000;

/// Makes a database at this path with so many leaves.
pub(crate) async fn fill(path: &Path, leaves: u64) {
    let store = Store::open(path).await.unwrap();
    let ids = store.target_ids().clone();
    store.close().await;
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN").unwrap();
    let range = rows(&database, leaves, &ids);
    let frontier = range.hashes().as_flattened();
    let head = "UPDATE head SET next_leaf = ?1, tree_size = ?1, frontier = ?2, last_time_us = ?3";
    let time_us = (FIRST_US + leaves).cast_signed();
    database.execute(head, (leaves.cast_signed(), frontier, time_us)).unwrap();
    database.execute_batch("COMMIT").unwrap();
}

fn rows(database: &rusqlite::Connection, leaves: u64, ids: &TargetIds) -> Range {
    const EVENT: &str = "INSERT INTO event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, decision) \
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    const TILE: &str = "INSERT INTO subtree (level, position, hash) VALUES (?, ?, ?)";
    let (mut event, mut tile) = (database.prepare(EVENT).unwrap(), database.prepare(TILE).unwrap());
    let agency: AgencyId = "de-nw-lka".parse().unwrap();
    let mut submission = uuid().parse().unwrap();
    let mut range = Range::empty(0);
    for index in 0..leaves {
        let position = (index % BATCH as u64) as u32;
        if position == 0 {
            submission = uuid().parse().unwrap();
        }
        let link = format!("https://host-{}.example/0/0/file-{index:08}?part=1", index % 997);
        let (salt, referral) = (salt(), referral(&link));
        let (mut statement, mut decision) = (Vec::with_capacity(256), Vec::with_capacity(256));
        let said = ReferralStatement {
            agency: &agency,
            submission,
            position,
            case_number: CASE,
            referral: &referral,
        };
        said.encode(&mut statement);
        ReferralDecision {
            verdict: Verdict::New,
            target: ids.id(TargetNo(index.cast_signed() + 1)),
            round: 1,
            owner: agency.clone(),
            basis: OwnerBasis::FirstSeised,
            link_version: CanonicalLink::VERSION,
            link: CanonicalLink::parse(&link).unwrap().id(),
        }
        .encode(&mut decision);
        let time_us = FIRST_US + index / BATCH as u64;
        let digests = (statement_digest(&salt, &statement), decision_digest(&salt, &decision));
        let leaf = Leaf { kind: Kind::Referral, time_us, statement: digests.0, decision: digests.1 };
        let hash: Digest = leaf.hash();
        let numbers = (index.cast_signed(), Kind::Referral as i64, time_us.cast_signed(), 1_i64);
        let bytes = (&hash[..], &salt.as_bytes()[..], &statement[..], &decision[..]);
        let (a, b, c, d) = numbers;
        event.execute((a, b, c, d, bytes.0, bytes.1, bytes.2, bytes.3)).unwrap();
        range.push_with(hash, |subtree, hash| {
            if subtree.level > 0 && subtree.level % HEIGHT == 0 {
                tile.execute((i64::from(subtree.level), subtree.index.cast_signed(), &hash[..])).unwrap();
            }
        });
    }
    range
}
