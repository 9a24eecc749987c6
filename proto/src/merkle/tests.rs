//! Proofs against the reference, and against whatever a forger would try.

use std::collections::HashMap;

use super::{
    reference::{leaves, mth, path, proof},
    *,
};

/// Largest size that is looked at exhaustively.
const MOST: u64 = 70;

/// A store as the hub has one: it knows perfect subtrees only.
struct Store {
    leaves: Vec<Digest>,
    roots: Vec<Digest>,
    subtrees: HashMap<Subtree, Digest>,
}

impl Store {
    fn new(size: u64) -> Self {
        let leaves = leaves(size);
        let roots = (0..=size).map(|end| mth(&leaves, Span { begin: 0, end })).collect();
        let (mut range, mut subtrees) = (Range::empty(0), HashMap::new());
        for leaf in &leaves {
            range.push_with(*leaf, |subtree, hash| _ = subtrees.insert(subtree, *hash));
        }
        Self { leaves, roots, subtrees }
    }

    fn leaf(&self, index: u64) -> Digest {
        self.leaves[index as usize]
    }

    fn root(&self, size: u64) -> Digest {
        self.roots[size as usize]
    }

    fn inclusion(&self, index: u64, size: u64) -> Proof {
        self.prove(&inclusion::plan(index, size).unwrap())
    }

    fn consistency(&self, old: u64, new: u64) -> Proof {
        self.prove(&consistency::plan(old, new).unwrap())
    }

    fn prove(&self, plan: &[Span]) -> Proof {
        prove(plan, |subtree| self.subtrees.get(&subtree).copied().ok_or(subtree)).unwrap()
    }
}

#[test]
fn every_inclusion_proof_is_the_rfcs_and_verifies() {
    let store = Store::new(MOST);
    for size in 1..=MOST {
        for index in 0..size {
            let proof = store.inclusion(index, size);
            assert_eq!(proof, path(index as usize, &store.leaves[..size as usize]), "{index} of {size}");
            let verdict = inclusion::verify(index, size, &store.leaf(index), &proof, &store.root(size));
            assert_eq!(verdict, Ok(()), "{index} of {size}");
        }
    }
}

#[test]
fn every_consistency_proof_is_the_rfcs_and_verifies() {
    let store = Store::new(MOST);
    for new in 1..=MOST {
        for old in 1..=new {
            let hashes = store.consistency(old, new);
            assert_eq!(hashes, proof(old as usize, &store.leaves[..new as usize]), "{old} to {new}");
            let verdict = consistency::verify(old, new, &store.root(old), &store.root(new), &hashes);
            assert_eq!(verdict, Ok(()), "{old} to {new}");
        }
    }
}

#[test]
fn no_bit_of_an_inclusion_proof_can_be_another() {
    let store = Store::new(21);
    for (index, size) in [(0, 1), (0, 8), (5, 8), (6, 7), (20, 21), (16, 21), (3, 13)] {
        let proof = store.inclusion(index, size);
        let (leaf, root) = (store.leaf(index), store.root(size));
        let verify = |leaf: &Digest, proof: &[Digest], root: &Digest| {
            inclusion::verify(index, size, leaf, proof, root)
        };
        for wrong in flipped(&proof) {
            assert_eq!(verify(&leaf, &wrong, &root), Err(ProofError::Root));
        }
        for wrong in flipped(&[leaf]) {
            assert_eq!(verify(&wrong[0], &proof, &root), Err(ProofError::Root));
        }
        for wrong in flipped(&[root]) {
            assert_eq!(verify(&leaf, &proof, &wrong[0]), Err(ProofError::Root));
        }
        for wrong in other_lengths(&proof) {
            assert_eq!(verify(&leaf, &wrong, &root), Err(ProofError::Length), "{index} of {size}");
        }
    }
}

#[test]
fn no_bit_of_a_consistency_proof_can_be_another() {
    let store = Store::new(21);
    for (old, new) in [(1, 2), (1, 8), (6, 8), (2, 5), (4, 21), (16, 21), (20, 21), (7, 13)] {
        let proof = store.consistency(old, new);
        let (before, after) = (store.root(old), store.root(new));
        let verify = |before: &Digest, after: &Digest, proof: &[Digest]| {
            consistency::verify(old, new, before, after, proof)
        };
        for wrong in flipped(&proof) {
            assert!(verify(&before, &after, &wrong).is_err());
        }
        // For a power of two the older root is what the newer one is hashed from.
        for wrong in flipped(&[before]) {
            let error = if old.is_power_of_two() { ProofError::Root } else { ProofError::OldRoot };
            assert_eq!(verify(&wrong[0], &after, &proof), Err(error));
        }
        for wrong in flipped(&[after]) {
            assert_eq!(verify(&before, &wrong[0], &proof), Err(ProofError::Root));
        }
        for wrong in other_lengths(&proof) {
            let error = verify(&before, &after, &wrong).unwrap_err();
            assert_eq!(error, ProofError::Length, "{old} to {new}, {} hashes", wrong.len());
        }
    }
}

