//! What both verifiers must notice: bits of every kind of file, lines and entries moved, and histories that the hub forges.

use std::fs;

use meldeverbund_proto::{
    canon::Writer,
    leaf::{Leaf, Salt, statement_digest},
    note::SigningKey,
};
use sha2::{Digest as _, Sha256};

use crate::folder::Folder;

/// What it is called, and how it is done.
type Tampering<'a> = (&'static str, Box<dyn Fn(&Folder) + 'a>);

/// Everything that is tried. `hub` is the key with which the hub itself forges.
pub(crate) fn tamperings(hub: &SigningKey) -> Vec<Tampering<'_>> {
    let mut list: Vec<Tampering<'_>> = Vec::new();
    let mut add = |name, tamper: Box<dyn Fn(&Folder)>| list.push((name, tamper));
    // A leaf of 75 bytes stands 77 apart, behind its length.
    for (name, at) in [("kind", 4), ("time", 12), ("statement", 20), ("decision", 60)] {
        add(name, Box::new(move |f| f.change("tile/entries/000", |bytes| bytes[77 * 20 + at] ^= 1)));
    }
    add("hash", Box::new(|f| f.change("tile/0/000", |bytes| bytes[100] ^= 1)));
    add("upper hash", Box::new(|f| f.change(&f.first("tile/1"), |bytes| bytes[5] ^= 1)));
    add("cut tile", Box::new(|f| f.change("tile/0/000", |bytes| bytes.truncate(32 * 255))));
    add("cut bundle", Box::new(|f| f.change("tile/entries/000", |bytes| bytes.truncate(77 * 255))));
    add("no tile", Box::new(|f| fs::remove_file(f.0.join("tile/0/000")).unwrap()));
    add("swapped", Box::new(|f| f.put_entries(&moved(f, |leaves| leaves.swap(20, 21)))));
    add("doubled", Box::new(|f| f.put_entries(&moved(f, |leaves| leaves[21] = leaves[20].clone()))));
    add("size", Box::new(|f| f.lines("checkpoint", |lines| lines[1] = "600".into())));
    add("epoch", Box::new(|f| f.lines("checkpoint", |lines| lines[0] = lines[0].replace("/2", "/3"))));
    add("root", Box::new(|f| f.lines("checkpoint", |lines| lines[2].replace_range(0..1, "/"))));
    // The hub's line, then those of two witnesses.
    for (name, line) in [("signature", 4), ("cosignature", 5), ("another cosignature", 6)] {
        add(name, Box::new(move |f| f.lines("checkpoint", |lines| letter(&mut lines[line], 9))));
        // The key's id, and of a cosignature its time.
        add("its beginning", Box::new(move |f| f.lines("checkpoint", |lines| letter(&mut lines[line], 92))));
    }
    for path in STRAY {
        add("a stray file", Box::new(move |f| f.add(path)));
    }
    for kind in PUBLIC_KINDS {
        let dropped = move |lines: &mut Vec<String>| {
            let wanted = format!("\"kind\": {kind},");
            let at = lines.iter().rposition(|line| line.contains(&wanted)).unwrap();
            drop(lines.remove(at));
        };
        add("a public event dropped", Box::new(move |f| f.lines("events/000000.jsonl", dropped)));
    }
    for field in ["salt", "statement", "recorded_at_us", "kind"] {
        add(field, Box::new(move |f| f.lines(&f.first("events"), |lines| digit(&mut lines[30], field))));
    }
    for file in ["receipts.jsonl", "envelopes.jsonl", "seen.jsonl", "events/000000.jsonl"] {
        add("swapped lines", Box::new(move |f| f.lines(file, |lines| lines.swap(0, 2))));
        add("half a line", Box::new(move |f| f.change(file, |bytes| bytes.truncate(bytes.len() - 9))));
    }
    for file in ["envelopes.jsonl", "seen.jsonl", "events/000000.jsonl"] {
        add("doubled line", Box::new(move |f| f.lines(file, |lines| lines.insert(1, lines[1].clone()))));
    }
    add("a key's event dropped", Box::new(|f| f.lines("events/000000.jsonl", |lines| drop(lines.remove(0)))));
    for field in ["statement_digests", "decision_digests", "before", "first_leaf", "recorded_at_us", "kind"] {
        add(field, Box::new(move |f| f.lines("receipts.jsonl", |lines| digit(&mut lines[5], field))));
    }
    for state in ["waived", "given_up", "unproven", ""] {
        let said =
            move |lines: &mut Vec<String>| lines[5] = lines[5].replace("\"proven\"", &format!("{state:?}"));
        add("state", Box::new(move |f| f.lines("receipts.jsonl", said)));
    }
    add("command", Box::new(|f| f.lines("receipts.jsonl", |lines| digit(&mut lines[5], "command"))));
    for field in ["keyid", "sig", "payload", "payloadType"] {
        add(field, Box::new(move |f| f.lines("envelopes.jsonl", |lines| value(&mut lines[5], field))));
    }
    add(
        "another registered key's id",
        Box::new(|f| {
            f.lines("envelopes.jsonl", |lines| {
                let first = text(&lines[0], "keyid").to_owned();
                let last = lines.len() - 1;
                lines[last] = lines[last].replace(text(&lines[last].clone(), "keyid"), &first);
            });
        }),
    );
    add(
        "a second signature",
        Box::new(|f| {
            f.lines("envelopes.jsonl", |lines| {
                let (_, signature) = lines[5].split_once("\"signatures\": [").unwrap();
                let signature = signature.split_once(']').unwrap().0.to_owned();
                lines[5] = lines[5].replace(&signature, &format!("{signature}, {signature}"));
            });
        }),
    );
    for (name, field) in [("agency of the export", "agency"), ("trust domain", "trust_domain")] {
        add(name, Box::new(move |f| f.lines("keys.json", |lines| value(&mut lines[0], field))));
    }
    add(
        "agency of an own event",
        Box::new(|f| {
            f.lines("events/000000.jsonl", |lines| {
                let own = lines.iter().position(|line| line.contains("\"kind\": 1,")).unwrap();
                value(&mut lines[own], "agency");
            });
        }),
    );
    add("another office's event as an own one", Box::new(claimed));
    add("cosignature of seen", Box::new(|f| f.lines("seen.jsonl", |lines| cosignature(&mut lines[2]))));
    add("size of seen", Box::new(|f| f.lines("seen.jsonl", |lines| digit(&mut lines[1], "size"))));
    add(
        "first leaf of envelope",
        Box::new(|f| f.lines("envelopes.jsonl", |lines| digit(&mut lines[5], "first_leaf"))),
    );
    add(
        "format",
        Box::new(|f| {
            f.change("keys.json", |bytes| {
                *bytes =
                    String::from_utf8(bytes.clone()).unwrap().replace("export v1", "export v2").into_bytes();
            });
        }),
    );
    // From here on the hub itself forges: every file of the tree fits, and its own key signs.
    add("forged: a leaf", Box::new(|f| f.forge(&moved(f, |leaves| leaves[14][60] ^= 1), &[hub])));
    add("forged: swapped", Box::new(|f| f.forge(&moved(f, |leaves| leaves.swap(20, 21)), &[hub])));
    add("forged: dropped", Box::new(|f| f.forge(&moved(f, |leaves| drop(leaves.remove(20))), &[hub])));
    add(
        "forged: doubled",
        Box::new(|f| f.forge(&moved(f, |leaves| leaves.insert(20, leaves[20].clone())), &[hub])),
    );
    add("forged: backdated", Box::new(|f| f.forge(&moved(f, |leaves| leaves[600][10] ^= 0x80), &[hub])));
    add("forged: cut off", Box::new(|f| f.forge(&moved(f, |leaves| leaves.truncate(390)), &[hub])));
    add(
        "a stranger's key",
        Box::new(|f| {
            let stranger = SigningKey::from_seed("meldeverbund.example/ledger", &[77; 32]).unwrap();
            f.forge(&f.leaves(), &[&stranger]);
        }),
    );
    list
}

