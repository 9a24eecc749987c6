//! Canonical links keep their promises for every text; the property tests run the same function.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meldeverbund_proto::link::check::check_properties;

fuzz_target!(|text: &str| check_properties(text));
