//! The statements as texts: each has a name, is tried, and finds its rows by key.

use std::path::Path;

use sqlx::AssertSqlSafe;

use super::Fixture;

/// A statement as it stands in a source file: its name, and its text where nothing is formatted into it.
struct Statement {
    name: String,
    text: Option<String>,
}

/// All statements of the store, read from its sources.
fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for call in ["query(\"", "query_as(\"", "query_scalar(\"", "format!(\"SELECT"] {
            let unnamed = source.split(call).skip(1).filter(|rest| !rest.starts_with("/* ")).count();
            assert_eq!(unnamed, 0, "{}: a statement without a name", path.display());
        }
        for literal in source.split("\"/* ").skip(1) {
            let (name, rest) = literal.split_once(" */ ").unwrap();
            let text = rest.split_once('"').unwrap().0.replace("\\\n", " ");
            let text = (!text.contains('{')).then_some(text);
            found.push(Statement { name: name.to_owned(), text });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Each statement and the file of this suite that tries it.
const TRIED: [(&str, &str); 109] = [
    ("agencies::add", "entities"),
    ("agencies::all", "entities"),
    ("agencies::by_id", "entities"),
    ("agencies::feed_sequence", "ledger"),
    ("agencies::put_given_away", "entities"),
    ("agencies::put_state", "entities"),
    ("begin", "order"),
    ("bindings::keep_history", "entities"),
    ("bindings::of_agency", "entities"),
    ("bindings::own", "entities"),
    ("bindings::unbind", "entities"),
    ("cases::by_number", "entities"),
    ("cases::close", "entities"),
    ("cases::number", "entities"),
    ("cases::open", "entities"),
    ("checkpoints::after", "whole"),
    ("checkpoints::at", "whole"),
    ("checkpoints::cosignatures", "whole"),
    ("checkpoints::keep_cosignature", "whole"),
    ("checkpoints::newest", "whole"),
    ("checkpoints::publish", "whole"),
    ("commands::by_id", "ledger"),
    ("commands::remember", "ledger"),
    ("counts::read", "entities"),
    ("counts::targets_by_owner", "entities"),
    ("counts::targets_by_stage", "entities"),
    ("envelopes::by_first_leaf", "signatures"),
    ("envelopes::keep", "signatures"),
    ("events::range", "ledger"),
    ("feed::after", "ledger"),
    ("feed::next", "ledger"),
    ("feed::tell", "ledger"),
    ("feed_kept::after", "restored"),
    ("feed_kept::keep_all", "restored"),
    ("feed_kept::keep_none", "restored"),
    ("head::read", "tree"),
    ("history::leaves", "lifecycle"),
    ("history::opened_leaf", "lifecycle"),
    ("insert", "entities"),
    ("instances::acknowledge", "ledger"),
    ("instances::all", "ledger"),
    ("interests::acknowledged_at", "lifecycle"),
    ("interests::by_target", "lifecycle"),
    ("interests::drop", "lifecycle"),
    ("interests::note_acknowledgement", "lifecycle"),
    ("keys::all", "entities"),
    ("keys::drop", "entities"),
    ("keys::put", "entities"),
    ("leases::all", "leases"),
    ("leases::by_name", "leases"),
    ("leases::end", "leases"),
    ("leases::put", "leases"),
    ("leaves::range", "tree"),
    ("ledger_keys::all", "tree"),
    ("ledger_keys::put", "tree"),
    ("lives::by_target", "lifecycle"),
    ("lives::due", "lifecycle"),
    ("lives::for_centre", "lifecycle"),
    ("lost::newest", "restored"),
    ("lost::note", "restored"),
    ("policies::at", "lifecycle"),
    ("policies::newest", "lifecycle"),
    ("policies::put", "lifecycle"),
    ("reconciliations::await_all", "restored"),
    ("reconciliations::await_one", "restored"),
    ("reconciliations::awaited", "restored"),
    ("reconciliations::done", "restored"),
    ("reconciliations::one", "restored"),
    ("redactions::at", "retention"),
    ("redactions::case_end", "retention"),
    ("redactions::cases_with_referrals", "retention"),
    ("redactions::end", "retention"),
    ("redactions::of_kinds", "retention"),
    ("redactions::redact", "retention"),
    ("redactions::redact_case", "retention"),
    ("redactions::retire_commands", "retention"),
    ("redactions::some", "retention"),
    ("redactions::tidy_cases", "retention"),
    ("redactions::time", "retention"),
    ("statement_keys::add", "signatures"),
    ("statement_keys::all", "signatures"),
    ("statement_keys::of", "signatures"),
    ("statement_keys::revoke", "signatures"),
    ("store::checkpoint", "opening"),
    ("store::forget_log", "retention"),
    ("store::truncate_log", "opening"),
    ("subtrees::leaves", "tree"),
    ("subtrees::roots", "tree"),
    ("target_ids::keep", "opening"),
    ("target_ids::read", "opening"),
    ("targets::by_link", "entities"),
    ("targets::by_number", "entities"),
    ("targets::owned", "entities"),
    ("targets::put", "entities"),
    ("tx::abandon", "order"),
    ("tx::advance", "order"),
    ("tx::commit", "order"),
    ("tx::roll_back", "order"),
    ("tx::take", "order"),
    ("whole::begin", "whole"),
    ("whole::commands", "whole"),
    ("whole::envelopes", "whole"),
    ("whole::head_time", "whole"),
    ("whole::next_leaf", "whole"),
    ("whole::subtrees", "whole"),
    ("witness_keys::add", "whole"),
    ("witness_keys::all", "whole"),
    ("witness_keys::drop", "whole"),
    ("witness_keys::of", "whole"),
];

#[test]
fn every_statement_has_a_name_and_is_tried() {
    let found = statements();
    let found: Vec<_> = found.iter().map(|statement| statement.name.as_str()).collect();
    assert_eq!(found, TRIED.map(|(name, _)| name));
}

/// Tables that grow without end: whatever is asked of them is found by key.
const GROWING: [&str; 17] = [
    "acknowledgement",
    "agency",
    "binding",
    "case_file",
    "checkpoint",
    "command",
    "cosignature",
    "envelope",
    "event",
    "feed",
    "history",
    "interest",
    "life",
    "policy",
    "redaction",
    "subtree",
    "target",
];

/// Statements that read whole tables on purpose: totals, lists of the few agencies, keys and stores, and what retention asks
/// once a run.
const WHOLE: [&str; 13] = [
    "agencies::add",
    "counts::read",
    "counts::targets_by_owner",
    "counts::targets_by_stage",
    "feed_kept::keep_all",
    "instances::all",
    "keys::all",
    "ledger_keys::all",
    "reconciliations::await_all",
    "redactions::cases_with_referrals",
    "whole::envelopes",
    "whole::subtrees",
    "witness_keys::all",
];

#[tokio::test]
async fn every_statement_finds_its_rows_by_key() {
    let mut fixture = Fixture::new().await;
    let mut looked_at = 0;
    for Statement { name, text } in statements() {
        let Some(text) = text.filter(|text| !text.starts_with("PRAGMA")) else { continue };
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql).fetch_all(&mut fixture.connection).await.unwrap();
        for (.., step) in plan {
            let Some(scanned) = step.strip_prefix("SCAN ") else { continue };
            let alias = scanned.split(' ').next().unwrap();
            let grows = GROWING.contains(&alias)
                || ["a", "b", "c", "e", "f", "i", "k", "l", "r", "t"].contains(&alias);
            assert!(!grows || WHOLE.contains(&name.as_str()), "{name}: {step}");
        }
        looked_at += 1;
    }
    assert!(looked_at > 40, "{looked_at}");
}
