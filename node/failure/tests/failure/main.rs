//! Real processes, real lines and real files that fail, while officers at four nodes work: hub and nodes killed, paused,
//! cut off and slowed down, a disk that is full or fails in single calls, a clock that jumps. In the end everything has
//! healed, and what the members promised each other must be true; nothing that anybody was told may be missing, and
//! grants and owners must have one history that all answers fit.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "../../../tests/simulation/acts.rs"]
mod acts;
#[path = "../../../tests/simulation/check/mod.rs"]
mod check;
mod fault;
mod federation;
mod history;
#[path = "../../../tests/simulation/hub.rs"]
mod hub;
mod hub_house;
#[path = "../../../tests/simulation/line.rs"]
mod line;
#[path = "../../../tests/simulation/office.rs"]
mod office;
mod officer;
#[path = "../../../tests/simulation/ops.rs"]
#[expect(dead_code, reason = "shared with the simulation, which draws lists of them")]
mod ops;
mod probe;
#[path = "../../../tests/processes/mod.rs"]
#[expect(dead_code, reason = "shared with others, who ask for memory")]
mod processes;
mod proxy;
mod resolve;
#[path = "../../../tests/simulation/runtime.rs"]
mod runtime;
mod server;
#[path = "../../../tests/simulation/work.rs"]
mod work;
#[path = "../../../tests/simulation/world.rs"]
#[expect(dead_code, reason = "shared with the simulation, which also happens")]
mod world;

use std::{collections::BTreeMap, thread, time::Duration};

use meldeverbund_failure::{self as linearizability, Call, Outcome, What};
use meldeverbund_node::clock::Clock;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

use self::{
    fault::{Fault, Theme},
    federation::{Federation, Left},
    world::World,
};

/// How long anything may take that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How often something is looked at that must happen.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Rounds of faults in a run; `MELDEVERBUND_FAILURE_ROUNDS` says otherwise.
const ROUNDS: u32 = 1;

/// The variable for longer runs.
const ROUNDS_VARIABLE: &str = "MELDEVERBUND_FAILURE_ROUNDS";

/// The variable that repeats a run's faults.
const SEED_VARIABLE: &str = "MELDEVERBUND_FAILURE_SEED";

#[test]
fn processes_that_die_and_lines_that_break_lose_nothing() {
    run(Theme::Processes);
}

#[test]
fn a_server_that_fails_and_hubs_that_die_at_it_lose_nothing() {
    run(Theme::Servers);
}

#[test]
fn disks_that_fail_lose_nothing() {
    let left = run(Theme::Disk);
    assert!(left.injected > 0, "no call was made to fail: is strace at hand?");
}

#[test]
fn clocks_that_jump_send_nothing() {
    run(Theme::Clock);
}

fn run(theme: Theme) -> Left {
    let seed = std::env::var(SEED_VARIABLE)
        .map_or_else(|_| rand::random(), |seed| seed.parse().expect("a number for the seed"));
    let rounds =
        std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    println!("{theme:?}: {SEED_VARIABLE}={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let faults: Vec<Fault> = (0..rounds).flat_map(|_| theme.round(&mut random)).collect();
    let left = Federation::set(theme, random).suffer(&faults);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let taken = runtime.block_on(everything_is_true(&left));
    let (calls, targets) = one_history(&runtime, &left);
    println!(
        "{} faults in {} s; {} decisions taken; {calls} calls on {targets} targets have one history",
        faults.len(),
        left.end_us / 1_000_000,
        taken
    );
    assert!(taken > faults.len() as u64 && calls > faults.len(), "hardly anybody worked");
    left
}

/// Opens the houses' files in this process and compares everything with everything.
async fn everything_is_true(left: &Left) -> u64 {
    let mut world = World::found(left.folder.path(), left.database.clone(), later_us());
    // Time went on since everybody was told, by jumps too: what time alone changes is not compared.
    world.moved_us = i64::MAX;
    world.handed_in = left.notes.handed_in.iter().map(|one| (one.node, one.number, one.rows)).collect();
    world.hub.start().await;
    for office in &mut world.offices {
        office.pin(&left.witnesses);
        office.start().await;
    }
    world.heal().await;
    let taken = check::all(&world).await;
    world.end().await;
    taken
}

/// Grants and owners of each target have one history; and what is planted into it is seen.
fn one_history(runtime: &Runtime, left: &Left) -> (usize, usize) {
    let root = left.folder.path();
    let histories = runtime.block_on(resolve::histories(root, &left.notes, left.end_us));
    for (target, calls) in &histories {
        if let Err(wrong) = linearizability::check(calls.clone(), left.notes.clock_moved_us) {
            panic!("{target} has no history:\n{wrong}");
        }
    }
    for (what, count) in outcomes(&histories) {
        println!("{count:>6} {what}");
    }
    if left.notes.clock_moved_us.is_none() {
        a_planted_grant_is_seen(&histories);
    }
    (histories.values().map(Vec::len).sum(), histories.len())
}

/// How often which command came to what.
fn outcomes(histories: &BTreeMap<String, Vec<Call>>) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for call in histories.values().flatten() {
        let what = match call.what {
            What::Intend { .. } => "Intend".to_owned(),
            what => format!("{what:?}"),
        };
        let outcome = match call.outcome {
            Outcome::Taken { .. } => "taken".to_owned(),
            Outcome::Refused(code) => format!("{code:?}"),
            Outcome::Owner(_) | Outcome::Unknown => String::new(),
        };
        *outcomes.entry(format!("{what} {outcome}")).or_insert(0) += 1;
    }
    outcomes
}

/// A second grant beside a live one, written into what really happened.
fn a_planted_grant_is_seen(histories: &BTreeMap<String, Vec<Call>>) {
    let grant =
        |call: &&Call| call.what == What::RequestGrant && matches!(call.outcome, Outcome::Taken { .. });
    let planted = histories.values().filter_map(|calls| {
        let first = calls.iter().find(grant)?;
        let mut calls = calls.clone();
        // Told before anything else can have ended the first.
        calls.push(Call { invoked_us: first.invoked_us, ..first.clone() });
        Some(calls)
    });
    let planted: Vec<_> = planted.collect();
    assert!(!planted.is_empty(), "nobody was granted anything");
    assert!(planted.into_iter().all(|calls| linearizability::check(calls, None).is_err()));
}

/// The end of all that was recorded, and of what the hub's clock was ahead.
fn later_us() -> i64 {
    Clock::system().now_us()
}

/// Waits until it is so.
pub(crate) fn patiently(what: &str, most: Duration, is_so: impl FnMut() -> bool) {
    assert!(patience(most, is_so), "{what}: not within {most:?}");
}

/// Waits until it is so, or the time is over; answers whether it is.
pub(crate) fn patience(most: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if since.elapsed() > most {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
}
