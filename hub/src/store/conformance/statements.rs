//! The statements as texts: each has a name, is tried, and finds its rows by key.

use std::{borrow::Cow, path::Path};

use super::{Fixture, run_all};
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

/// Each statement and the file of this suite that tries it.
const TRIED: &[(&str, &str)] = &[
    ("access_log::before", "liaison"),
    ("access_log::between", "liaison"),
    ("access_log::erase_announcements", "liaison"),
    ("access_log::erase_disclosures", "liaison"),
    ("access_log::erase_queries", "liaison"),
    ("access_log::erase_reads", "liaison"),
    ("access_log::erase_signals", "liaison"),
    ("access_log::note_read", "liaison"),
    ("access_log::reads", "liaison"),
    ("agencies::add", "entities"),
    ("agencies::all", "entities"),
    ("agencies::by_id", "entities"),
    ("agencies::feed_sequence", "ledger"),
    ("agencies::put_given_away", "entities"),
    ("agencies::put_state", "entities"),
    ("aliases::bound", "duplicates"),
    ("aliases::bound_itself", "duplicates"),
    ("aliases::bound_names", "duplicates"),
    ("aliases::by_target", "duplicates"),
    ("aliases::carried", "duplicates"),
    ("aliases::drop", "duplicates"),
    ("aliases::move", "duplicates"),
    ("aliases::of_roots", "duplicates"),
    ("aliases::roots", "duplicates"),
    ("aliases::stricter", "duplicates"),
    ("aliases::take_back", "duplicates"),
    ("announcements::add", "liaison"),
    ("announcements::answer", "liaison"),
    ("announcements::by_id", "liaison"),
    ("announcements::by_leaf", "liaison"),
    ("announcements::newest", "liaison"),
    ("backup::copy", "backup"),
    ("backup::damage", "backup"),
    ("bells::schema", "ledger"),
    ("bells::tell", "ledger"),
    ("bindings::keep_history", "entities"),
    ("bindings::of_agency", "entities"),
    ("bindings::own", "entities"),
    ("bindings::unbind", "entities"),
    ("blind_epochs::end", "blind"),
    ("blind_epochs::end_all", "blind"),
    ("blind_epochs::forget_keys", "blind"),
    ("blind_epochs::live", "blind"),
    ("blind_epochs::newest", "blind"),
    ("blind_epochs::put", "blind"),
    ("blind_epochs::put_spent", "blind"),
    ("blind_epochs::seen", "blind"),
    ("blind_epochs::spent", "blind"),
    ("blind_sets::drop_increments", "blind"),
    ("blind_sets::drop_pieces", "blind"),
    ("blind_sets::increment", "blind"),
    ("blind_sets::piece", "blind"),
    ("cases::by_number", "entities"),
    ("cases::close", "entities"),
    ("cases::number", "entities"),
    ("cases::of_number", "entities"),
    ("cases::open", "entities"),
    ("certificates::all", "people"),
    ("certificates::note", "people"),
    ("checkpoints::after", "whole"),
    ("checkpoints::at", "whole"),
    ("checkpoints::cosignatures", "whole"),
    ("checkpoints::keep_cosignature", "whole"),
    ("checkpoints::last", "whole"),
    ("checkpoints::last_of", "whole"),
    ("checkpoints::newest", "whole"),
    ("checkpoints::publish", "whole"),
    ("commands::by_id", "ledger"),
    ("commands::remember", "ledger"),
    ("content_hashes::by_digest", "liaison"),
    ("content_hashes::forget", "liaison"),
    ("copying::analyze", "copying"),
    ("copying::begin", "copying"),
    ("copying::behead", "copying"),
    ("copying::clear", "copying"),
    ("copying::commit", "copying"),
    ("copying::count", "copying"),
    ("copying::file_columns", "copying"),
    ("copying::file_tables", "copying"),
    ("copying::given_up", "copying"),
    ("copying::head", "copying"),
    ("copying::insert", "copying"),
    ("copying::lock", "copying"),
    ("copying::rows", "copying"),
    ("copying::server_columns", "copying"),
    ("copying::server_tables", "copying"),
    ("counts::liaison", "liaison"),
    ("counts::read", "entities"),
    ("counts::targets_by_owner", "entities"),
    ("counts::targets_by_stage", "entities"),
    ("disclosures::add", "liaison"),
    ("disclosures::asked_of", "liaison"),
    ("disclosures::by_id", "liaison"),
    ("disclosures::by_leaf", "liaison"),
    ("disclosures::due", "liaison"),
    ("disclosures::of", "liaison"),
    ("disclosures::put", "liaison"),
    ("envelopes::by_first_leaf", "signatures"),
    ("envelopes::keep", "signatures"),
    ("events::on_duplicates", "duplicates"),
    ("events::range", "ledger"),
    ("feed::advance", "ledger"),
    ("feed::after", "ledger"),
    ("feed::tell", "ledger"),
    ("feed_kept::after", "restored"),
    ("feed_kept::keep_all", "restored"),
    ("feed_kept::keep_none", "restored"),
    ("figures::figured_to", "figures"),
    ("figures::kept_facts", "figures"),
    ("figures::names", "figures"),
    ("figures::put_figured_to", "figures"),
    ("figures::sums", "figures"),
    ("figures::targets", "figures"),
    ("figures::unknown", "figures"),
    ("forgotten_figures::done", "figures"),
    ("forgotten_figures::end", "figures"),
    ("forgotten_figures::reach", "figures"),
    ("forgotten_figures::reached", "figures"),
    ("forgotten_figures::sums", "figures"),
    ("forgotten_figures::targets", "figures"),
    ("head::read", "tree"),
    ("history::leaves", "lifecycle"),
    ("history::newest", "lifecycle"),
    ("history::newest_of", "lifecycle"),
    ("history::opened_leaf", "lifecycle"),
    ("host_rules::at", "duplicates"),
    ("host_rules::keys", "duplicates"),
    ("host_rules::newest", "duplicates"),
    ("host_rules::put", "duplicates"),
    ("insert", "entities"),
    ("insert_arrays", "entities"),
    ("instances::acknowledge", "ledger"),
    ("instances::all", "ledger"),
    ("interests::acknowledged_at", "lifecycle"),
    ("interests::by_target", "lifecycle"),
    ("interests::clear", "duplicates"),
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
    ("liaison_queries::after", "liaison"),
    ("liaison_queries::by_id", "liaison"),
    ("liaison_queries::count", "liaison"),
    ("liaison_queries::log", "liaison"),
    ("liaison_queries::put_spent", "liaison"),
    ("liaison_queries::put_told", "liaison"),
    ("liaison_queries::spent", "liaison"),
    ("liaison_queries::told", "liaison"),
    ("liaison_signals::asked_between", "liaison"),
    ("liaison_signals::is_raised", "liaison"),
    ("liaison_signals::is_unseen", "liaison"),
    ("liaison_signals::look_at", "liaison"),
    ("liaison_signals::newest", "liaison"),
    ("liaison_signals::raise", "liaison"),
    ("liaison_walks::forget", "walks"),
    ("liaison_walks::of", "walks"),
    ("lives::by_target", "lifecycle"),
    ("lives::due", "lifecycle"),
    ("lives::for_centre", "lifecycle"),
    ("lives::held", "lifecycle"),
    ("lives::old", "lifecycle"),
    ("lives::release_awaits", "lifecycle"),
    ("lives::with_notice", "lifecycle"),
    ("lost::newest", "restored"),
    ("lost::note", "restored"),
    ("migrating::limit", "migrating"),
    ("migrating::usual", "migrating"),
    ("moved::begin", "copying"),
    ("moved::commit", "copying"),
    ("moved::none", "copying"),
    ("moved::put", "copying"),
    ("moved::read", "copying"),
    ("page_views::before", "people"),
    ("page_views::erase", "people"),
    ("page_views::note", "people"),
    ("person_acts::at", "people"),
    ("person_acts::between", "people"),
    ("person_acts::erase", "people"),
    ("person_acts::note", "people"),
    ("policies::at", "lifecycle"),
    ("policies::newest", "lifecycle"),
    ("policies::put", "lifecycle"),
    ("postgres::durable", "opening"),
    ("proceedings::at", "entities"),
    ("proceedings::between", "entities"),
    ("proceedings::bound", "entities"),
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
    ("schema::applied", "opening"),
    ("selectors::hashes", "blind"),
    ("selectors::links", "blind"),
    ("selectors::of_hashes", "blind"),
    ("selectors::of_links", "blind"),
    ("sessions::begin", "people"),
    ("sessions::by_digest", "people"),
    ("sessions::drop_overdue", "people"),
    ("sessions::end", "people"),
    ("sessions::end_all", "people"),
    ("sessions::end_of_issuer_session", "people"),
    ("sessions::end_of_person", "people"),
    ("sessions::of_person", "people"),
    ("sessions::touch", "people"),
    ("sightings::before", "sightings"),
    ("sightings::of", "sightings"),
    ("sightings::opened", "sightings"),
    ("sign_ins::drop_logged_out", "people"),
    ("sign_ins::drop_used", "people"),
    ("sign_ins::is_used", "people"),
    ("sign_ins::logged_out_at", "people"),
    ("sign_ins::note_logged_out", "people"),
    ("sign_ins::use", "people"),
    ("sqlite::alone", "copying"),
    ("sqlite::release", "copying"),
    ("statement_keys::add", "signatures"),
    ("statement_keys::all", "signatures"),
    ("statement_keys::of", "signatures"),
    ("statement_keys::revoke", "signatures"),
    ("store::checkpoint", "opening"),
    ("store::forget_log", "retention"),
    ("store::moved", "backup"),
    ("store::truncate_log", "opening"),
    ("subtrees::leaves", "tree"),
    ("subtrees::roots", "tree"),
    ("suggestions::alike", "duplicates"),
    ("suggestions::compared_to", "duplicates"),
    ("suggestions::noted", "duplicates"),
    ("suggestions::noted_to", "duplicates"),
    ("suggestions::noted_until", "duplicates"),
    ("suggestions::put_compared_to", "duplicates"),
    ("suggestions::put_noted_to", "duplicates"),
    ("suggestions::reasons", "duplicates"),
    ("suggestions::reject", "duplicates"),
    ("suggestions::rejected", "duplicates"),
    ("suggestions::reopen", "duplicates"),
    ("suggestions::suggest", "duplicates"),
    ("suggestions::waiting", "duplicates"),
    ("target_ids::keep", "opening"),
    ("target_ids::read", "opening"),
    ("targets::by_link", "entities"),
    ("targets::by_number", "entities"),
    ("targets::by_own_number", "sightings"),
    ("targets::owned", "entities"),
    ("targets::put", "entities"),
    ("tx::abandon", "order"),
    ("tx::advance", "order"),
    ("tx::begin", "order"),
    ("tx::commit", "order"),
    ("tx::forget_save_point", "duplicates"),
    ("tx::roll_back", "order"),
    ("tx::save_point", "duplicates"),
    ("tx::take", "order"),
    ("tx::take_back", "duplicates"),
    ("visibility::bound", "liaison"),
    ("visibility::known", "liaison"),
    ("visibility::old", "liaison"),
    ("visibility::own", "duplicates"),
    ("visibility::reach", "liaison"),
    ("visibility::reached", "liaison"),
    ("visibility::tighten", "liaison"),
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
