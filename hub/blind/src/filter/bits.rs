//! Bits in bytes, the high bit first.

/// Writes bits.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that make no byte yet, in the low end.
    pending: u64,
    count: u32,
}

/// Reads bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: u64,
}

impl BitWriter {
    /// Writes on behind these bytes.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, pending: 0, count: 0 }
    }

    /// The low bits of a number, at most 32.
    pub(super) fn low(&mut self, number: u64, bits: u32) {
        self.pending = self.pending << bits | number & ((1 << bits) - 1);
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.pending >> self.count & 0xff) as u8);
        }
    }

    /// So many 1 and a 0.
    pub(super) fn unary(&mut self, mut number: u64) {
        while number >= 32 {
            self.low(u64::from(u32::MAX), 32);
            number -= 32;
        }
        let ones = u32::try_from(number).expect("less than 32");
        self.low((1 << (ones + 1)) - 2, ones + 1);
    }

    /// The bytes, the last one filled up with 0.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let rest = (8 - self.count) % 8;
        self.low(0, rest);
        self.bytes
    }
}

impl<'a> BitReader<'a> {
    /// Reads from this bit on.
    pub(super) fn at(bytes: &'a [u8], at: u64) -> Self {
        Self { bytes, at }
    }

    /// The next bit's place.
    pub(super) fn place(&self) -> u64 {
        self.at
    }

    /// A number of so many bits, at most 32; none behind the end.
    pub(super) fn low(&mut self, bits: u32) -> Option<u64> {
        if self.at + u64::from(bits) > self.bytes.len() as u64 * 8 {
            return None;
        }
        let offset = u32::try_from(self.at % 8).expect("less than 8");
        let number = self.window() >> (64 - 32 - offset) >> (32 - bits) & ((1 << bits) - 1);
        self.at += u64::from(bits);
        Some(number)
    }

    /// How many 1 stand before the next 0; none if the end comes first.
    pub(super) fn unary(&mut self) -> Option<u64> {
        let mut number = 0;
        loop {
            let offset = u32::try_from(self.at % 8).expect("less than 8");
            let (ones, seen) = ((self.window() << offset).leading_ones().min(64 - offset), 64 - offset);
            number += u64::from(ones);
            self.at += u64::from(ones);
            if self.at >= self.bytes.len() as u64 * 8 {
                return None;
            }
            if ones < seen {
                self.at += 1;
                return Some(number);
            }
        }
    }

    /// The 8 bytes from the one that the next bit is in; 0 behind the end.
    fn window(&self) -> u64 {
        let from = usize::try_from(self.at / 8).expect("what is in memory has an index");
        let rest = self.bytes.get(from..).unwrap_or_default();
        match rest.first_chunk() {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => {
                let mut last = [0; 8];
                last[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(last)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_bits() {
        let mut writer = BitWriter::default();
        writer.unary(0);
        writer.unary(3);
        writer.low(0b101, 3);
        writer.low(1, 9);
        // 0 1110 101 | 0 0000 0001 0000000
        assert_eq!(writer.finish(), [0b0111_0101, 0b0000_0000, 0b1000_0000]);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in prop::collection::vec((0_u64..200, 1_u32..=32, any::<u64>()), 0..50)) {
            let mut writer = BitWriter::default();
            for (unary, bits, low) in &numbers {
                writer.unary(*unary);
                writer.low(*low, *bits);
            }
            let bytes = writer.finish();
            let mut reader = BitReader::at(&bytes, 0);
            for (unary, bits, low) in &numbers {
                prop_assert_eq!(reader.unary(), Some(*unary));
                prop_assert_eq!(reader.low(*bits), Some(low & ((1 << bits) - 1)));
            }
            prop_assert!(bytes.len() as u64 * 8 - reader.place() < 8);
        }
    }
}
