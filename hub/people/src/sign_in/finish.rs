//! The way back: from the browser's return to an officer.

use std::{fmt, time::SystemTime};

use openidconnect::{AuthorizationCode, RedirectUrl, RequestTokenError, TokenResponse as _};
use zeroize::Zeroizing;

use super::{Attempt, Callback, SignInRefusal, client::Tokens};
use crate::{
    Issuers, Officer,
    bearer::Expected,
    header::{self, ID_TYPES},
    issuers::Issuer,
    metadata::Known,
};

impl Issuers {
    /// Finishes an attempt. Whoever begins a session with it sees to it that it was not used before
    /// ([`Attempt::digest`]).
    ///
    /// The tokens that come along are dropped: nothing is asked with them.
    ///
    /// # Errors
    /// Why nobody is signed in.
    pub async fn finish_sign_in(
        &self,
        attempt: &Attempt,
        return_to: &RedirectUrl,
        callback: Callback,
        now: SystemTime,
    ) -> Result<Officer, SignInRefusal> {
        let signed_in = self.finish_sign_in_with_token(attempt, return_to, callback, now).await?;
        Ok(signed_in.officer)
    }

    /// Finishes an attempt of a program that shows the ID token elsewhere on the person's behalf (RFC 8252).
    ///
    /// # Errors
    /// Why nobody is signed in.
    pub async fn finish_sign_in_with_token(
        &self,
        attempt: &Attempt,
        return_to: &RedirectUrl,
        callback: Callback,
        now: SystemTime,
    ) -> Result<SignedIn, SignInRefusal> {
        let issuer = self.find(attempt.issuer()).ok_or(SignInRefusal::UnknownIssuer)?;
        // Before anything else of the return is looked at, errors included: anybody can write an address.
        if callback.state.as_deref() != Some(attempt.state().secret().as_str()) {
            return Err(SignInRefusal::State);
        }
        if !attempt.is_under_way(now) {
            return Err(SignInRefusal::TooLate);
        }
        let known = issuer.provider.known(now).await.map_err(SignInRefusal::IssuerUnavailable)?;
        check_origin(issuer, &known, &callback)?;
        if let Some(declined) = callback.declined() {
            return Err(SignInRefusal::Declined(declined));
        }
        let code = callback.code.filter(|code| !code.is_empty()).ok_or(SignInRefusal::Malformed)?;
        let tokens = issuer.exchange(&known, attempt, return_to, code).await?;
        let token = Zeroizing::new(tokens.id_token().ok_or(SignInRefusal::NoToken)?.to_string());
        // Its issuer is compared below, with the one that was asked.
        header::read(&token, &ID_TYPES)?;
        let expected = Expected { audience: &issuer.settings.client_id, nonce: Some(&attempt.nonce()) };
        let officer = issuer.verify(&token, &expected, now).await?;
        Ok(SignedIn { officer, token })
    }
}

/// A person, and the ID token that says so.
pub struct SignedIn {
    /// The person.
    pub officer: Officer,
    /// Whoever has it is believed to be that person, until it ends: shown nowhere.
    pub token: Zeroizing<String>,
}

/// Never the token.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("officer", &self.officer).finish_non_exhaustive()
    }
}

/// RFC 9207 2.4: whoever says that it names itself must do so, and whoever names itself must be the one.
fn check_origin(issuer: &Issuer, known: &Known, callback: &Callback) -> Result<(), SignInRefusal> {
    let promised = known.metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match &callback.issuer {
        Some(name) if *name != issuer.settings.issuer => Err(SignInRefusal::MixedUp),
        None if promised => Err(SignInRefusal::MixedUp),
        _ => Ok(()),
    }
}

impl Issuer {
    async fn exchange(
        &self,
        known: &Known,
        attempt: &Attempt,
        return_to: &RedirectUrl,
        code: String,
    ) -> Result<Tokens, SignInRefusal> {
        let client = self.client(known, return_to);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| SignInRefusal::NoCodeFlow)?
            .set_pkce_verifier(attempt.verifier());
        request.request_async(self.provider.http()).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => SignInRefusal::Code,
            RequestTokenError::Request(source) => SignInRefusal::TokenEndpoint(Some(source)),
            // The library's texts quote the answer, tokens included.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInRefusal::TokenEndpoint(None),
        })
    }
}
