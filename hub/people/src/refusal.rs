//! Why a token is not believed: a closed list. No text holds a part of the token.

use crate::IssuerError;

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// Longer than any honest token.
    #[error("the token is too large")]
    TooLarge,
    /// Not three parts of base64url, or not the JSON that OpenID Connect asks for.
    #[error("the token is malformed")]
    Malformed,
    /// Made for something else: a logout, an encrypted token, or with extensions that must be understood.
    #[error("the token is of a type that is not accepted here")]
    Type,
    /// No signature, a shared secret, or an algorithm that is not on the list.
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// No issuer of this configuration.
    #[error("the token's issuer is not known here")]
    UnknownIssuer,
    /// The issuer's keys could not be had.
    #[error("the token's issuer cannot be asked for its keys")]
    IssuerUnavailable(#[source] IssuerError),
    /// The issuer has no key that fits, not even after asking again.
    #[error("the token is signed with a key that its issuer does not have")]
    UnknownKey,
    /// The signature is not the issuer's.
    #[error("the token's signature is wrong")]
    Signature,
    /// Meant for somebody else, or for somebody else too.
    #[error("the token is meant for another audience")]
    Audience,
    /// Given to another client than ours.
    #[error("the token was issued to another client")]
    AuthorizedParty,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time, or the time of its making, is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Valid for longer than a shift.
    #[error("the token is valid for too long")]
    LivesTooLong,
    /// Not the answer to this sign-in.
    #[error("the token does not belong to this sign-in")]
    Nonce,
    /// Bound to a key (RFC 7800): whoever shows it would have to prove that key.
    #[error("the token is bound to a key and cannot be used alone")]
    BoundToKey,
    /// Not authenticated at a level that policy asks for.
    #[error("the token does not say that the person was authenticated strongly enough (acr)")]
    AuthenticationContext,
    /// Not authenticated by all methods that policy asks for.
    #[error("the token does not say that the person was authenticated by the required methods (amr)")]
    AuthenticationMethods,
    /// Authenticated too long ago, or it is not said when.
    #[error("the person was authenticated too long ago")]
    AuthenticationAge,
    /// No name for the person that could be kept.
    #[error("the token's subject is empty or too long")]
    Subject,
    /// The roles' claim is there but no list of texts; guessing would give rights by accident.
    #[error("the token's roles are not a list of names")]
    RolesNotAList,
    /// The claim for a prosecutor's own proceedings is there, but is no list of references; guessing would open files by accident.
    #[error("the token's proceedings are not a list of references")]
    ProceedingsNotAList,
    /// Nothing that this person may do here.
    #[error("the token gives the person no role here")]
    NoRole,
}

impl TokenRefusal {
    /// A short name for metrics and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::UnknownIssuer => "unknown_issuer",
            Self::IssuerUnavailable(_) => "issuer_unavailable",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized_party",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::LivesTooLong => "lives_too_long",
            Self::Nonce => "nonce",
            Self::BoundToKey => "bound_to_key",
            Self::AuthenticationContext => "acr",
            Self::AuthenticationMethods => "amr",
            Self::AuthenticationAge => "authentication_age",
            Self::Subject => "subject",
            Self::RolesNotAList => "roles_not_a_list",
            Self::ProceedingsNotAList => "proceedings_not_a_list",
            Self::NoRole => "no_role",
        }
    }

    /// Whether the same token may be believed a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::IssuerUnavailable(_))
    }
}