/// Files that belong to no tree of 601 leaves: too many, too narrow, of another spelling, and none at all.
const STRAY: [&str; 8] = [
    "tile/0/003",
    "tile/0/002.p/1",
    "tile/0/x000/000",
    "tile/1/000",
    "tile/2/000.p/1",
    "tile/entries/000.p/255",
    "tile/entries/000.part",
    "tile/notes",
];

/// Kinds of events that every export has, each at least once in the sample.
const PUBLIC_KINDS: [u16; 15] = [4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 25];

/// Shows what another office stated, of which somebody has salt and statement, as this office's own: leaf 598, as
/// docs/verify/sample.py makes it.
fn claimed(folder: &Folder) {
    const INDEX: u64 = 598;
    let salt: [u8; 32] =
        Sha256::new_with_prefix(b"salt\x02").chain_update(INDEX.to_be_bytes()).finalize().into();
    let mut statement = Vec::new();
    Writer::new(&mut statement).text(1, "de-by-lka").text(5, "http://other.example/");
    let leaf = Leaf::from_bytes(&folder.leaves()[INDEX as usize]).unwrap();
    assert_eq!(leaf.statement, statement_digest(&Salt::from_slice(&salt).unwrap(), &statement));
    folder.lines("events/000000.jsonl", |lines| {
        let at = lines.iter().position(|line| number(line, "index") > INDEX).unwrap_or(lines.len());
        let event = serde_json::json!({
            "index": INDEX, "kind": 1, "recorded_at_us": leaf.time_us, "agency": "de-nw-lka",
            "salt": hex::encode(salt), "statement": hex::encode(&statement), "decision": "01",
        });
        lines.insert(at, event.to_string());
    });
}

fn moved(folder: &Folder, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Vec<u8>> {
    let mut leaves = folder.leaves();
    change(&mut leaves);
    leaves
}

/// Changes a letter of a signature, counted from the end.
fn letter(line: &mut String, from_end: usize) {
    let at = line.len() - from_end;
    let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    line.replace_range(at..=at, other);
}

/// Changes the last cosignature of a note in JSON.
fn cosignature(line: &mut String) {
    let end = line.find("==\\n\"").or_else(|| line.find("\\n\", \"seen")).unwrap();
    let mut note = line[..end].to_owned();
    letter(&mut note, 4);
    line.replace_range(..end, &note);
}

/// What stands in a field of text.
fn text<'a>(line: &'a str, field: &str) -> &'a str {
    let (_, value) = line.split_once(&format!("\"{field}\": \"")).unwrap();
    value.split_once('"').unwrap().0
}

/// The number in a field.
fn number(line: &str, field: &str) -> u64 {
    let (_, value) = line.split_once(&format!("\"{field}\": ")).unwrap();
    value.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Changes one letter of a field's text.
fn value(line: &mut String, field: &str) {
    let found = text(line, field);
    let (at, whole) = (found.as_ptr().addr() - line.as_ptr().addr(), found.len());
    let at = at + whole / 2;
    let other = if line.as_bytes()[at] == b'b' { "c" } else { "b" };
    line.replace_range(at..=at, other);
}

/// Changes the first digit of a field's value.
fn digit(line: &mut String, field: &str) {
    let value = line.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
    let at = value + line[value..].find(|c: char| c.is_ascii_hexdigit()).unwrap();
    let other = if line.as_bytes()[at] == b'1' { "2" } else { "1" };
    line.replace_range(at..=at, other);
}
