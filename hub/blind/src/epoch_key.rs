//! The hub's side.

use std::fmt;

use voprf::{BlindedElement, VoprfServer};

use crate::{BlindError, ELEMENT_BYTES, PROOF_BYTES, PublicKey, Selector, Suite, Tag, rng::Older};

/// Keeps the keys that are derived here apart from what else a seed could serve.
const KEY_INFO: &[u8] = b"meldeverbund blind epoch v1\0";

/// An epoch's secret key.
///
/// It is derived (RFC 9497, 3.2.1, `DeriveKeyPair`) from a seed that never is in the database and a nonce that is nowhere else:
/// whoever has one of the two has no key, and a key is gone when its nonce is.
#[derive(Clone)]
pub struct EpochKey(pub(crate) VoprfServer<Suite>);

/// Blinded elements that were read off the wire: all of them elements, none the identity.
#[derive(Debug, Clone)]
pub struct BlindedElements(Vec<BlindedElement<Suite>>);

/// The evaluations of one batch, with the one proof over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// One for each blinded element, in their order.
    pub elements: Vec<[u8; ELEMENT_BYTES]>,
    /// The proof.
    pub proof: [u8; PROOF_BYTES],
}

impl EpochKey {
    /// The key of an epoch.
    pub fn derive(seed: &[u8; 32], nonce: &[u8; 32], epoch: u32) -> Self {
        let info = [KEY_INFO, &epoch.to_be_bytes(), nonce].concat();
        let server = VoprfServer::new_from_seed(seed, &info);
        // A derived scalar of 0 is tried again 255 times; its probability is 2^-252 each time.
        Self(server.expect("seed and info are short, and one of 256 scalars is not 0"))
    }

    /// Its public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.get_public_key())
    }

    /// What the set holds of a selector.
    pub fn tag(&self, selector: &Selector) -> Tag {
        let output = self.0.evaluate(&selector.input());
        Tag::of(&output.expect("an input is short, and no hash is known that gives the identity"))
    }

    /// Evaluates a batch, with one proof over all of it. The randomness blinds the proof alone.
    pub fn evaluate(&self, batch: &BlindedElements, rng: &mut impl rand::CryptoRng) -> Evaluated {
        let result = self.0.batch_blind_evaluate(&mut Older(rng), &batch.0);
        let result = result.expect("a batch that was read has a length that a proof can cover");
        Evaluated {
            elements: result.messages.iter().map(|element| element.serialize().into()).collect(),
            proof: result.proof.serialize().into(),
        }
    }
}

/// Without the key.
impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey(..)")
    }
}

impl BlindedElements {
    /// Reads blinded elements off the wire.
    ///
    /// # Errors
    /// Which of them is no element, or the identity; or that there are none or too many.
    pub fn read<T: AsRef<[u8]>>(elements: &[T]) -> Result<Self, BlindError> {
        if elements.is_empty() || u16::try_from(elements.len()).is_err() {
            return Err(BlindError::Batch);
        }
        let read = elements.iter().enumerate().map(|(position, bytes)| {
            let bytes = exactly(bytes.as_ref()).ok_or(BlindError::Element { position })?;
            BlindedElement::deserialize(bytes).map_err(|_| BlindError::Element { position })
        });
        read.collect::<Result<_, _>>().map(Self)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: there is no empty batch.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The library reads a prefix; the wire's elements have nothing behind it.
pub(crate) fn exactly(bytes: &[u8]) -> Option<&[u8]> {
    (bytes.len() == ELEMENT_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_nonce_and_epoch_make_the_key() {
        let key = |seed, nonce, epoch| EpochKey::derive(&[seed; 32], &[nonce; 32], epoch).public();
        assert_eq!(key(1, 2, 3), key(1, 2, 3));
        assert_ne!(key(1, 2, 3), key(4, 2, 3));
        assert_ne!(key(1, 2, 3), key(1, 4, 3));
        assert_ne!(key(1, 2, 3), key(1, 2, 4));
        let golden = "6a15830ffac9be5602999d4d5c94449bad65bdc9cf67edec78a32734064f9e33";
        assert_eq!(hex::encode(key(1, 2, 3).to_bytes()), golden, "epochs that were made must be found again");
    }

    #[test]
    fn what_is_no_element_is_refused() {
        let good = EpochKey::derive(&[1; 32], &[2; 32], 3).public().to_bytes();
        assert_eq!(BlindedElements::read(&[good, good]).map(|batch| batch.len()), Ok(2));
        let identity = [0; 32];
        let not_canonical = [0xff; 32];
        for bad in [&identity[..], &not_canonical, &good[1..], &[&good[..], &[0]].concat(), &[]] {
            let read = BlindedElements::read(&[&good[..], bad]);
            assert_eq!(read.unwrap_err(), BlindError::Element { position: 1 });
        }
        assert_eq!(BlindedElements::read::<&[u8]>(&[]).unwrap_err(), BlindError::Batch);
        assert_eq!(BlindedElements::read(&vec![good; 65_536]).unwrap_err(), BlindError::Batch);
    }
}
