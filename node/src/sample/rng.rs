//! Numbers from a seed, the same on every machine and for ever.

/// SplitMix64 (Steele, Lea, Flood 2014): small, quick, and stated here in full, so that no library can change a list.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

/// What a stream of numbers is for; streams of one seed do not touch each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Line = 1,
    Junk,
    Target,
    Found,
    Respelled,
    Twin,
    Onion,
    Home,
    Overlap,
    Row,
    Defanged,
}

impl Rng {
    /// The numbers of one item of a stream.
    pub(super) fn of(seed: u64, stream: Stream, item: u64) -> Self {
        let key = Self(seed).next()
            ^ Self(stream as u64).next().rotate_left(17)
            ^ Self(item).next().rotate_left(31);
        Self(key)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below a bound, which is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of a product is even enough for lists; bounds are far below 2^64.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// True in so many of a thousand cases.
    pub(super) fn per_mille(&mut self, n: u32) -> bool {
        self.below(1000) < u64::from(n)
    }

    /// One of some.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        let mut rng = Rng(0);
        assert_eq!([rng.next(), rng.next()], [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]);
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut rng = Rng::of(1, Stream::Line, 2);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[rng.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
    }
}
