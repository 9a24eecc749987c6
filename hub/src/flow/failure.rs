//! Why a command did not do what it was asked: the rules said no, or the hub failed.

use meldeverbund_proto::v1::Refusal;

use crate::{ledger::LedgerError, store::StoreError};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The rules say no; nothing was written.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The database failed; nothing was written.
    #[error("the database")]
    Store(#[from] StoreError),
    /// The ledger could not be signed; what was written is durable, and told when the same command comes again.
    #[error("the ledger")]
    Ledger(#[from] LedgerError),
}

impl Failure {
    /// What a call fails with whose task panicked.
    pub fn panicked() -> Self {
        Self::Store(StoreError::Panicked)
    }

    /// True if the same command may succeed later without anybody changing it.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code().is_passing(),
            Self::Store(error) => error.is_passing(),
            Self::Ledger(error) => error.is_passing(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// An error and its causes in one line, for the log.
pub fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use meldeverbund_proto::v1::RefusalCode;

    #[test]
    fn what_passes_and_what_does_not() {
        assert!(Failure::from(StoreError::Stopped).is_passing());
        assert!(!Failure::panicked().is_passing());
        assert!(Failure::from(Refusal::of(RefusalCode::RateLimited, "too fast")).is_passing());
        assert!(!Failure::from(Refusal::of(RefusalCode::CaseClosed, "closed")).is_passing());
    }
}
