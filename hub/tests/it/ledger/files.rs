//! The ledger as files: exactly the tree, and what leaves commit to, to whom it may be shown.

use meldeverbund_domain::AgencyState;
use meldeverbund_hub::flow::{AddStatementKey, SetAgencyState, publish};
use meldeverbund_proto::{
    CommandId,
    envelope::Envelope,
    leaf::{LEAF_BYTES, Leaf, Salt, decision_digest, statement_digest},
    merkle::{Range, node_hash},
    note::{Checkpoint, Note},
    tile::{Tile, TileKind, decode_entries},
};
use serde_json::Value;

use crate::{
    harness::{CENTRAL, DOMAIN, Federation, Office, accepted, batch, salt},
    signatures::{key, sign},
};

impl Office {
    async fn found(&self, path: &str) -> Vec<u8> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}");
        body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_and_entries_are_exactly_the_tree() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    for n in 0..3 {
        let links: Vec<_> = (0..200).map(|m| format!("https://a.test/{n}/{m}")).collect();
        nw.refer("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    publish(federation.server.hub()).await.unwrap();
    let note: Note = String::from_utf8(nw.found("checkpoint").await).unwrap().parse().unwrap();
    let keys = federation.vkeys();
    let (checkpoint, _) = Checkpoint::verified(&note, &keys).unwrap();
    assert!(checkpoint.size > 512, "{}", checkpoint.size);

    let mut from_entries = Range::empty(0);
    let mut from_tiles = Range::empty(0);
    for tile in Tile::all(checkpoint.size) {
        let body = nw.found(&tile.to_string()).await;
        match tile.kind {
            TileKind::Entries => {
                let entries = decode_entries(&body).unwrap();
                assert_eq!(entries.len(), usize::from(tile.width));
                for entry in entries {
                    assert_eq!(entry.len(), LEAF_BYTES);
                    from_entries.push(Leaf::from_bytes(entry).unwrap().hash());
                }
            }
            TileKind::Hashes(0) => {
                body.as_chunks::<32>().0.iter().for_each(|hash| from_tiles.push(*hash));
            }
            TileKind::Hashes(level) => {
                // Each hash is the root of the full tile below.
                assert_eq!(level, 1);
                for (place, hash) in (0..).zip(body.as_chunks::<32>().0) {
                    let span = tile.subtree(place).span();
                    let below = Tile { kind: TileKind::Hashes(0), index: span.begin >> 8, width: 256 };
                    let mut row = nw.found(&below.to_string()).await.as_chunks::<32>().0.to_vec();
                    while row.len() > 1 {
                        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
                    }
                    assert_eq!(row[0], *hash);
                }
            }
        }
    }
    assert_eq!(from_tiles.root(), Some(checkpoint.root));
    assert_eq!(from_entries, from_tiles);
    // What was partial once stays readable when the tile is full.
    assert_eq!(nw.found("tile/0/000.p/7").await, nw.found("tile/0/000").await[..7 * 32]);
    for missing in [
        "tile/0/003",
        "tile/0/002.p/255",
        "tile/entries/999",
        "tile/2/000",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/9/000",
        "tile/7/000",
        "event/999999",
        "event/01",
        "event/-1",
        "event/99999999999999999999",
        "envelope/0",
        "nothing",
        "",
    ] {
        assert_eq!(nw.get(missing).await.0, 404, "{missing}");
    }
    drop(nw);
    federation.whole().await;
    federation.end().await;
}

/// The leaf that an event's file says that it is.
fn leaf_of(event: &Value) -> meldeverbund_proto::leaf::Digest {
    let bytes = |field: &str| hex::decode(event[field].as_str().unwrap()).unwrap();
    let salt = Salt::from_slice(&bytes("salt")).unwrap();
    let kind = u16::try_from(event["kind"].as_u64().unwrap()).unwrap();
    let kind = meldeverbund_proto::leaf::Kind::from_number(kind).unwrap();
    let (statement, decision) = (bytes("statement"), bytes("decision"));
    Leaf {
        kind,
        time_us: event["recorded_at_us"].as_u64().unwrap(),
        statement: statement_digest(&salt, &statement),
        decision: decision_digest(&salt, &decision),
    }
    .hash()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_commit_to_is_shown_to_whom_it_concerns() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let central = federation.connect(CENTRAL, "main").await;
    let statement_key = key("de-nw-lka", 7);
    let add = AddStatementKey::parse(
        "de-nw-lka".parse().unwrap(),
        &statement_key.vkey().to_string(),
        &DOMAIN.parse().unwrap(),
        String::new(),
        salt(),
    );
    federation.server.hub().run(add.unwrap()).await.unwrap();
    nw.open_case("1/26").await;
    let mut request = batch("1/26", &["https://a.test/1", "gopher://a.test/", "https://a.test/2"]);
    sign(&statement_key, &nw.agency, &mut request);
    let answer = accepted(nw.submit(request.clone()).await);
    let first = answer.first_leaf_index;

    for (office, status) in [(&nw, 200), (&central, 200), (&by, 404)] {
        for path in [format!("event/{first}"), format!("event/{}", first + 1), format!("envelope/{first}")] {
            assert_eq!(office.get(&path).await.0, status, "{path}");
        }
        assert_eq!(office.get("event/999").await.0, 404, "a stranger's is like none");
    }
    for (index, agency) in [(first, "de-nw-lka"), (0, ""), (1, CENTRAL), (2, "de-nw-lka")] {
        let event: Value = serde_json::from_slice(&nw.found(&format!("event/{index}")).await).unwrap();
        assert_eq!((&event["index"], &event["agency"]), (&index.into(), &agency.into()));
        assert_eq!(vec![leaf_of(&event)], federation.leaf_hashes(index, 1).await);
    }
    let envelope = nw.found(&format!("envelope/{first}")).await;
    let envelope: Envelope = serde_json::from_slice(&envelope).unwrap();
    let signed = envelope.open(&statement_key.vkey()).unwrap();
    let command: CommandId = request.submission_id.parse().unwrap();
    assert_eq!((signed.command, signed.digests.len()), (command, 3), "what was refused was signed too");

    let keys: Value = serde_json::from_slice(&by.found("keys").await).unwrap();
    assert_eq!(keys["hub"][0]["vkey"], federation.vkeys()[0].to_string());
    assert_eq!(keys["hub"][0]["since_leaf"], 0);
    assert_eq!(keys["statement"][0]["agency"], "de-nw-lka");
    assert_eq!(keys["statement"][0]["revoked_leaf"], Value::Null);
    assert_eq!(keys["witness"], serde_json::json!([]));

    let suspend =
        SetAgencyState::parse("de-by-lka".parse().unwrap(), AgencyState::Suspended, String::new(), salt());
    federation.server.hub().run(suspend.unwrap()).await.unwrap();
    assert_eq!(by.get("keys").await.0, 403);
    federation.whole().await;
    drop((nw, by, central));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_count_like_calls() {
    let one = std::num::NonZeroU32::MIN;
    let clock = meldeverbund_certs::Clock::system();
    let federation = Federation::start_with(clock, |config| {
        (config.limits.commands_per_second, config.limits.commands_at_once) = (one, one);
    })
    .await;
    let nw = federation.office("de-nw-lka").await;
    let mut seen: Vec<_> = Vec::new();
    for _ in 0..3 {
        seen.push(nw.get("keys").await.0);
    }
    assert!(seen.contains(&200) && seen.contains(&429), "{seen:?}");
    drop(nw);
    federation.end().await;
}
