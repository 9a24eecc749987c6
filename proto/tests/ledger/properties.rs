//! What holds for every tree, tile, bundle and note.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, consistency, inclusion},
    note::{Checkpoint, Note, SigningKey, VerifierKey},
    receipt::Receipt,
    tile::{Tile, TileKind, decode_entries, encode_entries},
};
use proptest::{collection::vec, prelude::*};

use crate::{numbered_leaves, proof, range, root};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proofs_of_larger_trees_verify_and_nothing_near_them(sizes in two_sizes(700), bit in 0..256_usize) {
        let (old, new) = sizes;
        let leaves = numbered_leaves(new);
        let (before, after, at) = (root(&leaves, old), root(&leaves, new), old - 1);
        let path = proof(&leaves, &inclusion::plan(at, new).unwrap());
        let leaf = &leaves[at as usize];
        prop_assert_eq!(inclusion::verify(at, new, leaf, &path, &after), Ok(()));
        prop_assert!(inclusion::verify(at, new, leaf, &path, &flip(after, bit)).is_err());
        prop_assert!(inclusion::verify(at, new, &flip(*leaf, bit), &path, &after).is_err());
        let path = proof(&leaves, &consistency::plan(old, new).unwrap());
        prop_assert_eq!(consistency::verify(old, new, &before, &after, &path), Ok(()));
        prop_assert!(consistency::verify(old, new, &flip(before, bit), &after, &path).is_err());
        prop_assert!(consistency::verify(old, new, &before, &flip(after, bit), &path).is_err());
    }

    #[test]
    fn a_tree_in_pieces_is_the_tree(mut cuts in vec(0..=500_u64, 0..6)) {
        cuts.push(500);
        cuts.sort_unstable();
        let leaves = numbered_leaves(500);
        let mut whole = Range::empty(0);
        for end in cuts {
            let piece = range(&leaves, whole.end(), end);
            whole.append(&piece).unwrap();
        }
        prop_assert_eq!(whole, range(&leaves, 0, 500));
    }

    #[test]
    fn what_is_said_of_one_batch_is_said_of_no_other(sizes in two_sizes(300), count in 1..9_u64, shift in 1..9_u64) {
        let (first, size) = (sizes.0 - 1, sizes.1 + 8);
        let leaves = numbered_leaves(size + 8);
        let own = |first: u64| &leaves[first as usize..(first + count) as usize];
        let key = SigningKey::from_seed("meldeverbund.example/ledger", &[1; 32]).unwrap();
        let (keys, receipt) = ([key.vkey()], receipt(&leaves, first, count, size, &key));
        prop_assert!(receipt.verify(own(first), &keys).is_ok());
        prop_assert!(receipt.verify(own(first + shift), &keys).is_err());
        let moved = Receipt { first_leaf: first + shift, ..receipt };
        prop_assert!(moved.verify(own(first), &keys).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_numbers_have_an_answer(index: u64, size: u64, length in 0..70_usize) {
        let (hash, path) = ([1; 32], vec![[2; 32]; length]);
        prop_assert!(inclusion::verify(index, size, &hash, &path, &hash).is_err() || length == 0);
        prop_assert_eq!(inclusion::plan(index, size).is_ok(), index < size);
        let shown = consistency::verify(index, size, &hash, &[3; 32], &path).is_ok();
        prop_assert!(!shown);
        prop_assert_eq!(consistency::plan(index, size).is_ok(), index <= size);
    }

    #[test]
    fn a_path_is_a_tile_or_nothing(path in "tile/([0-9]{1,2}|entries)/(x[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(tile) = path.parse::<Tile>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }

    #[test]
    fn a_tile_has_a_path(level in 0..8_u8, index in 0..256_u64, width in 1..=256_u16) {
        for kind in [TileKind::Hashes(level), TileKind::Entries] {
            let index = if kind == TileKind::Hashes(7) { 0 } else { index };
            let tile = Tile { kind, index, width };
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }
    }

    #[test]
    fn bundles_are_read_as_written(entries in vec(vec(any::<u8>(), 0..100), 0..10), cut in 1..50_usize) {
        let bundle = encode_entries(entries.iter().map(Vec::as_slice)).unwrap();
        let read = decode_entries(&bundle).unwrap();
        prop_assert_eq!(&read, &entries);
        let shorter = &bundle[..bundle.len().saturating_sub(cut)];
        prop_assert!(decode_entries(shorter).map_or(true, |read| read.len() < entries.len() || bundle.is_empty()));
    }

    #[test]
    fn notes_are_read_as_written(text in "(\\PC{0,20}\n){1,5}", name in "[a-z./]{1,20}") {
        let key = SigningKey::from_seed(&name, &[1; 32]).unwrap();
        if let Ok(note) = Note::sign(text.clone(), &key) {
            let read = Note::parse(&note.to_string());
            prop_assert_eq!(read.as_ref(), Ok(&note));
            prop_assert_eq!(note.text(), text);
            prop_assert!(note.verified(&[key.vkey()]).is_ok());
        }
    }

    #[test]
    fn any_text_is_a_note_a_checkpoint_a_key_or_refused(text in "(— [a-z]{1,3} [A-Za-z0-9+/]{8}\n|\\PC{0,9}\n|\n|[0-9]{1,3}\n){0,8}") {
        if let Ok(note) = text.parse::<Note>() {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            prop_assert_eq!(checkpoint.to_string(), text.clone());
        }
        prop_assert!(text.parse::<VerifierKey>().is_err());
    }
}

fn two_sizes(most: u64) -> impl Strategy<Value = (u64, u64)> {
    (1..=most, 1..=most).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn flip(mut hash: Digest, bit: usize) -> Digest {
    hash[bit / 8] ^= 1 << (bit % 8);
    hash
}

fn receipt(leaves: &[Digest], first: u64, count: u64, size: u64, key: &SigningKey) -> Receipt {
    let origin = "meldeverbund.example/ledger/1".parse().unwrap();
    let checkpoint = Checkpoint::new(&origin, size, root(leaves, size));
    Receipt {
        note: Note::sign(checkpoint.to_string(), key).unwrap().to_string(),
        first_leaf: first,
        before: range(leaves, 0, first).hashes().to_vec(),
        decisions: vec![[0; 32]; count as usize],
        after: range(leaves, first + count, size).hashes().to_vec(),
    }
}
