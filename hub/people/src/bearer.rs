//! From the text of a token to an officer.

use std::{sync::Arc, time::SystemTime};

use openidconnect::{
    ClaimsVerificationError, ClientId, IdTokenVerifier, IssuerUrl, JsonWebTokenType, Nonce,
    SignatureVerificationError, core::CoreJsonWebKey,
};

use crate::{
    Issuers, Officer, Proceedings, Role, TokenDigest, TokenRefusal, checks,
    claims::{Claims, Token},
    header::{self, ALGORITHMS, TYPES},
    issuers::Issuer,
    metadata::Known,
};

/// Names are shown, and kept in sessions and logs: nobody's is longer.
const NAME_CHARS: usize = 200;

impl Issuers {
    /// Checks a token that somebody showed as their own: an ID token or a JWT access token (RFC 9068).
    ///
    /// Whoever shows it has it, no more: bind it to the connection's agency ([`Officer::agency`]), and keep it out of
    /// logs.
    ///
    /// # Errors
    /// Why it is not believed; [`TokenRefusal::is_temporary`] if its issuer is away.
    pub async fn verify_bearer(&self, token: &str, now: SystemTime) -> Result<Officer, TokenRefusal> {
        let unverified = header::read(token, &TYPES)?;
        let issuer = self.find(&unverified.issuer).ok_or(TokenRefusal::UnknownIssuer)?;
        let audience = issuer.settings.audience.as_ref().unwrap_or(&issuer.settings.client_id);
        issuer.verify(token, &Expected { audience, nonce: None }, now).await
    }
}

/// What a token must answer to.
pub(crate) struct Expected<'e> {
    pub(crate) audience: &'e str,
    /// The nonce of the sign-in that it belongs to; a bearer token has none that we know.
    pub(crate) nonce: Option<&'e Nonce>,
}

impl Issuer {
    /// Verifies a token of this issuer whose form was read already; asks for newer keys once.
    pub(crate) async fn verify(
        &self,
        token: &str,
        expected: &Expected<'_>,
        now: SystemTime,
    ) -> Result<Officer, TokenRefusal> {
        let parsed: Token = token.parse().map_err(|_| TokenRefusal::Malformed)?;
        let known = self.provider.known(now).await.map_err(TokenRefusal::IssuerUnavailable)?;
        let claims = match self.signed(&parsed, &known, expected, now) {
            // A key may have been replaced under its old name, so a wrong signature is worth the question too.
            Err(refusal @ (TokenRefusal::UnknownKey | TokenRefusal::Signature)) => {
                let newer = self.provider.newer(&known, now).await.ok_or(refusal)?;
                self.signed(&parsed, &newer, expected, now)?
            }
            claims => claims?,
        };
        let (authenticated_at, valid_until) = checks::check(claims, &self.settings, now)?;
        self.officer(claims, authenticated_at, valid_until, TokenDigest::of(token))
    }

    /// What the library verifies: issuer, audience, algorithm, signature, end, nonce.
    fn signed<'t>(
        &self,
        token: &'t Token,
        known: &Arc<Known>,
        expected: &Expected<'_>,
        now: SystemTime,
    ) -> Result<&'t Claims, TokenRefusal> {
        let client = ClientId::new(expected.audience.to_owned());
        let issuer: IssuerUrl = known.metadata.issuer().clone();
        let types = TYPES.iter().filter_map(|typ| JsonWebTokenType::new((*typ).to_owned()).normalize().ok());
        let verifier: IdTokenVerifier<'_, CoreJsonWebKey> =
            IdTokenVerifier::new_public_client(client, issuer, known.keys.clone())
                .set_allowed_algs(ALGORITHMS)
                .set_allowed_jose_types(types)
                .set_time_fn(|| now.into());
        let nonce = |found: Option<&Nonce>| match expected.nonce {
            Some(sent) => openidconnect::NonceVerifier::verify(sent, found),
            None => Ok(()),
        };
        token.claims(&verifier, nonce).map_err(|error| refusal(&error))
    }

    fn officer(
        &self,
        claims: &Claims,
        authenticated_at: SystemTime,
        valid_until: SystemTime,
        token: TokenDigest,
    ) -> Result<Officer, TokenRefusal> {
        let own = claims.additional_claims();
        let roles = own.roles(&self.settings.roles_claim, &self.settings.roles)?;
        let proceedings = match &self.settings.proceedings_claim {
            // Nobody else needs them, so nobody else's are kept.
            Some(claim) if roles.contains(&Role::Prosecutor) => own.proceedings(claim)?,
            _ => Proceedings::default(),
        };
        Ok(Officer {
            subject: claims.subject().to_string(),
            issuer: self.settings.issuer.clone(),
            agency: self.settings.agency.clone(),
            roles,
            proceedings,
            name: name(claims),
            authenticated_at,
            valid_until,
            acr: claims.auth_context_ref().map(|acr| acr.to_string()),
            amr: claims.auth_method_refs().into_iter().flatten().map(|method| method.to_string()).collect(),
            session: own.sid.clone(),
            token,
        })
    }
}

/// What people read: the full name, or what the person signs in with. Direction marks and the like could make one
/// name look like another.
fn name(claims: &Claims) -> Option<String> {
    let full = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    let name = full.or_else(|| claims.preferred_username().map(|name| name.as_str()))?;
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = name.trim().chars().filter(shown).take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// The library's texts quote the token's claims; only their kind is kept.
fn refusal(error: &ClaimsVerificationError) -> TokenRefusal {
    use SignatureVerificationError as Signed;
    match error {
        ClaimsVerificationError::Expired(_) => TokenRefusal::Expired,
        ClaimsVerificationError::InvalidAudience(_) => TokenRefusal::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => TokenRefusal::UnknownIssuer,
        ClaimsVerificationError::InvalidNonce(_) => TokenRefusal::Nonce,
        ClaimsVerificationError::Unsupported(_) => TokenRefusal::Type,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            Signed::NoMatchingKey | Signed::AmbiguousKeyId(_) | Signed::InvalidKey(_) => {
                TokenRefusal::UnknownKey
            }
            Signed::CryptoError(_) => TokenRefusal::Signature,
            Signed::DisallowedAlg(_) | Signed::NoSignature | Signed::UnsupportedAlg(_) => {
                TokenRefusal::Algorithm
            }
            _ => TokenRefusal::Signature,
        },
        _ => TokenRefusal::Malformed,
    }
}
