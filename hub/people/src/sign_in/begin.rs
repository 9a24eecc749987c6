//! The way to the issuer.

use std::time::{Duration, SystemTime};

use openidconnect::{
    AuthenticationContextClass, AuthenticationFlow, PkceCodeChallenge, RedirectUrl, Scope,
    core::CoreResponseType,
};

use super::{Attempt, SignInRefusal};
use crate::Issuers;

impl Issuers {
    /// Where the browser is sent to sign in at the attempt's issuer. `return_to` is the configured address of this service,
    /// never one that a request names.
    ///
    /// # Errors
    /// There is no such issuer, it cannot be asked, or it has no code flow.
    pub async fn begin_sign_in(
        &self,
        attempt: &Attempt,
        return_to: &RedirectUrl,
        now: SystemTime,
    ) -> Result<String, SignInRefusal> {
        let issuer = self.find(attempt.issuer()).ok_or(SignInRefusal::UnknownIssuer)?;
        let known = issuer.provider.known(now).await.map_err(SignInRefusal::IssuerUnavailable)?;
        if known.metadata.token_endpoint().is_none() {
            return Err(SignInRefusal::NoCodeFlow);
        }
        let client = issuer.client(&known, return_to);
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, move || state, move || nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&attempt.verifier()))
            .add_scope(Scope::new("profile".to_owned()))
            .add_scopes(issuer.settings.scopes.iter().cloned().map(Scope::new));
        for acr in &issuer.settings.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if let Some(max_age_s) = issuer.settings.max_age_s {
            request = request.set_max_age(Duration::from_secs(max_age_s));
        }
        let (url, ..) = request.url();
        Ok(url.into())
    }
}
