//! The page says what is printed: names and words of its table *Who notices what* are those of the node and of verify.py.

const PAGE: &str = include_str!("../../../docs/ledger.md");

const NODE: [&str; 2] =
    [include_str!("../../src/ledger/verify/fault.rs"), include_str!("../../src/witness/alarm.rs")];

const PYTHON: [&str; 3] = [
    include_str!("../../../docs/verify/verify.py"),
    include_str!("../../../docs/verify/events.py"),
    include_str!("../../../docs/verify/ledger.py"),
];

/// Cells of the columns *agency* and *witness*.
fn cells() -> Vec<&'static str> {
    let (_, section) = PAGE.split_once("\n## Who notices what\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.flat_map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 4, "{row}");
        cells[2..].to_vec()
    })
    .collect()
}

/// What stands between two marks.
fn between<'a>(cells: &[&'a str], mark: char) -> Vec<&'a str> {
    cells.iter().flat_map(|cell| cell.split(mark).skip(1).step_by(2)).collect()
}

#[test]
fn each_name_is_one_of_the_node_s() {
    let names = between(&cells(), '`');
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let arm = format!(" => \"{name}\",");
        assert!(
            NODE.iter().any(|source| source.contains(&arm)),
            "`{name}` is no name of a finding or an alarm"
        );
    }
}

#[test]
fn each_saying_is_one_of_the_python_verifier_s() {
    let said: String = PYTHON.iter().map(|source| with_gaps(source)).collect();
    let sayings = between(&cells(), '"');
    assert!(sayings.len() > 15, "{sayings:?}");
    for saying in sayings {
        assert!(said.contains(saying), "\"{saying}\" is not said by verify.py");
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
