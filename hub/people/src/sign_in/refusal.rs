//! Why nobody is signed in: a closed list. No text holds a code, a state or a token.

use crate::{FetchError, IssuerError, TokenRefusal};

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// The attempt names no issuer of this configuration.
    #[error("there is no such issuer")]
    UnknownIssuer,
    /// The issuer could not be asked about itself.
    #[error("the issuer cannot be asked")]
    IssuerUnavailable(#[source] IssuerError),
    /// The issuer offers no code flow with a token endpoint.
    #[error("the issuer offers no code flow")]
    NoCodeFlow,
    /// The return address holds something twice, too much, or not what a return holds.
    #[error("the return from the issuer is malformed")]
    Malformed,
    /// The return is not this browser's: forged, from another attempt, or an old one.
    #[error("the return does not belong to this sign-in")]
    State,
    /// The attempt was begun too long ago.
    #[error("the sign-in took too long")]
    TooLate,
    /// The return comes from another issuer than the attempt was begun with (RFC 9207).
    #[error("the return comes from another issuer")]
    MixedUp,
    /// The issuer says no.
    #[error("the issuer declined: {0}")]
    Declined(Declined),
    /// The token endpoint could not be asked, or its answer is no token answer.
    #[error("the issuer's token endpoint cannot be used")]
    TokenEndpoint(#[source] Option<FetchError>),
    /// The issuer does not take the code: made up, used, or not ours.
    #[error("the issuer does not accept the code")]
    Code,
    /// The issuer gave no ID token.
    #[error("the issuer gave no ID token")]
    NoToken,
    /// The ID token is not believed.
    #[error("the ID token is refused: {0}")]
    Token(#[from] TokenRefusal),
}

/// What an issuer says instead of yes (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6), as far as it means something
/// to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// The person did not go through with it, or may not.
    #[error("access denied")]
    Denied,
    /// The issuer is overloaded or under repair.
    #[error("temporarily unavailable")]
    Unavailable,
    /// The authentication does not reach what was asked for.
    #[error("the required authentication is not possible")]
    Unmet,
    /// Something is wrong with how we are configured there.
    #[error("it does not accept the request")]
    Request,
}

impl SignInRefusal {
    /// A short name for metrics, logs and the page that the person sees.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => "unknown_issuer",
            Self::IssuerUnavailable(_) => "issuer_unavailable",
            Self::NoCodeFlow => "no_code_flow",
            Self::Malformed => "malformed_return",
            Self::State => "state",
            Self::TooLate => "too_late",
            Self::MixedUp => "mixed_up",
            Self::Declined(Declined::Denied) => "denied",
            Self::Declined(Declined::Unavailable) => "issuer_unavailable",
            Self::Declined(Declined::Unmet) => "unmet",
            Self::Declined(Declined::Request) => "request",
            Self::TokenEndpoint(_) => "token_endpoint",
            Self::Code => "code",
            Self::NoToken => "no_token",
            Self::Token(refusal) => refusal.code(),
        }
    }
}