/// A proof holds for its own leaf and sizes, and for no others.
#[test]
fn proofs_hold_where_they_were_made_for_alone() {
    let store = Store::new(17);
    for size in 1..=17 {
        for index in 0..size {
            let proof = store.inclusion(index, size);
            let holds = |at| inclusion::verify(at, size, &store.leaf(index), &proof, &store.root(size));
            assert!((0..size).all(|at| (at == index) == holds(at).is_ok()), "{index} of {size}");
        }
        for old in 1..=size {
            let proof = store.consistency(old, size);
            for other in (1..=size).filter(|other| *other != old) {
                let roots = (store.root(old), store.root(size));
                let verdict = consistency::verify(other, size, &roots.0, &roots.1, &proof);
                assert!(verdict.is_err(), "{old} as {other} to {size}");
            }
        }
    }
}

#[test]
fn what_no_proof_can_show_is_refused_before_hashing() {
    let hash = [7; 32];
    let (none, shrunk) = (ProofError::NoLeaf { index: 3, size: 3 }, ProofError::Shrunk { old: 4, new: 3 });
    assert_eq!(inclusion::plan(3, 3), Err(none));
    assert_eq!(inclusion::verify(3, 3, &hash, &[], &hash), Err(none));
    let empty = ProofError::NoLeaf { index: 0, size: 0 };
    assert_eq!(inclusion::verify(0, 0, &hash, &[], &hash), Err(empty));
    assert_eq!(consistency::plan(4, 3), Err(shrunk));
    assert_eq!(consistency::verify(4, 3, &hash, &hash, &[]), Err(shrunk));
}

#[test]
fn an_empty_tree_and_the_same_tree_need_no_hashes() {
    let (hash, other) = ([7; 32], [8; 32]);
    assert_eq!(consistency::plan(0, 5), Ok(vec![]));
    assert_eq!(consistency::plan(5, 5), Ok(vec![]));
    assert_eq!(consistency::verify(0, 5, &EMPTY_ROOT, &hash, &[]), Ok(()));
    assert_eq!(consistency::verify(0, 5, &other, &hash, &[]), Err(ProofError::OldRoot));
    assert_eq!(consistency::verify(0, 5, &EMPTY_ROOT, &hash, &[hash]), Err(ProofError::Length));
    assert_eq!(consistency::verify(0, 0, &EMPTY_ROOT, &hash, &[]), Err(ProofError::Root));
    assert_eq!(consistency::verify(5, 5, &hash, &hash, &[]), Ok(()));
    assert_eq!(consistency::verify(5, 5, &hash, &other, &[]), Err(ProofError::Root));
    assert_eq!(consistency::verify(5, 5, &hash, &hash, &[hash]), Err(ProofError::Length));
}

/// The largest trees that can be counted have proofs of 64 hashes, and nothing overflows.
#[test]
fn the_largest_trees_are_planned_and_walked() {
    let most = u64::MAX;
    assert_eq!(inclusion::plan(0, most).unwrap().len(), 64);
    let path = vec![[1; 32]; 64];
    assert_eq!(inclusion::verify(0, most, &[0; 32], &path, &[0; 32]), Err(ProofError::Root));
    let plan = consistency::plan(most - 1, most).unwrap();
    let proof = vec![[1; 32]; plan.len()];
    let verdict = consistency::verify(most - 1, most, &[0; 32], &[0; 32], &proof);
    assert_eq!(verdict, Err(ProofError::OldRoot));
}

/// The hashes with each of their bits flipped.
fn flipped(hashes: &[Digest]) -> impl Iterator<Item = Vec<Digest>> {
    (0..hashes.len() * 256).map(|bit| {
        let mut hashes = hashes.to_vec();
        hashes[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        hashes
    })
}

/// One hash less and one more, at either end.
fn other_lengths(hashes: &[Digest]) -> Vec<Vec<Digest>> {
    let mut others = vec![[hashes, &[[0; 32]]].concat(), [&[[0; 32]], hashes].concat()];
    if let [first, rest @ ..] = hashes {
        others.extend([rest.to_vec(), hashes[..rest.len()].to_vec()]);
        others.push([&[*first], hashes].concat());
    }
    others
}
