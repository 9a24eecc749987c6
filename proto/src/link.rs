//! Canonical links v1 (stub until the rules land).

/// The one spelling of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalLink(String);

/// SHA-256 over a domain tag and the canonical spelling; as sensitive as the link itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId([u8; 32]);

/// Why a text is not a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Stub.
    #[error("not a URL")]
    Unreadable,
}

impl CanonicalLink {
    /// Canonical form v1 of a link.
    ///
    /// # Errors
    /// Why it has none.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        Ok(Self(link.to_owned()))
    }
    /// The spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Its id.
    pub fn id(&self) -> LinkId {
        use sha2::Digest as _;
        LinkId(
            sha2::Sha256::new_with_prefix(b"meldeverbund link v1\0")
                .chain_update(self.0.as_bytes())
                .finalize()
                .into(),
        )
    }
    /// The registrable domain (public suffix plus one label); none for addresses.
    pub fn registrable_domain(&self) -> Option<&str> {
        None
    }
}

impl LinkId {
    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// An id can be guessed back to its link.
impl std::fmt::Debug for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkId(..)")
    }
}

impl LinkError {
    /// The refusal code.
    pub fn code(self) -> crate::v1::RefusalCode {
        crate::v1::RefusalCode::LinkInvalid
    }
}
