//! The node's own verifier on the same exports: built by a program that shares nothing with it but the pages.

use std::{
    fs,
    path::{Path, PathBuf},
};

use meldeverbund_node::{
    ledger::verify::{Finding, Level, Summary, Trust, verify},
    text::Lang,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use tempfile::TempDir;

use crate::python::run;

/// Fields that nothing commits to.
const FREE: [&str; 5] = ["exported_at_us", "seen_at_us", "hub_keys", "hub_keys_pinned", "witnesses"];

/// Kinds of events whose leaves do not say who stated them: the hub's own are under its office's name.
const OF_NOBODY: [u64; 14] = [4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19];

/// Leaves of the first epoch from here on were given up, and with them the envelopes that name their commands.
const GIVEN_UP: u64 = 310;

/// Bits that are flipped; each costs a verification of the whole.
const FLIPS: u32 = 60;

struct Export {
    folder: TempDir,
}

impl Export {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = run("sample.py", &[folder.path().join("export").as_os_str()]);
        assert!(made.success, "{made:?}");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    fn trust(&self) -> Trust {
        let keys: Value = serde_json::from_slice(&fs::read(self.path().join("keys.json")).unwrap()).unwrap();
        let parsed = |name: &str| {
            let list = keys[name].as_array().unwrap();
            list.iter().map(|key| key.as_str().unwrap().parse().unwrap()).collect()
        };
        Trust { hub_keys: parsed("hub_keys"), witnesses: parsed("witnesses") }
    }

    fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<Value>)) {
        let path = self.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        edit(&mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(path, text).unwrap();
    }

    /// The names of the faults; the summary beside them.
    fn verify(&self, trust: &Trust) -> (Vec<&'static str>, Summary) {
        let (faults, _, summary) = look(&self.path(), trust);
        (faults, summary)
    }
}

fn look(folder: &Path, trust: &Trust) -> (Vec<&'static str>, Vec<&'static str>, Summary) {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    let summary = verify(folder, trust, &mut |Finding { place, level, fault }| {
        for lang in [Lang::De, Lang::En] {
            assert!(!fault.text(lang).is_empty() && !fault.text(lang).contains("http://"), "{place}");
        }
        match level {
            Level::Fault => faults.push(fault.name()),
            Level::Warning => warnings.push(fault.name()),
        }
    });
    assert_eq!(summary.faults, faults.len() as u64);
    (faults, warnings, summary)
}

#[test]
fn an_export_that_is_whole_holds() {
    let export = Export::new();
    let (faults, mut warnings, summary) = look(&export.path(), &export.trust());
    warnings.dedup();
    assert_eq!(faults, Vec::<&str>::new());
    assert_eq!((summary.epoch, summary.size, summary.votes, summary.witnesses), (2, 601, 2, 3));
    assert!(summary.seen == 4 && summary.envelopes > 100 && summary.receipts > 100, "{summary:?}");
    assert!(warnings.iter().all(|name| ["known_given_up", "newer"].contains(name)), "{warnings:?}");
}

#[test]
fn keys_of_the_export_itself_are_worth_a_warning() {
    let export = Export::new();
    let (faults, warnings, _) = look(&export.path(), &Trust::default());
    assert!(faults.is_empty() && warnings.contains(&"own_trust"), "{faults:?} {warnings:?}");
}

#[test]
fn a_stranger_s_ledger_is_told() {
    let export = Export::new();
    let other = meldeverbund_proto::note::SigningKey::from_seed("meldeverbund.example/ledger", &[99; 32]);
    let trust = Trust { hub_keys: vec![other.unwrap().vkey()], ..export.trust() };
    let (faults, _) = export.verify(&trust);
    assert!(faults.contains(&"foreign_key") && faults.contains(&"signature"), "{faults:?}");
}

#[test]
fn a_cosignature_of_a_registered_witness_holds_also_where_nobody_pinned_it() {
    let export = Export::new();
    let trust = Trust { witnesses: export.trust().witnesses[..1].to_vec(), ..export.trust() };
    assert_eq!(export.verify(&trust).0, Vec::<&str>::new());
    // The second witness's, of the exported checkpoint.
    let path = export.path().join("checkpoint");
    let mut note = fs::read_to_string(&path).unwrap();
    let other = if note.ends_with("A==\n") { "Q==\n" } else { "A==\n" };
    note.replace_range(note.len() - 4.., other);
    fs::write(path, note).unwrap();
    assert_eq!(export.verify(&trust).0, ["signature"]);
}

