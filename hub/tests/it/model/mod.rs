//! Long random histories against a model: dedup, ownership, what is decided on a target, duplicates and how they are taken back,
//! replays, ledger and feeds (I1 to I8). After every step the whole database is what the model says, number by number and byte by
//! byte.

mod acts;
mod books;
mod check;
mod deciding;
mod expected;
mod judged;
mod merged;
mod ops;
mod parted;
mod told;
mod world;

use std::cell::Cell;

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use self::{
    judged::Seen,
    ops::{Act, Batch, Link, Op, Who, history},
    world::World,
};

/// Histories of one run; of 100 steps on average that is about 3,600 steps.
const HISTORIES: u32 = 36;

#[test]
fn the_hub_is_what_the_model_says() {
    let mut runner = TestRunner::new(Config {
        cases: HISTORIES,
        max_shrink_iters: 400,
        source_file: Some(file!()),
        test_name: Some("the_hub_is_what_the_model_says"),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    });
    let all = Cell::new(Seen::default());
    let ran = runner.run(&history(), |history| {
        let seen = run(history);
        let Seen { holds, grants, splits, moved } = all.get();
        all.set(Seen {
            holds: holds + seen.holds,
            grants: grants + seen.grants,
            splits: splits + seen.splits,
            moved: moved + seen.moved,
        });
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}\n{runner}");
    }
    let Seen { holds, grants, splits, moved } = all.get();
    assert!(holds.min(grants).min(splits).min(moved) > 0, "too little was met: {:?}", all.get());
}

/// Its hold keeps it there, and nothing of its binding: it joins as anybody does.
#[test]
fn who_stayed_after_a_split_for_a_hold_alone_refers_the_link() {
    let submit = |agency, target| {
        Op::Submit(vec![Batch { agency, case: 0, links: vec![Link::Good { target, spelling: 0 }] }])
    };
    run(vec![
        Op::OpenCase { agency: 1, case: 0 },
        Op::OpenCase { agency: 2, case: 0 },
        submit(1, 0),
        submit(2, 1),
        Op::Judge { merges: true, ready: false, pairs: vec![(1, 0)], dry_run: false },
        Op::Decide { who: Who::Any(2), target: 0, act: Act::Hold },
        Op::Split { names: vec![(1, None)], dry_run: false },
        submit(2, 0),
    ]);
}

/// One history, from an empty hub to its end.
fn run(history: Vec<Op>) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new().await;
        for op in history {
            world.step(op).await;
            world.check().await;
        }
        world.check_from_the_start().await;
        world.verify_ledger().await;
        world.check_figures().await;
        let seen = world.model.seen;
        world.end().await;
        seen
    })
}
