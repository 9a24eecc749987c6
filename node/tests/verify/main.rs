//! Two verifiers that share nothing but docs/ledger.md and docs/protocol.md: this node's, and docs/verify in Python.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod folder;
mod page;
mod python;
mod rust;
mod tampering;

use std::ffi::OsStr;

use meldeverbund_node::ledger::verify::{Finding, Level, Trust, verify};
use meldeverbund_proto::note::SigningKey;

use crate::{folder::Folder, python::run, tampering::tamperings};

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

    assert_eq!(verdicts(&whole, &trust), (true, true), "what is whole: {:#?}", findings(&whole, &trust));
    let mut wrong = Vec::new();
    for (number, (name, tamper)) in tamperings(&newest).into_iter().enumerate() {
        let copy = whole.copy_to(&home.path().join(number.to_string()));
        tamper(&copy);
        match verdicts(&copy, &trust) {
            (false, false) => {}
            (node, python) => wrong.push(format!("{name}: node says {node}, Python {python}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn findings(folder: &Folder, trust: &Trust) -> Vec<Finding> {
    let mut findings = Vec::new();
    verify(&folder.0, trust, &mut |finding| findings.push(finding));
    findings
}

/// Whether it holds together: to the node, to Python.
fn verdicts(folder: &Folder, trust: &Trust) -> (bool, bool) {
    let node = findings(folder, trust).iter().all(|finding| finding.level == Level::Warning);
    let keys: Vec<String> = trust.hub_keys.iter().map(|key| format!("--hub-key={key}")).collect();
    let witnesses = trust.witnesses.iter().map(|key| format!("--witness={key}"));
    let keys: Vec<String> = keys.into_iter().chain(witnesses).collect();
    let mut arguments = vec![folder.0.as_os_str()];
    arguments.extend(keys.iter().map(OsStr::new));
    let python = run("verify.py", &arguments);
    assert!(!python.errors.contains("Traceback"), "{python:?}");
    (node, python.success)
}
