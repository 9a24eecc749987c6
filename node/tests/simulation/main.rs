//! A hub and four nodes, real on both sides, in one process: operation lists with lost requests, lost answers, restarts
//! and a moving clock. After each list everything heals, and what the members promised each other must be true.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod acts;
mod check;
mod hub;
mod line;
mod office;
mod ops;
mod runtime;
mod work;
mod world;

use std::{cell::Cell, ops::Range, time::Duration};

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use tokio::runtime::Builder;

use self::{
    ops::{Op, Theme, list},
    world::World,
};

/// How long the simulation waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many lists a theme runs; `MELDEVERBUND_SIMULATION_LISTS` says otherwise.
const LISTS: u32 = 4;

/// How many operations a list has.
const LENGTH: Range<usize> = 20..80;

/// The variable for longer runs.
const LISTS_VARIABLE: &str = "MELDEVERBUND_SIMULATION_LISTS";

#[test]
fn lines_that_break_cost_nothing_but_time() {
    simulate(Theme::Lines, "lines_that_break_cost_nothing_but_time");
}

#[test]
fn houses_that_fall_silent_come_back_with_all_they_had() {
    simulate(Theme::Houses, "houses_that_fall_silent_come_back_with_all_they_had");
}

#[test]
fn weeks_that_pass_send_nothing() {
    simulate(Theme::Clock, "weeks_that_pass_send_nothing");
}

fn simulate(theme: Theme, name: &'static str) {
    let lists =
        std::env::var(LISTS_VARIABLE).map_or(LISTS, |lists| lists.parse().expect("a number of lists"));
    let mut runner = TestRunner::new(Config {
        cases: lists,
        max_shrink_iters: 60,
        source_file: Some(file!()),
        test_name: Some(name),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    });
    let taken = Cell::new(0);
    let ran = runner.run(&list(theme, LENGTH), |ops| {
        taken.set(taken.get() + run(&ops));
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}\n{runner}");
    }
    assert!(taken.get() > u64::from(lists), "hardly anything was decided: {}", taken.get());
}

/// One list, from an empty federation to its end. Answers how many decisions took effect.
fn run(ops: &[Op]) -> u64 {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::start(folder.path()).await;
        for op in ops {
            world.run(op).await;
        }
        world.heal().await;
        let taken = check::all(&world).await;
        world.end().await;
        taken
    })
}
