//! An agency with its issuer.

use std::time::{Duration, SystemTime};

use meldeverbund_certs::Clock;
use meldeverbund_people::{
    IssuerSettings, Issuers, Officer, Role, TokenRefusal,
    testing::{Mint, TestIssuer},
};

pub(crate) const AGENCY: &str = "de-nw-lka";
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) struct Office {
    pub(crate) issuer: TestIssuer,
    pub(crate) issuers: Issuers,
    pub(crate) now: SystemTime,
}

impl Office {
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    /// An office whose settings are changed.
    pub(crate) async fn with(change: impl FnOnce(IssuerSettings) -> IssuerSettings) -> Self {
        let issuer = TestIssuer::start().await;
        let settings = change(issuer.settings(&AGENCY.parse().unwrap()));
        let issuers = Issuers::new([settings], &Clock::system()).unwrap();
        // Any time will do: nothing here asks the machine's clock.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        Self { issuer, issuers, now }
    }

    pub(crate) fn token(&self) -> Mint {
        self.issuer.token(&[Role::DeskOfficer], self.now)
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Officer, TokenRefusal> {
        self.issuers.verify_bearer(token, self.now).await
    }

    /// Why the token is not believed; panics where it is. The refusal's texts hold nothing of the token.
    pub(crate) async fn refusal(&self, token: &str) -> &'static str {
        let refusal = self.verify(token).await.expect_err("a bad token");
        let texts = format!("{refusal} {refusal:?}");
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!texts.contains(part), "{texts}");
        }
        assert!(!texts.contains("Mustermann") && !texts.contains("248289761001"), "{texts}");
        refusal.code()
    }
}
