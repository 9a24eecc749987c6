//! docs/node.md says what the code does.

use clap::{Command, CommandFactory as _};
use meldeverbund_proto::v1::DueKind;

use super::Cli;
use crate::text::{Lang, due, due_verb};

const DOCUMENT: &str = include_str!("../../../docs/node.md");

/// The verbs of a row such as "| `case open|list` | … |".
fn verbs_of(row: &str) -> Vec<String> {
    let cell = row.split('`').nth(1).unwrap_or_default().replace("\\|", "|");
    let words = cell.split(' ').take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    let words: Vec<&str> = words.collect();
    let (last, group) = words.split_last().unwrap();
    last.split('|').map(|verb| [group, &[verb]].concat().join(" ")).collect()
}

fn paths(command: &Command, path: &str, out: &mut Vec<String>) {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name()).trim().to_owned();
        match verb.has_subcommands() {
            true => {
                // A verb that also works without one of its own verbs.
                if !verb.is_subcommand_required_set() {
                    out.push(path.clone());
                }
                paths(verb, &path, out);
            }
            false => out.push(path),
        }
    }
}

#[test]
fn the_table_of_verbs_is_the_codes_own() {
    let mut code = Vec::new();
    paths(&Cli::command(), "", &mut code);
    let rows = DOCUMENT.lines().skip_while(|line| !line.starts_with("| verb |")).skip(2);
    let mut document: Vec<String> =
        rows.take_while(|line| line.starts_with('|')).flat_map(verbs_of).collect();
    code.sort();
    document.sort();
    assert_eq!(document, code);
}

#[test]
fn the_table_of_the_work_list_is_the_codes_own() {
    let mut rows = DOCUMENT.lines().skip_while(|line| !line.starts_with("| due |")).skip(2);
    for number in 1..=11 {
        let (kind, row) = (DueKind::try_from(number).unwrap(), rows.next().unwrap());
        let name = kind.as_str_name().trim_start_matches("DUE_KIND_").to_ascii_lowercase();
        assert!(row.starts_with(&format!("| `{name}` | {} |", due(Lang::En, kind))), "{row}");
        let group = due_verb(kind).split(' ').next().unwrap();
        let verbs: Vec<String> = due_verb(kind)
            .split(" | ")
            .map(|verb| if verb.contains(' ') { format!("`{verb}`") } else { format!("`{group} {verb}`") })
            .collect();
        assert!(row.ends_with(&format!("| {} |", verbs.join(", "))), "{row}");
    }
    assert!(DueKind::try_from(12).is_err() && !rows.next().unwrap().starts_with('|'));
}

#[test]
fn every_exit_code_is_explained() {
    let codes = DOCUMENT.split("**Exit codes.**").nth(1).unwrap().split("\n\n").next().unwrap();
    for code in 0..=10 {
        assert!(codes.contains(&format!(" {code} ")) || codes.contains(&format!("\n{code} ")), "{code}");
    }
}
