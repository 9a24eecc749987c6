//! Each migration on the data that the version before it wrote.

use super::{Place, on_both, run_all};
use crate::store::{
    AgencyRow, DisclosureRow, Engine, Store, Tx, compared_to, figured_to, held, interests, leaves, lives,
    noted_to, query_as, query_scalar, release_awaits, schema, unknown_leaves,
};
use meldeverbund_domain::{AgencyNo, TargetNo};

/// What the first schema held of three agencies, one of them suspended, and of two targets.
const FIRST: &str = "\
    UPDATE head SET next_leaf = 9, next_target = 3, next_case = 5, last_time_us = 7000;
    WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 8)
        INSERT INTO event SELECT n, 1, 7000, 1, x'0000000000000000000000000000000000000000000000000000000000000000', x'02', x'03', x'04' FROM n;
    INSERT INTO agency VALUES (1, 'de-nw-lka', 'NW', 'duty', 1, 0, 1000, 2);
    INSERT INTO agency VALUES (2, 'de-by-lka', 'BY', 'duty', 1, 1, 1000, 0);
    INSERT INTO agency VALUES (3, 'de-sn-lka', 'SN', 'duty', 1, 0, 1000, 0);
    INSERT INTO target VALUES (1, x'01', 1, 1, 1, 3, 4);
    INSERT INTO target VALUES (2, x'02', 1, 1, 2, 3, 6);
    INSERT INTO binding VALUES (1, 1, 1, 4);
    INSERT INTO binding VALUES (1, 1, 2, 7);
    INSERT INTO binding VALUES (1, 3, 3, 8);
    INSERT INTO binding VALUES (1, 3, 4, 5);
    INSERT INTO binding VALUES (2, 2, 3, 6);";

async fn the_second_derives_interests_and_when_agencies_were_suspended(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(1, FIRST)]).await;

    let store = Store::open(place.database()).await.unwrap();
    let mut reader = store.reader().await.unwrap();
    let targets = [1, 2].map(TargetNo);
    let found = interests(&mut reader, targets).await.unwrap();
    let found: Vec<_> = found.iter().map(|row| (row.target.0, row.agency.0, row.joined_leaf)).collect();
    assert_eq!(found, [(1, 3, 5)], "each other agency once, since its first case was bound");
    assert_eq!(lives(&mut reader, targets).await.unwrap(), [], "nothing was decided");
    assert_eq!(leaves(&mut reader, TargetNo(1), 99, 9).await.unwrap(), [4, 5, 7, 8]);
    let rows = AgencyRow::all(&mut reader).await.unwrap();
    let suspended: Vec<_> = rows.iter().map(|row| (row.suspended_at_us, row.given_away_to)).collect();
    let now = (Some(7_000), Some(TargetNo(0)));
    assert_eq!(suspended, [(None, None), now, (None, None)], "its term begins with the migration");

    let mut writer = store.writer().await.unwrap();
    let mut tx = Tx::begin(&mut writer, 8_000).await.unwrap();
    let owned = tx.owned_targets(AgencyNo(2), TargetNo(0), TargetNo(2), 9).await.unwrap();
    assert_eq!(owned, [TargetNo(2)]);
    tx.commit().await.unwrap();
}

/// What the second schema held: an event and the command that made it.
const SECOND: &str = "\
    UPDATE head SET next_leaf = 1, next_case = 2, last_time_us = 7000;
    INSERT INTO event VALUES (0, 2, 7000, 1, x'0101010101010101010101010101010101010101010101010101010101010101',
        x'02', x'03', x'04');
    INSERT INTO command VALUES (1, x'05', x'06', 7000, 0, 1, x'07');";

async fn the_third_begins_the_tree(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(2, SECOND), (3, "")]).await;
    let mut connection = place.connect().await;
    let head: (i64, i64, i64, Vec<u8>) = query_as("SELECT next_leaf, epoch, tree_size, frontier FROM head")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(head, (1, 1, 0, Vec::new()), "the first epoch; the tree is caught up by whoever opens it");
    let digests: Vec<Option<Vec<u8>>> =
        query_scalar("SELECT digests FROM event").fetch_all(&mut connection).await.unwrap();
    assert_eq!(digests, [None], "nothing is redacted");
    let tables =
        ["subtree", "checkpoint", "cosignature", "ledger_key", "witness_key", "statement_key", "envelope"];
    for table in tables {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

/// What the third schema held of one agency, in the ledger's second epoch.
const THIRD: &str = "\
    UPDATE head SET epoch = 2, last_time_us = 7000;
    INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence)
        VALUES (1, 'de-nw-lka', 'NW', 'duty', 1, 0, 1000, 2);";

