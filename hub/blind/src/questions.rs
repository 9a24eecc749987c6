//! The asker's side.

use voprf::{EvaluationElement, Proof, VoprfClient};
use zeroize::Zeroizing;

use crate::{
    BlindError, ELEMENT_BYTES, PROOF_BYTES, PublicKey, Selector, Suite, Tag, epoch_key::exactly, rng::Older,
};

/// Bytes of one saved question: its blind (a scalar) and its blinded element.
const SAVED_BYTES: usize = 64;

/// One batch of questions with what blinds them: as secret as the selectors, for whoever has seen the batch.
pub struct Questions {
    inputs: Vec<Vec<u8>>,
    clients: Vec<VoprfClient<Suite>>,
    elements: Vec<[u8; ELEMENT_BYTES]>,
}

impl Questions {
    /// Blinds selectors, each with a scalar of its own.
    pub fn blind(selectors: &[Selector], rng: &mut impl rand::CryptoRng) -> Self {
        let inputs = selectors.iter().map(Selector::input).collect();
        Self::blind_inputs(inputs, rng)
    }

    /// What the hub is sent, in the selectors' order: uniformly random, whatever the selectors are.
    pub fn elements(&self) -> &[[u8; ELEMENT_BYTES]] {
        &self.elements
    }

    /// Verifies the hub's proof, and unblinds its evaluations: each selector's tag, in their order.
    ///
    /// # Errors
    /// If the proof does not show that exactly these elements were evaluated under this key.
    pub fn finish<T: AsRef<[u8]>>(
        &self,
        key: &PublicKey,
        evaluated: &[T],
        proof: &[u8],
    ) -> Result<Vec<Tag>, BlindError> {
        let outputs = self.outputs(key, evaluated, proof)?;
        Ok(outputs.iter().map(|output| Tag::of(output)).collect())
    }

    /// What has to be kept to finish later, or to send the same batch again. Secret.
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.clients.iter().flat_map(|client| client.serialize()).collect())
    }

    /// Questions as they were saved, about the same selectors in the same order.
    ///
    /// # Errors
    /// If the bytes are not what was saved of so many questions.
    pub fn restore(selectors: &[Selector], saved: &[u8]) -> Result<Self, BlindError> {
        let (saved, rest) = saved.as_chunks::<SAVED_BYTES>();
        if saved.len() != selectors.len() || !rest.is_empty() {
            return Err(BlindError::Saved);
        }
        let clients: Result<Vec<_>, _> = saved.iter().map(|bytes| VoprfClient::deserialize(bytes)).collect();
        let elements = saved.iter().map(|bytes| *bytes.last_chunk().expect("64 bytes end with 32")).collect();
        let inputs = selectors.iter().map(Selector::input).collect();
        Ok(Self { inputs, clients: clients.map_err(|_| BlindError::Saved)?, elements })
    }

    fn blind_inputs(inputs: Vec<Vec<u8>>, rng: &mut impl rand::CryptoRng) -> Self {
        let mut rng = Older(rng);
        let (mut clients, mut elements) = (Vec::new(), Vec::new());
        for input in &inputs {
            let blinded = VoprfClient::blind(input, &mut rng);
            let blinded = blinded.expect("an input is short, and no hash is known that gives the identity");
            elements.push(blinded.message.serialize().into());
            clients.push(blinded.state);
        }
        Self { inputs, clients, elements }
    }

    fn outputs<T: AsRef<[u8]>>(
        &self,
        key: &PublicKey,
        evaluated: &[T],
        proof: &[u8],
    ) -> Result<Vec<Vec<u8>>, BlindError> {
        let (found, expected) = (evaluated.len(), self.clients.len());
        if found != expected {
            return Err(BlindError::Count { found, expected });
        }
        let proof = Some(proof).filter(|proof| proof.len() == PROOF_BYTES).ok_or(BlindError::Proof)?;
        let proof = Proof::<Suite>::deserialize(proof).map_err(|_| BlindError::Proof)?;
        let read = evaluated.iter().enumerate().map(|(position, bytes)| {
            let bytes = exactly(bytes.as_ref()).ok_or(BlindError::Element { position })?;
            EvaluationElement::<Suite>::deserialize(bytes).map_err(|_| BlindError::Element { position })
        });
        let evaluated: Vec<_> = read.collect::<Result<_, _>>()?;
        let outputs = VoprfClient::batch_finalize(&self.inputs, &self.clients, &evaluated, &proof, key.0);
        let outputs = outputs.map_err(|_| BlindError::Proof)?;
        outputs.map(|output| output.map(|bytes| bytes.to_vec()).map_err(|_| BlindError::Proof)).collect()
    }
}

/// Without what is asked.
impl std::fmt::Debug for Questions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Questions({})", self.elements.len())
    }
}

#[cfg(test)]
mod tests;
