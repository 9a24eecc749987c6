//! What both verifiers must notice: bits of every kind of file, lines and entries moved, and histories that the hub forges.

use std::fs;

use meldeverbund_proto::note::SigningKey;

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
    add(
        "signature",
        Box::new(|f| {
            f.lines("checkpoint", |lines| {
                let at = lines[4].len() - 9;
                let other = if lines[4].as_bytes()[at] == b'A' { "B" } else { "A" };
                lines[4].replace_range(at..=at, other);
            });
        }),
    );
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

fn moved(folder: &Folder, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Vec<u8>> {
    let mut leaves = folder.leaves();
    change(&mut leaves);
    leaves
}

/// Changes the first digit of a field's value.
fn digit(line: &mut String, field: &str) {
    let value = line.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
    let at = value + line[value..].find(|c: char| c.is_ascii_hexdigit()).unwrap();
    let other = if line.as_bytes()[at] == b'1' { "2" } else { "1" };
    line.replace_range(at..=at, other);
}
