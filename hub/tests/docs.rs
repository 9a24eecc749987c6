//! `docs/protocol.md` and `docs/ledger.md` tell the truth, as far as the hub knows it: gRPC statuses, limits that an operator may
//! set, and what `ledger verify` says.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use meldeverbund_certs::AcceptLimits;
use meldeverbund_hub::{rpc::grpc_code, serve::config::Limits};
use meldeverbund_proto::v1::RefusalCode;

const DOCS: &str = include_str!("../../docs/protocol.md");

#[test]
fn each_refusal_has_its_grpc_status() {
    let rows = rows("## Refusals", 6);
    // Numbers may be reserved between them; far more than there are.
    let known = (1..1_000).filter_map(|number| RefusalCode::try_from(number).ok());
    let known = known.map(|code| {
        let name = code.as_str_name().trim_start_matches("REFUSAL_CODE_");
        (format!("`{name}`"), format!("`{}`", screaming(grpc_code(code))))
    });
    let stated = rows.into_iter().map(|row| (row[0].to_owned(), row[1].to_owned()));
    assert_eq!(stated.collect::<BTreeMap<_, _>>(), known.collect());
}

#[test]
fn each_limit_of_a_hub_has_its_default() {
    let Limits { streams_per_connection, submissions_in_flight, commands_per_second, commands_at_once } =
        Limits::default();
    let AcceptLimits { handshake_timeout, pending_handshakes: _, connections_per_agency, max_connection_age } =
        AcceptLimits::default();
    let known = BTreeMap::from([
        ("`limits.submissions_in_flight`", u128::from(submissions_in_flight)),
        ("`limits.streams_per_connection`", u128::from(streams_per_connection)),
        ("`limits.commands_per_second`", u128::from(commands_per_second.get())),
        ("`limits.commands_at_once`", u128::from(commands_at_once.get())),
        ("`connections.connections_per_agency`", connections_per_agency as u128),
        ("`connections.handshake_timeout_ms`", handshake_timeout.as_millis()),
        ("`connections.max_connection_age_s`", u128::from(max_connection_age.get().as_secs())),
    ]);
    let stated = rows("### Of a hub", 4).into_iter().skip(1);
    let stated = stated.map(|row| (row[2], row[1].replace(',', "").parse().unwrap()));
    assert_eq!(stated.collect::<BTreeMap<_, u128>>(), known);
}

/// Sources of what `ledger verify` says.
const VERIFY: [&str; 8] = [
    include_str!("../src/ledger/verify/checkpoints.rs"),
    include_str!("../src/ledger/verify/commands.rs"),
    include_str!("../src/ledger/verify/fault.rs"),
    include_str!("../src/ledger/verify/leaves.rs"),
    include_str!("../src/ledger/verify/mod.rs"),
    include_str!("../src/ledger/verify/registry.rs"),
    include_str!("../src/ledger/verify/tree.rs"),
    include_str!("../src/ledger/standing.rs"),
];

#[test]
fn each_saying_of_the_verification_is_one_that_it_says() {
    let page = include_str!("../../docs/ledger.md");
    let (_, section) = page.split_once("\n## Who notices what\n").unwrap();
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).skip(2);
    let cells = rows.map(|row| row.trim_matches('|').split('|').nth(1).unwrap());
    let sayings: Vec<&str> = cells.flat_map(|cell| cell.split('"').skip(1).step_by(2)).collect();
    assert!(sayings.len() > 20, "{sayings:?}");
    for saying in sayings {
        let (kind, words) = match saying.split_once(" …: ") {
            Some((kind, words)) => (format!("What::{kind}"), words),
            None => (String::new(), saying),
        };
        let says = |source: &&str| with_gaps(source).contains(words);
        let mut sources = VERIFY.iter().copied().filter(says).peekable();
        assert!(sources.peek().is_some(), "\"{saying}\" is not said");
        // The standing is told as what the mark says.
        let of_kind =
            |source: &str| source.contains(&kind) || kind == "What::Mark" && source.contains("Behind");
        assert!(sources.any(of_kind), "\"{saying}\" is said, as something else");
    }
}

/// A source with a gap for each value that is put into a text.
fn with_gaps(source: &str) -> String {
    let mut parts = source.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((value, rest)) if !value.contains(['"', '\n']) => {
                text.push('…');
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// The rows of so many cells below a heading; those that are no head have a cell in grave accents.
fn rows(heading: &str, cells: usize) -> Vec<Vec<&'static str>> {
    let (_, section) = DOCS.split_once(&format!("\n{heading}\n")).unwrap();
    let section = section.split("\n#").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    let rows = lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    rows.filter(|row| row.len() == cells && (cells == 4 || row[0].starts_with('`'))).collect()
}

/// `InvalidArgument` as the gRPC documentation spells it.
fn screaming(code: tonic::Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