#[test]
fn a_witness_key_under_two_names_is_told_and_counts_once() {
    let export = Export::new();
    let twin =
        meldeverbund_proto::note::SigningKey::from_seed("meldeverbund.example/witness/de-sn-lka", &[10; 32]);
    let mut trust = export.trust();
    trust.witnesses.push(twin.unwrap().witness_vkey());
    let (faults, summary) = export.verify(&trust);
    assert_eq!((faults, summary.votes, summary.witnesses), (vec!["shared_key"], 2, 4));
}

/// Any bit of any file, but for what nothing commits to.
#[test]
fn any_flipped_bit_is_noticed() {
    let export = Export::new();
    let trust = export.trust();
    let mut files = Vec::new();
    collect(&export.path(), &mut files);
    let mut rng = StdRng::seed_from_u64(4);
    let mut flipped = 0;
    while flipped < FLIPS {
        let file = &files[rng.random_range(0..files.len())];
        let whole = fs::read(file).unwrap();
        let mut bytes = whole.clone();
        bytes[rng.random_range(0..whole.len())] ^= 1 << rng.random_range(0..8);
        if is_free(file, &whole, &bytes) {
            continue;
        }
        flipped += 1;
        fs::write(file, &bytes).unwrap();
        let (faults, summary) = export.verify(&trust);
        // A cosignature under a name that nobody pinned counts for nothing: that is all that can be said of it.
        let lost_vote = file.ends_with("checkpoint") && summary.votes < 2;
        let at = whole.iter().zip(&bytes).position(|(a, b)| a != b).unwrap();
        assert!(!faults.is_empty() || lost_vote, "{} at {at}", file.display());
        fs::write(file, &whole).unwrap();
    }
    assert!(export.verify(&trust).0.is_empty());
}

/// Whether what changed says the same, or nothing that anything commits to.
fn is_free(file: &Path, before: &[u8], after: &[u8]) -> bool {
    let is_json = file.extension().is_some_and(|ext| ext == "json" || ext == "jsonl");
    if !is_json {
        // Signature lines of witnesses in seen notes are JSON; the checkpoint's own are looked at as they are.
        return false;
    }
    let read = |bytes: &[u8]| -> Option<Vec<Value>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let one = |line| serde_json::from_str::<Value>(line).ok().map(strip);
        if file.extension().is_some_and(|ext| ext == "json") {
            return one(text).map(|value| vec![value]);
        }
        text.ends_with('\n').then(|| text.lines().map(one).collect::<Option<Vec<_>>>())?
    };
    match (read(before), read(after)) {
        (Some(before), Some(after)) => {
            before == after || before.iter().zip(&after).any(|(before, after)| only_a_name(before, after))
        }
        _ => false,
    }
}

/// A note's cosignature under a changed name or id is one of nobody's.
fn only_a_name(before: &Value, after: &Value) -> bool {
    let signatures = |value: &Value| {
        let note = value["note"].as_str()?.to_owned();
        let (text, lines) = note.split_once("\n\n")?;
        Some((text.to_owned(), lines.to_owned()))
    };
    match (signatures(before), signatures(after)) {
        (Some((text, lines)), Some((changed_text, changed))) => text == changed_text && lines != changed,
        _ => false,
    }
}

fn strip(mut value: Value) -> Value {
    let is_given_up = value["note"].as_str().is_some_and(|note| note.contains("/ledger/1\n"))
        && value["first_leaf"]
            .as_u64()
            .zip(value["decision_digests"].as_array())
            .is_some_and(|(first, digests)| first + digests.len() as u64 > GIVEN_UP);
    let is_of_nobody = value["kind"].as_u64().is_some_and(|kind| OF_NOBODY.contains(&kind));
    if let Some(object) = value.as_object_mut() {
        FREE.iter().for_each(|name| {
            object.remove(*name);
        });
        if is_given_up {
            object.remove("command");
        }
        if is_of_nobody {
            // Under another name it is a field that nobody knows.
            let known = ["index", "kind", "recorded_at_us", "salt", "statement", "decision"];
            object.retain(|name, _| known.contains(&name.as_str()));
        }
    }
    value
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
    files.sort();
}

/// One change, and the fault that names it.
fn tampered(change: impl FnOnce(&Export), expected: &[&str]) {
    let export = Export::new();
    let trust = export.trust();
    change(&export);
    let (faults, _) = export.verify(&trust);
    for name in expected {
        assert!(faults.contains(name), "{name}: {faults:?}");
    }
}

fn bundle(export: &Export, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let path = export.path().join("tile/entries/000");
    let mut entries: Vec<Vec<u8>> = fs::read(&path).unwrap().chunks(77).map(<[u8]>::to_vec).collect();
    change(&mut entries);
    fs::write(path, entries.concat()).unwrap();
}

