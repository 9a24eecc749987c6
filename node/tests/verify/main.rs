//! The verifier in Python, which was written from docs/ledger.md and docs/protocol.md and not from this code.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod python;
mod rust;

use crate::python::run;

/// Its own tests: exports that are built by hand, whole and tampered with; published vectors; this project's golden files.
#[test]
fn it_verifies_what_is_whole_and_notices_what_is_not() {
    let tests = run("test_verify.py", &[]);
    assert!(tests.success, "{tests:?}");
}
