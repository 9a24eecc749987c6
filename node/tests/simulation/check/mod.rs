//! What must be true when everything has healed and nothing moves.

mod family;
mod handed_in;
mod ledger;
mod life;
mod stores;
mod story;
mod timelines;
mod views;
mod witnesses;

use http::Uri;
use meldeverbund_node::sync::Dial as _;
use tonic::transport::Channel;

use self::{ledger::Ledger, stores::Store};
use crate::world::{AGENCIES, NODES, World};

/// Asserts all of it. Answers on how many targets decisions took effect.
pub(crate) async fn all(world: &World) -> u64 {
    let ledger = Ledger::read(world).await;
    let mut stores = Vec::new();
    for office in &world.offices {
        stores.push(Store::read(office).await);
    }
    feeds_have_no_gaps(world, &ledger).await;
    ledger.answers_are_what_was_recorded(&stores);
    ledger.is_what_stands(world).await;
    story::is_told_right(world, &ledger).await;
    ledger.timelines_tell_it(world).await;
    views::agree(world, &ledger).await;
    handed_in::answered_once(world, &ledger, &stores).await;
    witnesses::agree(world).await;
    for (node, store) in stores.iter().enumerate() {
        let channel = channel(world, node).await;
        handed_in::same_verdicts_again(store, channel.clone()).await;
        handed_in::same_answers_again(store, channel).await;
    }
    let after = Ledger::read(world).await;
    assert_eq!(ledger.leaves(), after.leaves(), "what was sent again was recorded again");
    stores.iter().flat_map(|store| &store.batches).map(|batch| batch.taken()).sum()
}

/// Cursors count without gaps, what is told stands in the ledger, nobody is ownerless, nothing was set aside or refused as a whole.
async fn feeds_have_no_gaps(world: &World, ledger: &Ledger) {
    for row in world.hub.agencies().await {
        let feed = world.hub.feed(row.agency.no).await;
        let sequences = feed.iter().map(|news| news.sequence);
        assert!(sequences.eq(1..=row.feed_sequence), "the feed of {} has gaps", row.agency.id);
        for news in &feed {
            assert!(ledger.knows(news), "{} was told of what leaf {} does not say", row.agency.id, news.leaf);
        }
        assert!(AGENCIES.contains(&row.agency.id.as_str()));
    }
    for (node, office) in world.offices.iter().enumerate() {
        let status = office.status().await;
        let queue = status.queue.unwrap();
        assert_eq!(status.feed.unwrap().parked, 0, "{:?} has set events aside", NODES[node]);
        assert_eq!((queue.refused_submissions, queue.refused_decisions), (0, 0), "{:?}", NODES[node]);
        assert!(status.refused_cases.is_empty() && status.broken_off.is_empty());
    }
    assert_eq!(world.hub.counts().await.ownerless, 0);
}

/// A connection as the node's, beside its own.
async fn channel(world: &World, node: usize) -> Channel {
    world.line(node).dial(&Uri::from_static("https://hub.invalid:1")).await.expect("the hub is up")
}
