//! The ledger's tree, notes and tiles from outside: published vectors, other implementations, properties.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod oracle;
mod properties;
mod vectors;

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, Span, Subtree, leaf_hash, prove},
};

/// The leaves that Certificate Transparency's tests have used since RFC 6962.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

fn digest(hex: &str) -> Digest {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn published_leaves() -> Vec<Digest> {
    LEAVES.iter().map(|leaf| leaf_hash(&hex::decode(leaf).unwrap())).collect()
}

fn numbered_leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

/// The root of the first leaves.
fn root(leaves: &[Digest], size: u64) -> Digest {
    range(leaves, 0, size).root().unwrap()
}

fn range(leaves: &[Digest], begin: u64, end: u64) -> Range {
    let mut range = Range::empty(begin);
    leaves[begin as usize..end as usize].iter().for_each(|hash| range.push(*hash));
    range
}

fn subtree(leaves: &[Digest], subtree: Subtree) -> Digest {
    let Span { begin, end } = subtree.span();
    range(leaves, begin, end).hashes()[0]
}

fn proof(leaves: &[Digest], plan: &[Span]) -> Vec<Digest> {
    prove(plan, |wanted| Ok::<_, ()>(subtree(leaves, wanted))).unwrap()
}
