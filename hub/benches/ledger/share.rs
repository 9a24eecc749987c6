//! Which share of the hub's processor time goes into the ledger.
//!
//! The real binary takes batches in over mutual TLS, and the kernel says what its process used. Then the ledger's own work
//! is done again on the very same leaves, commit by commit, by the hub's own functions on one thread of this process, and
//! the kernel says what that used. Both are processor time, so that whoever else uses the machine weighs on neither.

use crate::{
    Size,
    common::{
        gauge::{median, processor_s_of},
        workload::{BATCH, hand_in, links, requests},
    },
    redo::{Redo, Work},
    stage::Stage,
};

pub(crate) async fn run(size: &Size) {
    let mut shares = Vec::new();
    println!(
        "{} batches of {BATCH} new links, unsigned; processor time in µs a leaf, and its share",
        size.batches
    );
    for round in 0..size.rounds {
        let stage = Stage::set().await;
        let requests = requests(&links(round, 0, size.batches)).collect();
        let before = processor_s_of(stage.hub.id());
        let seconds = hand_in(&stage.office, requests).await;
        let hub_s = processor_s_of(stage.hub.id()) - before;
        let leaves = (size.batches * BATCH) as f64;
        let redo = Redo::read(&stage.end().await).await;
        let commits = redo.commits();
        let Work { hashing_s, tree_s, rows_s, signing_s, receipts_s } = redo.run().await;
        let parts = [
            ("hashing", hashing_s),
            ("tree and tiles", tree_s),
            ("rows of tiles", rows_s),
            ("signing", signing_s),
            ("receipts", receipts_s),
        ];
        let sum: f64 = parts.iter().map(|(_, s)| s).sum();
        let of_leaf = |s: f64| s * 1e6 / leaves;
        print!(
            "round {round}: {:.0} links/s, {commits} commits; hub {:.2}",
            leaves / seconds,
            of_leaf(hub_s)
        );
        for (name, s) in parts {
            print!("  {name} {:.3} ({:.1} %)", of_leaf(s), 100.0 * s / hub_s);
        }
        println!("  together {:.1} %", 100.0 * sum / hub_s);
        shares.push(100.0 * sum / hub_s);
    }
    println!("median share: {:.1} %", median(shares));
}
