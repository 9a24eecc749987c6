use crate::v1::RefusalCode;

/// Why a text has no canonical form; a closed list whose sentences never repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkError {
    /// Nothing but blanks.
    #[error("the link is empty")]
    Empty,
    /// The input is longer than [`LINK_BYTES`](crate::limits::LINK_BYTES).
    #[error("the link is longer than 4,096 bytes")]
    TooLong,
    /// Percent-encoding makes it longer than [`LINK_BYTES`](crate::limits::LINK_BYTES).
    #[error("the link is longer than 4,096 bytes once its letters are percent-encoded")]
    CanonicalTooLong,
    /// A tab, a line break or another control character stands inside.
    #[error("the link contains a tab, a line break or another control character")]
    ControlCharacter,
    /// It does not begin with a scheme.
    #[error("the link does not begin with a scheme such as https://")]
    NoScheme,
    /// It has another scheme than the three.
    #[error("the link's scheme is not http, https or ftp")]
    Scheme,
    /// A `data:` URL.
    #[error("a data: URL carries content; refer a link to it instead")]
    Content,
    /// It has no host.
    #[error("the link has no host")]
    NoHost,
    /// The host has a character or label that no host name has, or invalid IDNA.
    #[error("the link's host is not a host name")]
    Host,
    /// The host is longer than DNS carries.
    #[error("the link's host is longer than 253 characters, or one of its labels longer than 63")]
    HostLength,
    /// A backslash before an `@`: some programs read one host, some the other.
    #[error("the link's host can be read in two ways, because a backslash stands before an @")]
    AmbiguousHost,
    /// An IPv4 or IPv6 address that is none.
    #[error("the link's host looks like an IP address and is none")]
    Address,
    /// The port is not a number up to 65,535.
    #[error("the link's port is not a number up to 65535")]
    Port,
    /// An onion host without a v3 address.
    #[error("the link's onion host is not a version 3 address of 56 characters")]
    Onion,
    /// An onion v3 address with a letter wrong.
    #[error("the link's onion address has a wrong checksum")]
    OnionChecksum,
}

impl LinkError {
    /// The contract's refusal code.
    pub fn code(self) -> RefusalCode {
        match self {
            Self::Empty | Self::ControlCharacter | Self::NoScheme | Self::Port => RefusalCode::LinkInvalid,
            Self::TooLong | Self::CanonicalTooLong => RefusalCode::TooLarge,
            Self::Scheme => RefusalCode::LinkScheme,
            Self::Content => RefusalCode::ContentForbidden,
            Self::NoHost
            | Self::Host
            | Self::HostLength
            | Self::AmbiguousHost
            | Self::Address
            | Self::Onion
            | Self::OnionChecksum => RefusalCode::LinkHost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LINK_BYTES;

    #[test]
    fn the_sentence_names_the_limit() {
        let limit = format!("{},{:03} bytes", LINK_BYTES / 1000, LINK_BYTES % 1000);
        for error in [LinkError::TooLong, LinkError::CanonicalTooLong] {
            assert!(error.to_string().contains(&limit), "{error}");
        }
    }
}
