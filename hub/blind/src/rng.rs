//! The VOPRF's generation of randomness, over the house's own.

use rand_core_06::{CryptoRng, Error, RngCore};

/// A generator of today as one of rand_core 0.6.
pub(crate) struct Older<'r, R>(pub(crate) &'r mut R);

impl<R: rand::CryptoRng> RngCore for Older<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: rand::CryptoRng> CryptoRng for Older<'_, R> {}
