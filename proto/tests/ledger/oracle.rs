//! The same questions to other implementations of the same specifications.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Subtree, consistency, inclusion},
    note::{Checkpoint, Note, Origin, SigningKey, VerifierKey},
    tile::{HEIGHT, Tile, TileKind},
};
use signed_note::{StandardVerifier, VerifierList};
use tlog_tiles::{Hash, HashReader};

use crate::{numbered_leaves, proof, root, subtree};

/// Trees up to here: past a full tile, and past each shape below it.
const SIZES: [u64; 12] = [1, 2, 3, 7, 8, 13, 31, 64, 100, 255, 256, 261];

/// Gives the other side the hashes of perfect subtrees of our leaves.
struct Store(Vec<Digest>);

impl HashReader for Store {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let hash = |index: &u64| {
            let (level, index) = tlog_tiles::split_stored_hash_index(*index);
            Hash(subtree(&self.0, Subtree { level, index }))
        };
        Ok(indexes.iter().map(hash).collect())
    }
}

fn plain(hashes: &[Hash]) -> Vec<Digest> {
    hashes.iter().map(|hash| hash.0).collect()
}

#[test]
fn roots_and_proofs_are_the_same() {
    let store = Store(numbered_leaves(261));
    let leaves = &store.0;
    for size in SIZES {
        let top = tlog_tiles::tree_hash(size, &store).unwrap();
        assert_eq!(root(leaves, size), top.0);
        for at in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|at| *at < size) {
            let theirs = tlog_tiles::prove_record(size, at, &store).unwrap();
            assert_eq!(proof(leaves, &inclusion::plan(at, size).unwrap()), plain(&theirs), "{at} of {size}");
            let (old, below) = (at + 1, root(leaves, at + 1));
            let theirs = tlog_tiles::prove_tree(size, old, &store).unwrap();
            assert_eq!(
                proof(leaves, &consistency::plan(old, size).unwrap()),
                plain(&theirs),
                "{old} to {size}"
            );
            assert_eq!(consistency::verify(old, size, &below, &top.0, &plain(&theirs)), Ok(()));
        }
    }
}

/// The other side writes the tile's height into the path, and `data` for `entries`.
#[test]
fn tiles_are_the_same() {
    for size in [0, 1, 255, 256, 257, 70_000, 16_777_217] {
        let theirs = tlog_tiles::Tile::new_tiles(HEIGHT, 0, size);
        let theirs: Vec<_> = theirs.iter().map(|tile| tile.path().replacen("/8/", "/", 1)).collect();
        let hashes = Tile::all(size).filter(|tile| tile.kind != TileKind::Entries);
        assert_eq!(hashes.map(|tile| tile.to_string()).collect::<Vec<_>>(), theirs, "{size}");
    }
}

#[test]
fn they_read_our_checkpoints() {
    let key = SigningKey::from_seed("meldeverbund.example/ledger", &[1; 32]).unwrap();
    let origin = Origin { trust_domain: "meldeverbund.example".into(), epoch: 3 };
    let mut note = Note::sign(Checkpoint::new(&origin, 70_000, [7; 32]).to_string(), &key).unwrap();
    let witness = SigningKey::from_seed("meldeverbund.example/witness/de-nw-lka", &[3; 32]).unwrap();
    note.cosign(&witness, 5).unwrap();

    let verifier = StandardVerifier::new(&key.vkey().to_string()).unwrap();
    let read = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let (verified, unknown) = read.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 1), "a cosignature is of a type it does not know");
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!(checkpoint.origin(), "meldeverbund.example/ledger/3");
    assert_eq!((checkpoint.size(), checkpoint.hash().0), (70_000, [7; 32]));
}

/// The key and the note of the tests of Go's sumdb/note.
#[test]
fn we_sign_as_they_do() {
    let secret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let seed = data_encoding::BASE64.decode(&secret.as_bytes()[34..]).unwrap();
    let key = SigningKey::from_seed("PeterNeumann", seed[1..].try_into().unwrap()).unwrap();
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(key.vkey(), vkey.parse::<VerifierKey>().unwrap());
    let text = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let signer = signed_note::StandardSigner::new(secret).unwrap();
    let mut theirs = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    let published = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let ours = Note::sign(text.into(), &key).unwrap().to_string();
    assert_eq!(ours, format!("{text}\n{published}"));
    assert_eq!(ours.as_bytes(), theirs.to_bytes());
}
