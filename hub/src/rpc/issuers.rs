//! Officers by the word of the issuers that the configuration names.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use meldeverbund_people::Issuers;
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Officers, Verified, VerifyToken, Verifying};
use crate::flow::{Officer, causes};

/// When to try again while an issuer cannot be asked.
const RETRY_MS: u64 = 5_000;

/// Officers are those that these issuers know.
pub fn officers(issuers: Issuers) -> Officers {
    Officers::new(Configured(issuers))
}

struct Configured(Issuers);

impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.agencies()).finish()
    }
}

impl VerifyToken for Configured {
    fn verify<'a>(&'a self, token: &'a str, now_us: i64) -> Verifying<'a> {
        Box::pin(async move {
            let now = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now_us).unwrap_or(0));
            let officer = self.0.verify_bearer(token, now).await.map_err(|refusal| {
                let temporary = refusal.is_temporary();
                tracing::info!(cause = %causes(&refusal), "an officer's token was not taken");
                let refused = Refusal::of(RefusalCode::OfficerUnknown, refusal.to_string());
                if temporary { refused.retry_after_ms(RETRY_MS) } else { refused }
            })?;
            let until = officer.valid_until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Ok(Verified {
                officer: Officer { issuer: officer.issuer, subject: officer.subject },
                agency: officer.agency,
                roles: officer.roles,
                until_us: i64::try_from(until.as_micros()).unwrap_or(i64::MAX),
            })
        })
    }
}
