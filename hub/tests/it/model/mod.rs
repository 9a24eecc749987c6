//! Long random histories against a model that fits on a page: dedup, ownership, replays, ledger and feeds (I1, I4 to
//! I8). After every step the whole database is what the model says, number by number and byte by byte.

mod check;
mod expected;
mod ops;
mod world;

use proptest::{prelude::*, test_runner::FileFailurePersistence};

use self::{ops::history, world::World};

/// Histories of one run; of 100 steps on average that is about 3,600 steps.
const HISTORIES: u32 = 36;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: HISTORIES,
        max_shrink_iters: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_hub_is_what_the_model_says(history in history()) {
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
            world.end().await;
        });
    }
}