#[test]
fn what_is_done_to_leaves_and_tiles_is_named() {
    tampered(|e| bundle(e, |entries| entries.swap(30, 31)), &["entry_hash"]);
    tampered(|e| bundle(e, |entries| entries[40] = entries[39].clone()), &["entry_hash"]);
    tampered(|e| bundle(e, |entries| drop(entries.pop())), &["length"]);
    // The time of a leaf: first byte of it, far back.
    tampered(|e| bundle(e, |entries| entries[50][5..13].fill(0)), &["entry_hash", "backwards"]);
    tampered(|e| fs::remove_file(e.path().join("tile/0/001")).unwrap(), &["missing"]);
    tampered(|e| fs::remove_file(e.path().join("tile/entries/001")).unwrap(), &["missing"]);
    let flip_upper = |e: &Export| {
        let path = e.path().join("tile/1/000.p/2");
        let mut bytes = fs::read(&path).unwrap();
        bytes[33] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    tampered(flip_upper, &["tile_hash", "root"]);
    tampered(|e| fs::write(e.path().join("tile/0/099"), [0; 8192]).unwrap(), &["surplus"]);
}

#[test]
fn what_is_done_to_records_is_named() {
    tampered(|e| e.edit("events/000000.jsonl", |lines| lines[9]["decision"] = "00".into()), &["event"]);
    tampered(|e| e.edit("events/000000.jsonl", |lines| lines.swap(3, 4)), &["order"]);
    let drop_key = |e: &Export| {
        e.edit("events/000000.jsonl", |lines| lines.retain(|line| line["kind"] != 12));
    };
    tampered(drop_key, &["event_missing", "envelope"]);
    let drop_rotation = |e: &Export| {
        e.edit("events/000000.jsonl", |lines| lines.retain(|line| line["kind"] != 17 || line["index"] == 0));
    };
    tampered(drop_rotation, &["event_missing", "signature"]);
    tampered(
        |e| e.edit("receipts.jsonl", |lines| lines[5]["decision_digests"][0] = "ab".repeat(32).into()),
        &["receipt"],
    );
    tampered(|e| e.edit("receipts.jsonl", |lines| lines[5]["recorded_at_us"] = 1.into()), &["receipt"]);
    for (state, name) in [("unproven", "known_unproven"), ("given_up", "receipt"), ("waived", "unreadable")] {
        tampered(|e| e.edit("receipts.jsonl", |lines| lines[5]["state"] = state.into()), &[name]);
    }
    tampered(
        |e| e.edit("receipts.jsonl", |lines| lines[5]["command"] = "0".repeat(32).into()),
        &["envelope"],
    );
    let key_id = |e: &Export| {
        e.edit("envelopes.jsonl", |lines| lines[7]["envelope"]["signatures"][0]["keyid"] = "x".into());
    };
    tampered(key_id, &["envelope"]);
    let another_s = |e: &Export| {
        e.edit("events/000000.jsonl", |lines| {
            lines.iter_mut().find(|line| line["kind"] == 9).unwrap()["agency"] = "de-by-lka".into();
        });
    };
    tampered(another_s, &["stranger"]);
    for kind in OF_NOBODY {
        let drop_last = move |lines: &mut Vec<Value>| {
            let at = lines.iter().rposition(|line| line["kind"] == kind).unwrap();
            drop(lines.remove(at));
        };
        tampered(|e| e.edit("events/000000.jsonl", drop_last), &["event_missing"]);
    }
    let other_leaves = |e: &Export| {
        e.edit("envelopes.jsonl", |lines| {
            let first = lines[7]["envelope"].clone();
            lines[8]["envelope"] = first;
        });
    };
    tampered(other_leaves, &["envelope"]);
    tampered(|e| e.edit("envelopes.jsonl", |lines| lines.swap(1, 2)), &["order"]);
    tampered(|e| e.edit("seen.jsonl", |lines| lines.swap(0, 1)), &["order"]);
    tampered(|e| fs::write(e.path().join("keys.json"), "{}").unwrap(), &["unreadable"]);
    tampered(|e| fs::remove_file(e.path().join("checkpoint")).unwrap(), &["missing"]);
}

/// A history made anew with the hub's own key, so that everything fits but what the office remembers.
#[test]
fn a_history_that_was_rewritten_is_held_against_what_was_promised_and_seen() {
    let export = Export::new();
    let trust = export.trust();
    let made = run("rewritten.py", &[export.path().as_os_str()]);
    assert!(made.success, "{made:?}");
    let (faults, _) = export.verify(&trust);
    for name in ["seen", "promised"] {
        assert!(faults.contains(&name), "{name}: {faults:?}");
    }
    for name in ["root", "tile_hash", "entry_hash", "signature"] {
        assert!(!faults.contains(&name), "{name}: {faults:?}");
    }
}