async fn the_fourth_waits_for_nobody_and_holds_no_lease(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(3, THIRD), (4, "")]).await;
    let mut connection = place.connect().await;
    for table in ["lease", "lost_checkpoint", "feed_kept", "reconciliation"] {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

/// What the fourth schema held: an interest.
const FOURTH: &str = "INSERT INTO interest (target_no, agency_no, joined_leaf) VALUES (1, 2, 7);";

async fn the_seventh_knows_no_names_and_who_was_seised_when(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(4, FOURTH), (7, "")]).await;
    let mut connection = place.connect().await;
    for table in ["alias", "host_rules", "object_key", "likeness", "suggestion"] {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let compared: i64 =
        query_scalar("SELECT next_leaf FROM compared").fetch_one(&mut connection).await.unwrap();
    assert_eq!(compared, 0, "all that is there is compared");
    let found = interests(&mut connection, [TargetNo(1)]).await.unwrap();
    assert_eq!((found[0].joined_leaf, found[0].seised_leaf), (7, 7));
}

/// What the schemas before it held of one agency.
const BEFORE_PEOPLE: &str = "\
    INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence)
        VALUES (1, 'de-nw-lka', 'NW', 'duty', 1, 0, 1000, 2);";

async fn the_eighth_signs_nobody_in(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(7, BEFORE_PEOPLE), (8, "")]).await;
    let mut connection = place.connect().await;
    for table in ["session", "used_sign_in", "logged_out"] {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

async fn the_ninth_has_seen_nobody(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_PEOPLE), (9, "")]).await;
    let mut connection = place.connect().await;
    for table in ["page_view", "certificate"] {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

/// What the schemas before it held of lives, and how far links were compared.
const BEFORE_DESK: &str = "\
    INSERT INTO life (target_no, due_us, centre, body)
        VALUES (1, NULL, 0, '{\"holds\":[{\"id\":1,\"by\":2,\"leaf\":3,\"until_us\":4,\"lapsed\":false}],\"fence\":0}');
    INSERT INTO life (target_no, due_us, centre, body) VALUES (2, NULL, 0, '{\"holds\":[],\"note\":\"id\"}');
    UPDATE compared SET next_leaf = 7;";

async fn the_eleventh_finds_holds_and_compares_anew(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_DESK), (11, "")]).await;
    let mut connection = place.connect().await;
    assert_eq!(held(&mut connection, TargetNo(0), 9).await.unwrap(), [TargetNo(1)]);
    let compared: i64 =
        query_scalar("SELECT next_leaf FROM compared").fetch_one(&mut connection).await.unwrap();
    assert_eq!(compared, 0, "hosts and cases are noted of all links");
}

/// What the schemas before it held of one redacted leaf.
const BEFORE_FIGURES: &str = "\
    INSERT INTO event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash) VALUES (0, 1, 7000, 1, x'00');";

async fn the_tenth_counts_from_the_first_leaf(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_FIGURES), (10, "")]).await;
    let mut connection = place.connect().await;
    assert_eq!(figured_to(&mut connection).await.unwrap(), Some(0));
    assert_eq!(unknown_leaves(&mut connection, 1).await.unwrap(), 1, "what went before is told of");
    for table in ["figure", "figure_target", "figure_fact", "figured"] {
        let rows: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

/// What the schemas before it held of sessions and cases.
const BEFORE_PROCEEDINGS: &str = "\
    INSERT INTO session VALUES (x'01', 'https://login.example', 'erika', NULL, 'de-bka', 'prosecutor', NULL, 1, 2, 3, 4);
    INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence)
        VALUES (1, 'de-bka', 'BKA', 'duty', 2, 0, 1000, 0);
    INSERT INTO case_file (case_no, agency_no, number, unit, kind, review_on, delete_on, prosecutor_reference, closed)
        VALUES (1, 1, '1/26', '', 1, '', '', ' 60    UJs  1/26', 0), (2, 1, '2/26', '', 2, '', '', '60 UJs 2/26', 0),
               (3, 1, '3/26', '', 1, '', '', '', 0);";

async fn the_twelfth_finds_proceedings_and_gives_nobody_any(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(11, BEFORE_PROCEEDINGS), (12, "")]).await;
    let mut connection = place.connect().await;
    let keys: Vec<String> = query_scalar("SELECT reference_key FROM case_file ORDER BY case_no")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys, ["60 UJs 1/26", "", ""]);
    let own: String =
        query_scalar("SELECT proceedings FROM session").fetch_one(&mut connection).await.unwrap();
    assert_eq!(own, "", "whoever was signed in then signs in anew");
}

/// What the schema before it held of links that were compared.
const BEFORE_UPKEEP: &str = "UPDATE compared SET next_leaf = 7;";

