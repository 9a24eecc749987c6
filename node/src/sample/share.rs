//! One list seen by several offices: overlapping shares.

use super::{
    SampleLine, SampleList,
    rng::{Rng, Stream},
};

/// The part of a list that one office has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    list: SampleList,
    office: u64,
    offices: u64,
    overlap_percent: u32,
}

impl SampleList {
    /// Overlapping shares, one for each office. Every line is in at least one; every other office has it too in so many
    /// of a hundred cases (0: the shares are apart; 100: each is the whole list).
    pub fn shares(&self, offices: usize, overlap_percent: u32) -> Vec<Share> {
        let offices = offices as u64;
        (0..offices).map(|office| Share { list: *self, office, offices, overlap_percent }).collect()
    }
}

impl Share {
    /// The lines of the share, in the order of the list and with their numbers there.
    pub fn iter(&self) -> impl Iterator<Item = SampleLine> + Send + use<> {
        let share = *self;
        let writer = super::Writer { list: share.list, hosts: super::Hosts::new(share.list.seed) };
        let kinds = share.list.kinds().filter(move |(number, _)| share.has(*number));
        kinds.map(move |(number, kind)| writer.line(number, kind))
    }

    /// How many lines it has.
    pub fn lines(&self) -> u64 {
        (0..self.list.lines).filter(|number| self.has(*number)).count() as u64
    }

    /// How many different links it has.
    pub fn distinct(&self) -> u64 {
        self.targets().iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// How many different links it has in common with another share of the same list.
    pub fn common(&self, other: &Self) -> u64 {
        let (mine, theirs) = (self.targets(), other.targets());
        mine.iter().zip(&theirs).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// One bit for each link of the list.
    fn targets(&self) -> Vec<u64> {
        let mut bits = Vec::new();
        for (_, kind) in self.list.kinds().filter(|(number, _)| self.has(*number)) {
            let Some(target) = kind.target() else { continue };
            let word = (target / 64) as usize;
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            bits[word] |= 1 << (target % 64);
        }
        bits
    }

    fn has(&self, number: u64) -> bool {
        let seed = self.list.seed;
        let home = Rng::of(seed, Stream::Home, number).below(self.offices);
        let mut overlap = Rng::of(seed ^ self.office, Stream::Overlap, number);
        home == self.office || overlap.below(100) < u64::from(self.overlap_percent)
    }
}
