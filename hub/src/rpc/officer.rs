//! The person behind a call: the officer that its bearer token names (RFC 6750, 2.1), bound to the agency that the certificate names.

use std::{collections::BTreeSet, fmt, pin::Pin, sync::Arc};

use meldeverbund_people::Role;
use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};
use tonic::metadata::MetadataMap;

use crate::flow::Officer;

/// Who may ask.
pub(super) const LIAISON: [Role; 1] = [Role::LiaisonOfficer];

/// A verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The person.
    pub officer: Officer,
    /// The agency whose issuer vouches for them.
    pub agency: AgencyId,
    /// What they may be there.
    pub roles: BTreeSet<Role>,
    /// Until when that counts, microseconds since 1970 UTC.
    pub until_us: i64,
}

/// What a verification brings, later.
pub type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Verified, Refusal>> + Send + 'a>>;

/// Verifies tokens.
pub trait VerifyToken: fmt::Debug + Send + Sync {
    /// Whom the token names; refused with [`RefusalCode::OfficerUnknown`] and never with anything of the token.
    fn verify<'a>(&'a self, token: &'a str, now_us: i64) -> Verifying<'a>;
}

/// Who verifies officers' tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Officers(Arc<dyn VerifyToken>);

impl Officers {
    /// Those that this verifies.
    pub fn new(verifier: impl VerifyToken + 'static) -> Self {
        Self(Arc::new(verifier))
    }

    /// The officer of a call, in one of these roles. It is asked once a call; what it says counts until `until_us`.
    ///
    /// # Errors
    /// If there is no token, or none of such an officer of the caller's agency.
    pub(super) async fn of(
        &self,
        metadata: &MetadataMap,
        caller: &AgencyId,
        one_of: &[Role],
        now_us: i64,
    ) -> Result<Verified, Refusal> {
        let verified = self.if_any(metadata, caller, now_us).await?.ok_or_else(no_token)?;
        verified.is_one_of(one_of)?;
        Ok(verified)
    }

    /// The officer of a call that need not have one. A token that comes along is never passed over: it is believed or refused.
    ///
    /// # Errors
    /// If the token is none of the caller's agency that counts.
    pub(super) async fn if_any(
        &self,
        metadata: &MetadataMap,
        caller: &AgencyId,
        now_us: i64,
    ) -> Result<Option<Verified>, Refusal> {
        let Some(value) = metadata.get("authorization") else { return Ok(None) };
        let token = value.to_str().ok().and_then(bearer).ok_or_else(no_token)?;
        let verified = self.0.verify(token, now_us).await?;
        if verified.agency != *caller {
            return Err(unknown(
                "the token is not one of the issuer of the agency that your certificate names",
            ));
        }
        verified.still(now_us)?;
        Ok(Some(verified))
    }
}

impl Default for Officers {
    /// Nobody is known: no issuer is configured.
    fn default() -> Self {
        Self::new(Nobody)
    }
}

impl Verified {
    /// Says whether the person has one of these roles.
    ///
    /// # Errors
    /// If they have none.
    pub(super) fn is_one_of(&self, roles: &[Role]) -> Result<(), Refusal> {
        if roles.iter().any(|role| self.roles.contains(role)) {
            return Ok(());
        }
        Err(unknown(&format!("the token does not give the role of a {}", in_words(roles))))
    }

    /// Says whether it still counts.
    ///
    /// # Errors
    /// If the token has run out.
    pub(super) fn still(&self, now_us: i64) -> Result<(), Refusal> {
        if now_us < self.until_us { Ok(()) } else { Err(unknown("the token has run out; sign in again")) }
    }
}

/// The token of an `authorization` value; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Roles as a sentence has them.
pub(super) fn in_words(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.as_str().replace('-', " ")).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

fn no_token() -> Refusal {
    unknown("the call carries no ID token (metadata `authorization`, `Bearer` and the token)")
}

pub(super) fn unknown(reason: &str) -> Refusal {
    Refusal::of(RefusalCode::OfficerUnknown, reason)
}

/// Verifies nothing.
#[derive(Debug)]
struct Nobody;

impl VerifyToken for Nobody {
    fn verify<'a>(&'a self, _: &'a str, _: i64) -> Verifying<'a> {
        Box::pin(async { Err(unknown("this hub is told of no issuer whose tokens it would take")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Knows(Verified);

    impl VerifyToken for Knows {
        fn verify<'a>(&'a self, token: &'a str, _: i64) -> Verifying<'a> {
            Box::pin(async move { if token == "good" { Ok(self.0.clone()) } else { Err(unknown("no")) } })
        }
    }

    fn verified() -> Verified {
        let officer = Officer { issuer: "https://id.example".into(), subject: "u-7".into() };
        let agency = "eu-europol".parse().unwrap();
        Verified { officer, agency, roles: BTreeSet::from([Role::LiaisonOfficer]), until_us: 100 }
    }

    async fn of(verified: Verified, value: &'static str, now_us: i64) -> Result<Verified, Refusal> {
        let mut metadata = MetadataMap::new();
        if !value.is_empty() {
            metadata.insert("authorization", value.parse().unwrap());
        }
        let caller = "eu-europol".parse().unwrap();
        Officers::new(Knows(verified)).of(&metadata, &caller, &[Role::LiaisonOfficer], now_us).await
    }

    #[tokio::test]
    async fn an_officer_has_a_token_of_the_agency_with_the_role() {
        assert_eq!(of(verified(), "Bearer good", 99).await, Ok(verified()));
        assert_eq!(of(verified(), "bearer  good", 99).await, Ok(verified()));
        let other = Verified { agency: "int-interpol".parse().unwrap(), ..verified() };
        let desk = Verified { roles: BTreeSet::from([Role::DeskOfficer]), ..verified() };
        for (verified, value, now_us) in [
            (verified(), "", 0),
            (verified(), "Bearer", 0),
            (verified(), "Basic good", 0),
            (verified(), "Bearer bad", 0),
            (verified(), "Bearer good", 100),
            (other, "Bearer good", 0),
            (desk, "Bearer good", 0),
        ] {
            let refusal = of(verified, value, now_us).await.unwrap_err();
            assert_eq!(refusal.code(), RefusalCode::OfficerUnknown, "{value}");
            assert!(!refusal.reason.contains("good") && !refusal.reason.contains("bad"));
        }
        let nobody = Officers::default();
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", "Bearer good".parse().unwrap());
        let caller = "eu-europol".parse().unwrap();
        assert!(nobody.of(&metadata, &caller, &[Role::LiaisonOfficer], 0).await.is_err());
        assert!(nobody.if_any(&metadata, &caller, 0).await.is_err(), "a token is never passed over");
        assert_eq!(nobody.if_any(&MetadataMap::new(), &caller, 0).await, Ok(None));
    }

    #[test]
    fn roles_are_told_in_words() {
        let told = |roles: &[Role]| verified().is_one_of(roles).map_err(|refusal| refusal.reason);
        assert_eq!(told(&[Role::Supervisor, Role::LiaisonOfficer]), Ok(()));
        let said = "the token does not give the role of a desk officer, supervisor or prosecutor";
        assert_eq!(told(&[Role::DeskOfficer, Role::Supervisor, Role::Prosecutor]), Err(said.into()));
        assert_eq!(in_words(&[Role::LiaisonOfficer]), "liaison officer");
    }
}
