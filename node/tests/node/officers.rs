//! Who the tests' liaison officers are: a token says it in its middle part, for want of an issuer.

use meldeverbund_hub::{
    flow::Officer,
    rpc::{Officers, Verified, VerifyToken, Verifying},
};
use meldeverbund_proto::v1::{Refusal, RefusalCode};

/// Takes tokens of the form `test.AGENCY.officer`, hyphens included.
#[derive(Debug)]
struct PlainWords;

impl VerifyToken for PlainWords {
    fn verify<'a>(&'a self, token: &'a str, _: i64) -> Verifying<'a> {
        let read = || {
            let agency = token.strip_prefix("test.")?.strip_suffix(".officer")?.parse().ok()?;
            Some(Verified {
                officer: Officer { issuer: "https://id.example".into(), subject: "officer-7".into() },
                agency,
                is_liaison_officer: true,
                until_us: i64::MAX,
            })
        };
        let verified = read().ok_or_else(|| Refusal::of(RefusalCode::OfficerUnknown, "not in plain words"));
        Box::pin(async { verified })
    }
}

pub(crate) fn plain() -> Officers {
    Officers::new(PlainWords)
}

/// A token of an agency's officer.
pub(crate) fn token(agency: &str) -> String {
    format!("test.{agency}.officer")
}
