//! Makes the next epoch: its key, and the filter of all that is visible. The one in office goes on meanwhile.

use meldeverbund_blind::FilterBuilder;
use sha2::{Digest as _, Sha256};

use super::{Blind, begin::BeginBlindEpoch, forget::DropSet, gather, holding::Holding, off_line};
use crate::{
    flow::{Command, Failure, Lane},
    store::{BlindEpochRow, Head, Tx},
};

/// Bytes of one piece of a filter: one message on its way to an asker.
pub(super) const PIECE_BYTES: usize = 65_536;

/// Pieces that one transaction writes: a megabyte, so that nobody waits long.
const PIECES_AT_ONCE: usize = 16;

/// Makes an epoch and puts it in office; its number, or none if the job passed on.
///
/// It keeps 8 bytes a selector, and at the end the filter of 2.7 bytes a selector beside them: 107 MB at 10 million.
pub(super) async fn build(
    holding: &mut Holding<'_>,
    blind: &Blind,
    nonce: [u8; 32],
    salt: [u8; 32],
) -> Result<Option<u32>, Failure> {
    let hub = holding.hub();
    let mut reader = hub.reader().await?;
    let epoch = BlindEpochRow::newest(&mut reader).await?.map_or(1, |row| row.epoch + 1);
    // What is referred from here on comes as an increment, whether it is seen below or not.
    let seen_leaf = Head::read(&mut reader).await?.next_leaf;
    drop(reader);
    // What a build that was given up has left.
    loop {
        match holding.run(DropSet { epoch }).await? {
            Some(true) => {}
            Some(false) => break,
            None => return Ok(None),
        }
    }
    let key = blind.seed.key(&nonce, epoch);
    let (mut builder, mut place) = (FilterBuilder::default(), gather::Place::START);
    while let Some((selectors, next)) = place.next(hub).await? {
        gather::tags(&key, selectors).await?.iter().for_each(|tag| builder.add(tag));
        place = next;
        if !holding.keep().await? {
            return Ok(None);
        }
    }
    let (filter, entries, digest) = off_line(move || {
        let (filter, entries) = builder.finish();
        let digest: [u8; 32] = Sha256::digest(&filter).into();
        (filter, entries, digest)
    })
    .await?;
    for (n, bytes) in filter.chunks(PIECE_BYTES * PIECES_AT_ONCE).enumerate() {
        let first = i64::try_from(n * PIECES_AT_ONCE).expect("pieces of what is in memory");
        if holding.run(PutPieces { epoch, first, bytes: bytes.to_vec() }).await?.is_none() {
            return Ok(None);
        }
    }
    let begin = BeginBlindEpoch {
        epoch,
        nonce,
        public_key: key.public().to_bytes(),
        filter_digest: digest,
        entries,
        seen_leaf,
        salt,
        legal_basis: blind.settings().legal_basis.clone(),
        overlap_us: blind.settings().overlap_us(),
    };
    Ok(holding.run(begin).await?.map(|()| epoch))
}

/// Writes pieces of a filter whose epoch is not in office yet.
#[derive(Debug)]
struct PutPieces {
    epoch: u32,
    first: i64,
    bytes: Vec<u8>,
}

impl Command for PutPieces {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        Ok(tx.add_blind_pieces(self.epoch, self.first, self.bytes.chunks(PIECE_BYTES)).await?)
    }
}
