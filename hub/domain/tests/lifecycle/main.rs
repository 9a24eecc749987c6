//! Long random histories of several agencies against an oracle that knows the promises and not the code (I1 to I8, as far
//! as the rules keep them).

#![expect(clippy::unwrap_used, reason = "a test may")]

mod duplicates;
mod invariants;
mod moves;
mod ops;
mod oracle;
mod world;

use std::cell::Cell;

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use self::{ops::history, world::World};

/// Histories of one run.
const HISTORIES: u32 = 420;
/// Orders, joins and clock jumps that one run takes at least.
const STEPS: u64 = 100_000;

#[test]
fn the_promises_hold_after_every_step() {
    let steps = Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: HISTORIES,
        max_shrink_iters: 2_000,
        source_file: Some(file!()),
        test_name: Some("the_promises_hold_after_every_step"),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    });
    let ran = runner.run(&history(), |(rules, ops)| {
        let mut world = World::new(&rules);
        for op in &ops {
            world.step(op);
        }
        steps.set(steps.get() + world.steps);
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}\n{runner}");
    }
    assert!(steps.get() >= STEPS, "only {} steps", steps.get());
}
