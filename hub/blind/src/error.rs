/// What was exchanged is not what the protocol asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlindError {
    /// An element is none of ristretto255, or the identity.
    #[error("element {position} is not a serialised element of ristretto255 other than the identity")]
    Element {
        /// Which, from 0.
        position: usize,
    },
    /// Nothing, or more than one proof can cover.
    #[error("a batch has 1 to 65,535 elements")]
    Batch,
    /// The public key is none.
    #[error("the public key is not a serialised element of ristretto255 other than the identity")]
    PublicKey,
    /// Another number of evaluations than of questions.
    #[error("there are {found} evaluations of {expected} questions")]
    Count {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The proof does not show that these elements were evaluated under this key.
    #[error("the proof does not show that the elements were evaluated under the epoch's key")]
    Proof,
    /// A saved question is damaged.
    #[error("what was kept of the questions is damaged")]
    Saved,
}
