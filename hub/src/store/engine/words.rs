//! What the engines say differently, as words in the one text: `{name}` or `{name argument}`.

use std::borrow::Cow;

use super::Engine;

/// The text in this engine's words. A text without words is the same for both.
pub(in crate::store) fn in_words(engine: Engine, text: Cow<'static, str>) -> Cow<'static, str> {
    if !text.contains('{') {
        return text;
    }
    let mut said = String::with_capacity(text.len() + 32);
    let mut rest = &*text;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, behind) = after.split_once('}').expect("the store's texts close their words");
        said.push_str(before);
        let (name, argument) = word.split_once(' ').unwrap_or((word, ""));
        say(engine, name, argument, &mut said);
        rest = behind;
    }
    said.push_str(rest);
    Cow::Owned(said)
}

fn say(engine: Engine, name: &str, argument: &str, said: &mut String) {
    let [before, after] = match (name, engine) {
        // Column types and tables.
        ("blob", Engine::Sqlite) => ["BLOB", ""],
        ("blob", Engine::Postgres) => ["BYTEA", ""],
        ("without_rowid", Engine::Sqlite) => ["WITHOUT ROWID", ""],
        ("without_rowid", Engine::Postgres) => ["", ""],
        // A statement of the server's alone, of one line and with nothing behind it.
        ("server", Engine::Sqlite) => ["-- ", ""],
        ("server", Engine::Postgres) => ["", ";"],
        // A text that is compared by its bytes; on a server it would be by what its language finds alike.
        ("bytewise", Engine::Sqlite) => ["", ""],
        ("bytewise", Engine::Postgres) => ["COLLATE \"C\"", ""],
        // The source of a bulk statement: one parameter that is a list, as the rows of `j`, each with its `value`.
        ("integers" | "byte_strings", Engine::Sqlite) => ["json_each(", ") j"],
        ("integers", Engine::Postgres) => ["unnest(", "::BIGINT[]) AS j (value)"],
        ("byte_strings", Engine::Postgres) => ["unnest(", "::BYTEA[]) AS j (value)"],
        // An element of a list of byte strings.
        ("bytes", Engine::Sqlite) => ["unhex(", ")"],
        ("bytes", Engine::Postgres) => ["", ""],
        // All targets' numbers (eight bytes, the highest first), each with a column's bytes behind it, as one string of bytes.
        ("numbered", Engine::Sqlite) => ["unhex(group_concat(printf('%016X', target_no) || hex(", "), ''))"],
        ("numbered", Engine::Postgres) => ["string_agg(int8send(target_no) || ", ", ''::BYTEA)"],
        // Joins in the order in which it stands there; the other engine knows how many rows there are.
        ("join", Engine::Sqlite) => ["CROSS JOIN", ""],
        ("join", Engine::Postgres) => ["JOIN", ""],
        // A write transaction: with the write lock, so that it never fails halfway for want of it. The other engine's lock
        // is the head's row.
        ("begin", Engine::Sqlite) => ["BEGIN IMMEDIATE", ""],
        ("begin", Engine::Postgres) => ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", ""],
        // Reads that see one state.
        ("snapshot", Engine::Sqlite) => ["BEGIN", ""],
        ("snapshot", Engine::Postgres) => ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ""],
        _ => unreachable!("{name} is no word of the store's texts, which a test reads all of"),
    };
    said.extend([before, argument, after]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_words() {
        let said = |engine, text| in_words(engine, Cow::Borrowed(text)).into_owned();
        let text = "SELECT {bytes j.value} FROM {byte_strings $1} {join} t";
        assert_eq!(said(Engine::Sqlite, text), "SELECT unhex(j.value) FROM json_each($1) j CROSS JOIN t");
        let other = "SELECT j.value FROM unnest($1::BYTEA[]) AS j (value) JOIN t";
        assert_eq!(said(Engine::Postgres, text), other);
        let text = "{server ALTER TABLE t SET x}\nSELECT {numbered link_id} FROM target";
        let alone = "-- ALTER TABLE t SET x\n\
                     SELECT unhex(group_concat(printf('%016X', target_no) || hex(link_id), '')) FROM target";
        assert_eq!(said(Engine::Sqlite, text), alone);
        let other =
            "ALTER TABLE t SET x;\nSELECT string_agg(int8send(target_no) || link_id, ''::BYTEA) FROM target";
        assert_eq!(said(Engine::Postgres, text), other);
        let plain = in_words(Engine::Postgres, Cow::Borrowed("SELECT 1"));
        assert!(matches!(plain, Cow::Borrowed("SELECT 1")), "nothing is copied");
    }
}
