//! Who the tests' officers are: a token says it in its middle part, as JSON, for want of an issuer.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use meldeverbund_hub::{
    flow::Officer,
    rpc::{Officers, Verified, VerifyToken, Verifying},
};
use meldeverbund_proto::v1::{Refusal, RefusalCode};

/// Takes tokens of the form `test.CLAIMS.officer`, with claims as a real one has them and the agency beside them.
#[derive(Debug)]
struct PlainWords;

impl VerifyToken for PlainWords {
    fn verify<'a>(&'a self, token: &'a str, _: i64) -> Verifying<'a> {
        let read = || {
            let claims = token.strip_prefix("test.")?.strip_suffix(".officer")?;
            let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
            let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
            let claim = |name: &str| Some(claims[name].as_str()?.to_owned());
            Some(Verified {
                officer: Officer { issuer: claim("iss")?, subject: claim("sub")? },
                agency: claim("agency")?.parse().ok()?,
                roles: BTreeSet::from([claim("role")?.parse().ok()?]),
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

/// A token of an agency's liaison officer.
pub(crate) fn token(agency: &str) -> String {
    token_in_role(agency, "liaison-officer")
}

/// A token of an agency's officer.
pub(crate) fn token_in_role(agency: &str, role: &str) -> String {
    let claims = serde_json::json!({
        "iss": "https://id.example", "sub": "officer-7", "agency": agency, "role": role,
    });
    let claims = claims.to_string();
    format!("test.{}.officer", BASE64URL_NOPAD.encode(claims.as_bytes()))
}
