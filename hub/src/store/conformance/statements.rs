//! The statements as texts: each has a name, is tried, and finds its rows by key.

use std::{borrow::Cow, path::Path};

use super::{Fixture, run_all, tried::TRIED};
use crate::store::{Connection, Engine, engine::in_words, query_as, query_scalar};

/// A statement as it stands in a source file: its name, and its text where nothing is formatted into it.
struct Statement {
    name: String,
    text: Option<String>,
}

/// All statements of the store, read from its sources.
fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = |folder| std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut found = Vec::new();
    for path in files(folder.clone()).chain(files(folder.join("engine"))) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for call in ["query(\"", "query_as(\"", "query_scalar(\"", "execute(\"", "format!(\"SELECT"] {
            let unnamed = source.split(call).skip(1).filter(|rest| !rest.starts_with("/* ")).count();
            assert_eq!(unnamed, 0, "{}: a statement without a name", path.display());
        }
        for literal in source.split("\"/* ").skip(1) {
            let (name, rest) = literal.split_once(" */ ").unwrap();
            let text = rest.split_once('"').unwrap().0.replace("\\\n", " ");
            // What is formatted in is a list of columns, in capitals; words are not.
            let formatted = text.split('{').skip(1).any(|rest| !rest.starts_with(char::is_lowercase));
            let text = (!formatted && !text.contains("{}")).then_some(text);
            found.push(Statement { name: name.to_owned(), text });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

#[test]
fn every_statement_has_a_name_and_is_tried() {
    let found = statements();
    let found: Vec<_> = found.iter().map(|statement| statement.name.as_str()).collect();
    assert_eq!(found, TRIED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// Tables that grow without end: whatever is asked of them is found by key.
const GROWING: [&str; 35] = [
    "acknowledgement",
    "agency",
    "alias",
    "announcement",
    "binding",
    "blind_increment",
    "blind_piece",
    "case_file",
    "checkpoint",
    "command",
    "content_hash",
    "cosignature",
    "disclosure",
    "envelope",
    "event",
    "feed",
    "figure",
    "figure_fact",
    "figure_target",
    "history",
    "interest",
    "liaison_query",
    "liaison_walk",
    "life",
    "likeness",
    "object_key",
    "page_view",
    "person_act",
    "policy",
    "redaction",
    "session",
    "subtree",
    "suggestion",
    "target",
    "used_sign_in",
];

/// Statements that read whole tables on purpose: totals, lists of the few agencies, keys and stores, and what retention asks
/// once a run.
const WHOLE: [&str; 20] = [
    "agencies::add",
    "certificates::all",
    "counts::liaison",
    "counts::read",
    "counts::targets_by_owner",
    "counts::targets_by_stage",
    "feed_kept::keep_all",
    "figures::unknown",
    "forgotten_figures::sums",
    "instances::all",
    "keys::all",
    "ledger_keys::all",
    "liaison_queries::count",
    "reconciliations::await_all",
    "redactions::cases_with_referrals",
    "sessions::end_all",
    "statement_keys::all",
    "whole::envelopes",
    "whole::subtrees",
    "witness_keys::all",
];

/// Functions that stand only in what a server alone is asked.
const OF_A_SERVER: [&str; 2] = ["set_config", "current_schema"];

/// Tables that stand only in what a file alone is asked.
const OF_A_FILE: [&str; 2] = ["pragma_table_info", "sqlite_master"];

/// The statements that can be explained, in the engine's words.
fn explained(engine: Engine) -> Vec<(String, String)> {
    let whole = |Statement { name, text }: Statement| Some((name, text?));
    let said = |(name, text)| (name, in_words(engine, Cow::Owned(text)).into_owned());
    let is_asked = |(_, text): &(String, String)| {
        ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb))
            && !(engine == Engine::Sqlite && OF_A_SERVER.iter().any(|function| text.contains(function)))
            && !(engine == Engine::Postgres && OF_A_FILE.iter().any(|table| text.contains(table)))
    };
    statements().into_iter().filter_map(whole).map(said).filter(is_asked).collect()
}

#[tokio::test]
async fn sqlite_finds_the_rows_of_every_statement_by_key() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let explained = explained(Engine::Sqlite);
    assert!(explained.len() > 80, "{}", explained.len());
    for (name, text) in explained {
        let plan: Vec<(i64, i64, i64, String)> =
            query_as(format!("EXPLAIN QUERY PLAN {text}")).fetch_all(&mut fixture.connection).await.unwrap();
        for (.., step) in plan {
            let Some(scanned) = step.strip_prefix("SCAN ") else { continue };
            let alias = scanned.split(' ').next().unwrap();
            let grows = GROWING.contains(&alias)
                || ["a", "b", "c", "e", "f", "i", "k", "l", "q", "r", "t", "v"].contains(&alias);
            assert!(!grows || WHOLE.contains(&name.as_str()), "{name}: {step}");
        }
    }
}

#[tokio::test]
async fn postgres_finds_the_rows_of_every_statement_by_key() {
    let mut fixture = Fixture::new(Engine::Postgres).await;
    let explained = explained(Engine::Postgres);
    assert!(explained.len() > 80, "{}", explained.len());
    // Empty tables are read whole unless it is forbidden; then only what has no key for it still is.
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    run_all(&mut fixture.connection, settings).await;
    for (name, text) in explained {
        let plan = plan(&mut fixture.connection, &text).await;
        let mut limited = false;
        for (n, step) in plan.iter().enumerate() {
            limited |= step.contains("Limit");
            let table = step.split(" on ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("");
            let by_key = plan.get(n + 1).is_some_and(|next| next.contains("Index Cond")) || limited;
            let read_whole = step.contains("Seq Scan")
                || (step.contains("Index") && step.contains("Scan using") && !by_key);
            let grows = GROWING.contains(&table);
            assert!(!read_whole || !grows || WHOLE.contains(&name.as_str()), "{name}: {plan:#?}");
        }
    }
}

/// How the server would run a statement, whatever its parameters.
async fn plan(connection: &mut Connection, text: &str) -> Vec<String> {
    run_all(connection, &format!("PREPARE asked AS {text}")).await;
    const PARAMETERS: &str =
        "SELECT cardinality(parameter_types)::BIGINT FROM pg_prepared_statements WHERE name = 'asked'";
    let parameters: i64 = query_scalar(PARAMETERS).fetch_one(connection).await.unwrap();
    let nulls = vec!["NULL"; usize::try_from(parameters).unwrap()].join(", ");
    let call = if nulls.is_empty() { "asked".to_owned() } else { format!("asked ({nulls})") };
    let plan =
        query_scalar(format!("EXPLAIN (COSTS OFF) EXECUTE {call}")).fetch_all(connection).await.unwrap();
    run_all(connection, "DEALLOCATE asked").await;
    plan
}
