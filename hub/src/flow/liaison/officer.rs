//! The person who asks, as a verified token names them.

/// A liaison officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Who vouches for them.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
}
