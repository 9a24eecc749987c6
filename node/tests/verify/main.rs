//! Two verifiers that share nothing but docs/ledger.md and docs/protocol.md: this node's, and docs/verify in Python.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod folder;
mod page;
mod python;
mod rust;
mod tampering;

use std::path::Path;

use meldeverbund_node::ledger::verify::{Finding, Level, Trust, verify};
use meldeverbund_proto::note::SigningKey;

use crate::{
    folder::Folder,
    python::{run, verdicts},
    tampering::tamperings,
};

/// Its own tests: exports that are built by hand, whole and tampered with; published vectors; this project's golden files.
#[test]
fn it_verifies_what_is_whole_and_notices_what_is_not() {
    let tests = run("test_verify.py", &[]);
    assert!(tests.success, "{tests:?}");
}

#[test]
fn both_verifiers_say_the_same_of_what_is_whole_and_of_what_is_not() {
    let home = tempfile::tempdir().unwrap();
    let whole = Folder(home.path().join("whole"));
    let made = run("sample.py", &[whole.0.as_os_str()]);
    assert!(made.success, "{made:?}");
    // As docs/verify/sample.py makes them.
    let ledger = |seed| SigningKey::from_seed("meldeverbund.example/ledger", &[seed; 32]).unwrap();
    let (first, newest) = (ledger(1), ledger(2));
    let witness = |(at, office): (u8, &str)| {
        let name = format!("meldeverbund.example/witness/{office}");
        SigningKey::from_seed(&name, &[10 + at; 32]).unwrap().witness_vkey()
    };
    let witnesses = (0..).zip(["de-bka", "de-nw-lka", "de-by-lka"]).map(witness).collect();
    let trust = Trust { hub_keys: vec![first.vkey()], witnesses };

    let mut names = vec!["whole"];
    let mut folders = vec![whole];
    for (number, (name, tamper)) in tamperings(&newest).into_iter().enumerate() {
        let copy = folders[0].copy_to(&home.path().join(number.to_string()));
        tamper(&copy);
        names.push(name);
        folders.push(copy);
    }
    let node = folders.iter().map(|folder| holds(folder, &trust));
    let keys: Vec<String> = trust.hub_keys.iter().chain(&trust.witnesses).map(ToString::to_string).collect();
    let paths: Vec<&Path> = folders.iter().map(|folder| folder.0.as_path()).collect();
    let python = verdicts(&paths, &keys);
    assert_eq!(python.len(), names.len());
    let said: Vec<(&str, bool, bool)> =
        names.into_iter().zip(node).zip(python).map(|((name, node), python)| (name, node, python)).collect();
    assert_eq!(said[0], ("whole", true, true), "{:#?}", findings(&folders[0], &trust));
    let wrong: Vec<_> = said[1..].iter().filter(|(_, node, python)| *node || *python).collect();
    assert!(wrong.is_empty(), "held to be whole by the node, by Python: {wrong:#?}");
}

fn findings(folder: &Folder, trust: &Trust) -> Vec<Finding> {
    let mut findings = Vec::new();
    verify(&folder.0, trust, &mut |finding| findings.push(finding));
    findings
}

/// Whether it holds together, to the node.
fn holds(folder: &Folder, trust: &Trust) -> bool {
    findings(folder, trust).iter().all(|finding| finding.level == Level::Warning)
}
