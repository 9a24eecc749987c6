//! The person behind a call, as a verified token names them.

/// An officer: one who asks, or one who decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Who vouches for them.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
}
