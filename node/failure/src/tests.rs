//! The checker accepts what one register can have done, and nothing else.

use meldeverbund_proto::v1::RefusalCode;
use rand::{SeedableRng as _, rngs::StdRng};

use super::{
    Call, Outcome, What, check,
    fake::{BUGS, history},
};

/// Random histories of each kind.
const HISTORIES: u64 = 300;

/// Calls of one.
const CALLS: usize = 24;

fn call(by: usize, what: What, span: (u64, u64), outcome: Outcome) -> Call {
    Call { by, what, invoked_us: span.0, returned_us: Some(span.1), outcome }
}

fn unknown(by: usize, what: What, invoked_us: u64) -> Call {
    Call { by, what, invoked_us, returned_us: None, outcome: Outcome::Unknown }
}

fn open() -> Call {
    call(0, What::Open, (0, 1), TAKEN)
}

fn granted(by: usize, fence: u64, span: (u64, u64)) -> Call {
    call(by, What::RequestGrant, span, Outcome::Taken { fence })
}

const TAKEN: Outcome = Outcome::Taken { fence: 0 };

fn refused(by: usize, what: What, span: (u64, u64), code: RefusalCode) -> Call {
    call(by, what, span, Outcome::Refused(code))
}

#[test]
fn a_right_hub_has_one_order() {
    for seed in 0..HISTORIES {
        let calls = history(&mut StdRng::seed_from_u64(seed), CALLS, None);
        if let Err(wrong) = check(calls, None) {
            panic!("seed {seed}:\n{wrong}");
        }
    }
}

#[test]
fn each_planted_bug_is_seen() {
    for bug in BUGS {
        let seen = (0..HISTORIES)
            .filter(|seed| {
                let calls = history(&mut StdRng::seed_from_u64(*seed), CALLS, Some(bug));
                check(calls, None).is_err()
            })
            .count();
        println!("{bug:?}: seen in {seen} of {HISTORIES} histories");
        assert!(seen > 0, "{bug:?} is never seen");
    }
}

#[test]
fn two_grants_overlap_without_a_release() {
    let history = vec![open(), granted(0, 5, (2, 4)), granted(0, 6, (3, 6))];
    assert!(check(history.clone(), None).is_err());
    let mut released = history.clone();
    released.push(call(0, What::ReturnGrant, (4, 5), TAKEN));
    assert!(check(released, None).is_ok());
    let mut late = history;
    late.push(call(0, What::ReturnGrant, (7, 8), TAKEN));
    assert!(check(late, None).is_err(), "it came back after the second one was there");
}

#[test]
fn a_stale_fence_is_not_taken() {
    let history = |fence| {
        let intend = call(0, What::Intend { fence }, (9, 10), TAKEN);
        let back = call(0, What::ReturnGrant, (4, 5), TAKEN);
        vec![open(), granted(0, 5, (2, 3)), back, granted(0, 8, (6, 7)), intend]
    };
    assert!(check(history(5), None).is_err());
    assert!(check(history(8), None).is_ok());
    let falling =
        vec![open(), granted(0, 5, (2, 3)), call(0, What::ReturnGrant, (4, 5), TAKEN), granted(0, 4, (6, 7))];
    assert!(check(falling, None).is_err(), "fences only grow");
}

#[test]
fn an_older_owner_is_not_read_after_a_newer_one_was_told() {
    let history = |second: (u64, u64)| {
        vec![
            open(),
            call(0, What::Offer { to: 1 }, (2, 3), TAKEN),
            call(1, What::AnswerOffer { take: true }, (4, 20), TAKEN),
            call(2, What::ReadOwner, (5, 6), Outcome::Owner(1)),
            call(2, What::ReadOwner, second, Outcome::Owner(0)),
        ]
    };
    assert!(check(history((7, 8)), None).is_err());
    assert!(check(history((5, 8)), None).is_ok(), "they were asked at once");
}

#[test]
fn what_was_refused_had_no_effect() {
    let history = |code| {
        let no = refused(0, What::RequestGrant, (2, 3), code);
        vec![open(), no, call(0, What::Intend { fence: 7 }, (4, 5), TAKEN)]
    };
    assert!(check(history(RefusalCode::GateMissing), None).is_err());
    let lying = vec![open(), refused(0, What::RequestGrant, (2, 3), RefusalCode::GrantLive)];
    assert!(check(lying, None).is_err(), "no grant is live");
    let not_owner = vec![open(), refused(0, What::RequestGrant, (2, 3), RefusalCode::NotOwner)];
    assert!(check(not_owner, None).is_err(), "it is the owner");
}

#[test]
fn what_nobody_was_told_of_happens_late_or_never() {
    let asked = || vec![open(), unknown(0, What::RequestGrant, 2)];
    assert!(check(asked(), None).is_ok(), "never");
    let mut late = asked();
    late.push(refused(0, What::ReturnGrant, (3, 4), RefusalCode::NoGrant));
    late.push(call(0, What::Intend { fence: 9 }, (5, 6), TAKEN));
    assert!(check(late, None).is_ok(), "between the two");
    let mut early = vec![open(), unknown(0, What::RequestGrant, 7)];
    early.push(call(0, What::Intend { fence: 9 }, (5, 6), TAKEN));
    assert!(check(early, None).is_err(), "not before it was asked for");
}

#[test]
fn a_grant_that_has_run_out_may_be_given_back_and_only_once() {
    let mut history = vec![
        open(),
        granted(0, 5, (2, 3)),
        refused(0, What::Intend { fence: 5 }, (11, 12), RefusalCode::NoGrant),
        call(0, What::ReturnGrant, (13, 14), TAKEN),
    ];
    assert!(check(history.clone(), None).is_err(), "it is live");
    assert!(check(history.clone(), Some(10)).is_ok());
    history.push(call(0, What::ReturnGrant, (15, 16), TAKEN));
    assert!(check(history, Some(10)).is_err(), "there is none left");
}

#[test]
fn time_ends_a_grant_once_the_clock_was_moved() {
    let history = vec![open(), granted(0, 5, (2, 3)), granted(0, 9, (20, 21))];
    assert!(check(history.clone(), None).is_err());
    assert!(check(history.clone(), Some(30)).is_err(), "it was moved later");
    assert!(check(history, Some(10)).is_ok());
}
