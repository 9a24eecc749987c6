//! Who the tests' liaison officers are: a token says it in plain words, for want of an issuer.

use meldeverbund_hub::{
    flow::Officer,
    rpc::{Officers, Verified, VerifyToken, Verifying},
};
use meldeverbund_proto::v1::{Refusal, RefusalCode};

/// Takes tokens of the form `agency role until-µs`.
#[derive(Debug)]
struct PlainWords;

impl VerifyToken for PlainWords {
    fn verify<'a>(&'a self, token: &'a str, _: i64) -> Verifying<'a> {
        let read = || {
            let mut words = token.split(' ');
            let (agency, role, until_us) = (words.next()?, words.next()?, words.next()?);
            Some(Verified {
                officer: Officer { issuer: "https://id.example".into(), subject: "officer-7".into() },
                agency: agency.parse().ok()?,
                is_liaison_officer: role == "liaison",
                until_us: until_us.parse().ok()?,
            })
        };
        let verified = read().ok_or_else(|| Refusal::of(RefusalCode::OfficerUnknown, "not in plain words"));
        Box::pin(async { verified })
    }
}

pub(crate) fn plain() -> Officers {
    Officers::new(PlainWords)
}
