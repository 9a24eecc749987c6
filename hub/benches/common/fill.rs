//! A hub's database with any number of referrals, without the ten minutes that taking them in would last.
//!
//! Links, statements, decisions and hashes are made by the contract's own functions; rows go in through the engine's own
//! interface, prepared and in one transaction without a log. Each referral is a leaf, a target and a binding; there are
//! tiles and a head, and no commands and feeds, of which a batch has one each.

use std::{path::Path, thread, time::Duration};

use meldeverbund_domain::TargetNo;
use meldeverbund_hub::store::{Head, Store, TargetIds};
use meldeverbund_proto::{
    AgencyId, CanonicalLink,
    leaf::{Digest, Kind, Leaf, decision_digest, statement_digest},
    merkle::Range,
    statement::{ReferralDecision, ReferralStatement},
    tile::HEIGHT,
    v1::{OwnerBasis, Stage, Verdict},
};
use rusqlite::{Connection, Statement};
use tokio::time::Instant;

use crate::{
    common::workload::{BATCH, CASE},
    harness::{referral, salt, uuid},
};

/// Page cache of the filling connection, KiB: all of the one random index, so that it is written once.
const CACHE_KIB: i64 = 2 * 1024 * 1024;

/// How long others may take to let go of the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Adds so many referrals of new links to the database at this path, made if it is not there. No hub runs on it.
pub(crate) async fn fill(path: &Path, referrals: u64) {
    let store = Store::open(path).await.unwrap();
    let head = Head::read(&mut store.reader().await.unwrap()).await.unwrap();
    let ids = store.target_ids().clone();
    store.close().await;
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "cache_size", -CACHE_KIB).unwrap();
    // Connections that were dropped are closed a moment later; until then the log stays in use.
    let patience = Instant::now() + PATIENCE;
    while let Err(error) = database.execute_batch("PRAGMA journal_mode = OFF") {
        assert!(Instant::now() < patience, "{error}");
        thread::sleep(Duration::from_millis(10));
    }
    database.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    let number = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let agency = number("SELECT coalesce(max(agency_no), 1) FROM agency");
    let first_target = number("SELECT next_target FROM head");
    let first_us = number("SELECT last_time_us FROM head").cast_unsigned();
    let mut rows = Rows::new(&database, agency);
    let mut maker = Maker { ids, agency: "de-nw-lka".parse().unwrap(), submission: uuid(), first_us };
    let mut range = head.range;
    for n in 0..referrals {
        let target = TargetNo(first_target + n.cast_signed());
        rows.add(&maker.make(n, target), target, &mut range);
    }
    drop(rows);
    let advance =
        "UPDATE head SET next_leaf = ?1, tree_size = ?1, frontier = ?2, next_target = ?3, last_time_us = ?4";
    let (size, frontier) = (range.end().cast_signed(), range.hashes().as_flattened());
    let last_us = (first_us + referrals / BATCH as u64).cast_signed();
    database.execute(advance, (size, frontier, first_target + referrals.cast_signed(), last_us)).unwrap();
    database.execute_batch("COMMIT; PRAGMA journal_mode = WAL").unwrap();
}

/// One referral, as it is stored.
struct Made {
    time_us: u64,
    hash: Digest,
    link: [u8; 32],
    salt: [u8; 32],
    statement: Vec<u8>,
    decision: Vec<u8>,
}

struct Maker {
    ids: TargetIds,
    agency: AgencyId,
    submission: String,
    first_us: u64,
}

impl Maker {
    fn make(&mut self, n: u64, target: TargetNo) -> Made {
        let position = (n % BATCH as u64) as u32;
        if position == 0 {
            self.submission = uuid();
        }
        let link = format!("https://host-{}.example/filled/file-{n:08}?part=1", n % 997);
        let (salt, referral) = (salt(), referral(&link));
        let canonical = CanonicalLink::parse(&link).unwrap().id();
        let (mut statement, mut decision) = (Vec::with_capacity(256), Vec::with_capacity(256));
        let (agency, submission) = (&self.agency, self.submission.parse().unwrap());
        ReferralStatement { agency, submission, position, case_number: CASE, referral: &referral }
            .encode(&mut statement);
        ReferralDecision {
            verdict: Verdict::New,
            target: self.ids.id(target),
            round: 1,
            owner: agency.clone(),
            basis: OwnerBasis::FirstSeised,
            link_version: CanonicalLink::VERSION,
            link: canonical,
        }
        .encode(&mut decision);
        let time_us = self.first_us + n / BATCH as u64;
        let digests = (statement_digest(&salt, &statement), decision_digest(&salt, &decision));
        let leaf = Leaf { kind: Kind::Referral, time_us, statement: digests.0, decision: digests.1 };
        let (link, salt) = (*canonical.as_bytes(), *salt.as_bytes());
        Made { time_us, hash: leaf.hash(), link, salt, statement, decision }
    }
}

/// The statements that write a referral.
struct Rows<'a> {
    agency: i64,
    event: Statement<'a>,
    tile: Statement<'a>,
    target: Statement<'a>,
    binding: Statement<'a>,
}

impl<'a> Rows<'a> {
    fn new(database: &'a Connection, agency: i64) -> Self {
        let prepare = |sql| database.prepare(sql).unwrap();
        Self {
            agency,
            event: prepare(
                "INSERT INTO event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, decision) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ),
            tile: prepare("INSERT INTO subtree (level, position, hash) VALUES (?, ?, ?)"),
            target: prepare(
                "INSERT INTO target (target_no, link_id, stage, round, owner_no, owner_basis, opened_leaf) \
                 VALUES (?, ?, ?, 1, ?, ?, ?)",
            ),
            binding: prepare(
                "INSERT INTO binding (target_no, agency_no, case_no, since_leaf, visible, since_us) \
                 VALUES (?, ?, 1, ?, 0, ?)",
            ),
        }
    }

    fn add(&mut self, made: &Made, target: TargetNo, range: &mut Range) {
        let Made { time_us, hash, link, salt, statement, decision } = made;
        let (leaf, agency, tile) = (range.end().cast_signed(), self.agency, &mut self.tile);
        let (kind, time_us) = (Kind::Referral as i64, time_us.cast_signed());
        let event = (leaf, kind, time_us, agency, &hash[..], &salt[..], &statement[..], &decision[..]);
        self.event.execute(event).unwrap();
        range.push_with(*hash, |subtree, hash| {
            if subtree.level > 0 && subtree.level.is_multiple_of(HEIGHT) {
                let place = (i64::from(subtree.level), subtree.index.cast_signed());
                tile.execute((place.0, place.1, &hash[..])).unwrap();
            }
        });
        let (stage, basis) = (Stage::Referred as i64, OwnerBasis::FirstSeised as i64);
        self.target.execute((target.0, &link[..], stage, agency, basis, leaf)).unwrap();
        self.binding.execute((target.0, agency, leaf, time_us)).unwrap();
    }
}