async fn the_thirteenth_notes_all_links_and_compares_none_anew(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(11, BEFORE_UPKEEP), (13, "")]).await;
    let mut connection = place.connect().await;
    assert_eq!(compared_to(&mut connection).await.unwrap(), 7);
    assert_eq!(noted_to(&mut connection).await.unwrap(), 0);
}

async fn the_fourteenth_knows_of_nobody_who_decided(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_PEOPLE), (14, "")]).await;
    let mut connection = place.connect().await;
    let rows: i64 = query_scalar("SELECT count(*) FROM person_act").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 0);
}

/// What the schemas before it held of one disclosure.
const BEFORE_LIAISON_WAITS: &str = "\
    INSERT INTO disclosure (leaf_index, disclosure_id, agency_no, asked_no, target_no, recorded_at_us, due_us, reminded, escalated,
            issuer, officer, request, purpose, state, answered_at_us, answered_by, answer)
        VALUES (3, x'00000000000000000000000000000007', 5, 1, 3, 10, 20, 0, 0, 'i', 'u', x'', x'', 1, 0, '', x'');";

async fn the_fifteenth_keeps_names_that_were_told(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_LIAISON_WAITS), (15, "")]).await;
    let mut connection = place.connect().await;
    let found = DisclosureRow::by_leaf(&mut connection, 3).await.unwrap().unwrap();
    assert!(found.is_named);
}

/// What the schemas before it held of releases: two agencies', one of which waits, one that does not, and another gate's.
const BEFORE_RELEASES: &str = "\
    INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence)
        VALUES (1, 'de-nw-lka', 'NW', 'duty', 1, 0, 1000, 2), (11, 'de-bka', 'BKA', 'duty', 2, 0, 1000, 2);
    INSERT INTO life (target_no, due_us, centre, body) VALUES
        (1, NULL, 0, '{\"gates\":{\"release\":{\"by\":11,\"leaf\":3,\"what\":{\"until_us\":null},\"second\":{\"Awaited\":{\"first\":\"A\"}}}}}'),
        (2, NULL, 0, '{\"gates\":{\"release\":{\"by\":11,\"leaf\":3,\"what\":{\"until_us\":null},\"second\":\"Settled\"}}}'),
        (3, NULL, 0, '{\"gates\":{\"evidence\":[{\"by\":11,\"leaf\":3,\"second\":{\"Awaited\":{\"first\":\"A\"}}}],\"release\":null}}'),
        (4, NULL, 0, '{\"gates\":{\"release\":{\"by\":1,\"leaf\":3,\"what\":{\"until_us\":5},\"second\":{\"Awaited\":{\"first\":\"A\"}}}}}');";

async fn the_sixteenth_finds_releases_that_wait_for_a_second_person(engine: Engine) {
    let place = Place::new(engine);
    write(&place, &[(8, BEFORE_RELEASES), (16, "")]).await;
    let mut connection = place.connect().await;
    for (agency, found) in [(11, vec![TargetNo(1)]), (1, vec![TargetNo(4)]), (0, Vec::new())] {
        let waits = release_awaits(&mut connection, AgencyNo(agency), TargetNo(0), 9).await.unwrap();
        assert_eq!(waits, found, "{agency}");
    }
}

/// Makes a database of these schemas, each with what it held.
async fn write(place: &Place, held: &[(i64, &'static str)]) {
    let mut connection = place.connect().await;
    for (schema, rows) in held {
        schema::migrate_to(&mut connection, *schema).await.unwrap();
        run_all(&mut connection, rows).await;
    }
}

on_both!(
    the_second_derives_interests_and_when_agencies_were_suspended,
    the_third_begins_the_tree,
    the_fourth_waits_for_nobody_and_holds_no_lease,
    the_seventh_knows_no_names_and_who_was_seised_when,
    the_eighth_signs_nobody_in,
    the_eleventh_finds_holds_and_compares_anew,
    the_ninth_has_seen_nobody,
    the_tenth_counts_from_the_first_leaf,
    the_twelfth_finds_proceedings_and_gives_nobody_any,
    the_thirteenth_notes_all_links_and_compares_none_anew,
    the_fourteenth_knows_of_nobody_who_decided,
    the_fifteenth_keeps_names_that_were_told,
    the_sixteenth_finds_releases_that_wait_for_a_second_person,
);

#[tokio::test]
async fn the_eighteenth_lets_a_server_keep_verdicts_as_they_are() {
    let place = Place::new(Engine::Postgres);
    write(&place, &[(17, "")]).await;
    let store = Store::open(place.database()).await.unwrap();
    const SQL: &str = "SELECT attstorage::TEXT FROM pg_attribute \
                       WHERE attrelid = 'command'::regclass AND attname = 'verdict'";
    let kept: String = query_scalar(SQL).fetch_one(&mut store.reader().await.unwrap()).await.unwrap();
    assert_eq!(kept, "e", "outside of the row, and not made smaller");
}
