//! The set of an epoch: its filter, and what came since.

use std::collections::HashSet;

use meldeverbund_blind::{Filter, FilterError, Tag, tags_from_bytes};
use meldeverbund_proto::v1::BlindEpoch;
use sha2::{Digest as _, Sha256};

/// A set, as of its newest increment.
#[derive(Debug)]
pub struct BlindSet {
    epoch: u32,
    filter: Filter,
    since: HashSet<Tag>,
    newest_increment: u32,
}

/// Bytes are not the set that the hub names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Other bytes than those whose digest stands with the epoch.
    #[error("the filter is not the one whose digest stands with the epoch")]
    Digest,
    /// They are no filter.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// An increment is none, or one is missing before it.
    #[error("an increment is damaged, or one before it is missing")]
    Increment,
}

impl BlindSet {
    /// A set of its filter alone.
    ///
    /// # Errors
    /// If the bytes are not the filter that the epoch names.
    pub fn of_filter(epoch: &BlindEpoch, filter: Vec<u8>) -> Result<Self, SetError> {
        if Sha256::digest(&filter)[..] != epoch.filter_digest[..] {
            return Err(SetError::Digest);
        }
        let filter = Filter::read(filter)?;
        Ok(Self { epoch: epoch.epoch, filter, since: HashSet::new(), newest_increment: 0 })
    }

    /// Takes the next increment.
    ///
    /// # Errors
    /// If it is damaged, or not the next.
    pub fn add(&mut self, number: u32, tags: &[u8]) -> Result<(), SetError> {
        if number != self.newest_increment + 1 {
            return Err(SetError::Increment);
        }
        self.since.extend(tags_from_bytes(tags).ok_or(SetError::Increment)?);
        self.newest_increment = number;
        Ok(())
    }

    /// Its epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// As of which increment.
    pub fn newest_increment(&self) -> u32 {
        self.newest_increment
    }

    /// Whether a tag is in it; the filter alone has false hits.
    pub fn contains(&self, tag: &Tag) -> bool {
        self.since.contains(tag) || self.filter.contains(tag)
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_blind::{FilterBuilder, tags_to_bytes};

    use super::*;

    fn tag(number: u8) -> Tag {
        Tag([number; 16])
    }

    fn of(tags: &[Tag]) -> (BlindEpoch, Vec<u8>) {
        let mut builder = FilterBuilder::default();
        tags.iter().for_each(|tag| builder.add(tag));
        let (filter, _) = builder.finish();
        let filter_digest = Sha256::digest(&filter).to_vec();
        (BlindEpoch { epoch: 3, filter_digest, ..BlindEpoch::default() }, filter)
    }

    #[test]
    fn a_set_is_its_filter_and_what_came_since() {
        let (epoch, filter) = of(&[tag(1), tag(2)]);
        let mut set = BlindSet::of_filter(&epoch, filter).unwrap();
        assert!(set.contains(&tag(2)) && !set.contains(&tag(9)));
        set.add(1, &tags_to_bytes(vec![tag(9)])).unwrap();
        assert!(set.contains(&tag(9)) && !set.contains(&tag(8)));
        assert_eq!((set.epoch(), set.newest_increment()), (3, 1));
        assert_eq!(set.add(3, &[]), Err(SetError::Increment), "the second is missing");
        assert_eq!(set.add(2, &[0; 15]), Err(SetError::Increment));
    }

    #[test]
    fn a_filter_that_the_epoch_does_not_name_is_not_taken() {
        let (epoch, mut filter) = of(&[tag(1)]);
        *filter.last_mut().unwrap() ^= 1;
        assert_eq!(BlindSet::of_filter(&epoch, filter).unwrap_err(), SetError::Digest);
    }
}
