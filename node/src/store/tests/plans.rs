//! Queries that run for each submission or each page must not read whole tables.

use super::*;

#[tokio::test]
async fn frequent_queries_go_by_an_index() {
    let Fixture { store, folder: _folder, .. } = fixture().await;
    for sql in [
        "SELECT s.id FROM submission s CROSS JOIN case_file c ON c.id = s.case_file
         WHERE s.state = 1 AND c.at_hub IN (2, 3) ORDER BY s.lane, s.id LIMIT 4",
        "SELECT message FROM referral WHERE id BETWEEN 1 AND 2 ORDER BY id",
        "SELECT first_referral + referral_count FROM submission ORDER BY id DESC LIMIT 1",
        "SELECT count(*) FROM submission WHERE state = 1",
        "SELECT id FROM hand_in WHERE digest = X'00' ORDER BY id DESC LIMIT 1",
        "SELECT r.id FROM submission s CROSS JOIN referral r
           ON r.id BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1
         WHERE s.id >= 1 AND r.id > 1 AND s.hand_in = 1 ORDER BY s.id, r.id LIMIT 2",
        "SELECT r.id FROM referral r JOIN submission s ON s.id = r.submission WHERE r.link_key = 1 ORDER BY r.id",
        "SELECT id FROM decision_batch WHERE state = 1 ORDER BY lane, id LIMIT 4",
        "SELECT id FROM decision_batch WHERE decision = 1 AND id > 0 ORDER BY id LIMIT 4",
        "SELECT id FROM target t WHERE (t.work_rank, t.id) > (0, 0) AND t.due_kinds <> 0 ORDER BY t.work_rank, t.id LIMIT 2",
        "SELECT id, target_id FROM target INDEXED BY target_untold WHERE told_us = 0 AND id > 1 ORDER BY id LIMIT 1000",
        "UPDATE OR IGNORE target_joined SET target = 2 WHERE target = 1 AND name = X'00'",
        "SELECT r.id FROM host h CROSS JOIN referral r ON r.host = h.id WHERE h.name = 'h'",
        "SELECT id FROM referral WHERE host IS NULL ORDER BY id LIMIT 1000",
        "SELECT id FROM question WHERE digest = X'00' AND finished_us IS NULL ORDER BY id DESC LIMIT 1",
        "SELECT id FROM question_batch WHERE question = 1 AND id > 0 AND answered_us IS NULL ORDER BY id LIMIT 4",
        "SELECT selector FROM question_row WHERE batch = 1 ORDER BY position",
        "SELECT count(*) FROM question_row r WHERE r.question = 1 AND r.state = 1",
        "UPDATE question_row SET state = 2 WHERE batch = 1 AND position = 0",
        "SELECT t.asked FROM liaison_asked_target t WHERE t.target_id = X'00'",
        "SELECT v.column1, t.id FROM (VALUES (1, X'00'), (2, X'01')) v LEFT JOIN target t ON t.target_id = v.column2",
    ] {
        let plan = store.plan(sql).await;
        for step in plan.lines() {
            // A list of values is not a table, and the newest submission is the end of one.
            let whole =
                step.contains("SCAN") && !step.contains("VALUES CLAUSE") && !sql.contains("DESC LIMIT 1");
            assert!(!whole, "{sql}\n{plan}");
        }
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("AUTOMATIC"), "{sql}\n{plan}");
    }
}
