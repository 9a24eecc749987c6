use super::*;
use crate::merkle::{
    Span, node_hash,
    reference::{leaves, mth},
};

fn paths(size: u64) -> Vec<String> {
    Tile::all(size).map(|tile| tile.to_string()).collect()
}

/// The two examples of C2SP tlog-tiles.
#[test]
fn the_specifications_examples() {
    let widths = |kind| Tile::of(kind, 70_000).map(|tile| tile.width).collect::<Vec<_>>();
    let lowest = widths(TileKind::Hashes(0));
    assert_eq!((lowest.len(), lowest[272], lowest[273]), (274, 256, 112));
    assert_eq!(widths(TileKind::Entries), lowest);
    assert_eq!(widths(TileKind::Hashes(1)), [256, 17]);
    assert_eq!(widths(TileKind::Hashes(2)), [1]);
    assert!(widths(TileKind::Hashes(3)).is_empty());
    assert_eq!(paths(256), ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    assert_eq!(paths(257)[..2], ["tile/0/000", "tile/0/001.p/1"]);
    assert_eq!(paths(0).len(), 0);
    let tile = Tile { kind: TileKind::Hashes(0), index: 1_234_067, width: 256 };
    assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
}

#[test]
fn a_tile_has_one_path() {
    for path in [
        "tile/0/000",
        "tile/0/999.p/255",
        "tile/7/000.p/1",
        "tile/0/x001/000",
        "tile/entries/x001/x000/000.p/16",
        "tile/0/x072/x057/x594/x037/x927/935",
    ] {
        assert_eq!(path.parse::<Tile>().map(|tile| tile.to_string()), Ok(path.into()));
    }
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/8/000",
        "tile/x/000",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/+01",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/0/000.p/1.p/1",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/x072/x057/x594/x037/x927/936",
        "tile/7/001",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(path.parse::<Tile>(), Err(TilePathError), "{path}");
    }
}

/// Each subtree of a tree is found in a tile that the tree has, and what stands there hashes to it.
#[test]
fn every_subtree_is_found_in_a_tile() {
    let all = leaves(600);
    for size in [1, 255, 256, 257, 511, 512, 600] {
        let tiles: Vec<Tile> = Tile::all(size).collect();
        for subtree in
            (Span { begin: 0, end: size }).subtrees().chain(Span { begin: 1, end: size }.subtrees())
        {
            let (tile, places) = Tile::with(subtree, size).unwrap();
            assert!(tiles.contains(&tile), "{tile} of {size}");
            assert!(places.end <= tile.width.into());
            let mut hashes: Vec<_> =
                places.map(|place| mth(&all, tile.subtree(place as u16).span())).collect();
            while let [_, _, ..] = hashes[..] {
                hashes = hashes.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
            }
            assert_eq!(hashes, [mth(&all, subtree.span())]);
        }
    }
    assert_eq!(Tile::with(Subtree { level: 3, index: 1 }, 15), None, "not yet whole");
    assert_eq!(Tile::with(Subtree { level: 64, index: 0 }, u64::MAX), None);
}
