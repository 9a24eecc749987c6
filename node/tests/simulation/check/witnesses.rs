//! What the hub promised it has kept, whatever happened to lines and houses, and every witness saw the same.

use meldeverbund_node::store::{ReceiptCounts, SeenCheckpoint};

use crate::{PATIENCE, office::Office, world::World};

/// Every receipt is verified, joined and final, nobody raised an alarm, and all have verified what the hub has published.
pub(super) async fn agree(world: &World) {
    let (epoch, size, root) = world.hub.publish().await;
    assert_eq!(epoch, 1, "nothing was restored");
    for office in &world.offices {
        let reached = |seen: &SeenCheckpoint| (seen.epoch, seen.size) == (epoch, size) && seen.is_final;
        let (counts, newest) = until(office, |newest| newest.is_some_and(reached)).await;
        let ReceiptCounts { finished, .. } = counts;
        assert_eq!(counts, ReceiptCounts { finished, ..ReceiptCounts::default() }, "{}", office.agency);
        assert_eq!(newest.unwrap().root, root);
    }
}

/// Waits until the newest checkpoint is as it should be and nothing waits to be joined to it.
async fn until(
    office: &Office,
    look: impl Fn(Option<&SeenCheckpoint>) -> bool,
) -> (ReceiptCounts, Option<SeenCheckpoint>) {
    let mut changes = office.node().changes();
    let mut last = None;
    let waited = async {
        loop {
            changes.mark_unchanged();
            let mut tx = office.node().store.read().await.unwrap();
            assert_eq!(tx.alarms(true, 10).await.unwrap(), Vec::new(), "{}", office.agency);
            let (counts, newest) =
                (tx.receipt_counts().await.unwrap(), tx.newest_checkpoint().await.unwrap());
            if look(newest.as_ref()) && counts.proven + counts.unchecked == 0 {
                return (counts, newest);
            }
            last = Some((counts, newest));
            drop(tx);
            changes.changed().await.unwrap();
        }
    };
    match tokio::time::timeout(PATIENCE, waited).await {
        Ok(found) => found,
        Err(_) => {
            panic!("{} never gets there: {last:?}, {:?}", office.agency, office.node().witness_trouble())
        }
    }
}
