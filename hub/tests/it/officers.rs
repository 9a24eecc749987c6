//! Who the tests' officers are: a token says it in plain words, for want of an issuer.

use std::collections::BTreeSet;

use meldeverbund_hub::{
    flow::Officer,
    rpc::{Officers, Verified, VerifyToken, Verifying},
};
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{Refusal, RefusalCode};

/// Takes tokens of the form `agency role until-µs`; `liaison` and `desk` are roles, too.
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
                roles: BTreeSet::from([role_of(role)?]),
                until_us: until_us.parse().ok()?,
            })
        };
        let verified = read().ok_or_else(|| Refusal::of(RefusalCode::OfficerUnknown, "not in plain words"));
        Box::pin(async { verified })
    }
}

fn role_of(word: &str) -> Option<Role> {
    match word {
        "liaison" => Some(Role::LiaisonOfficer),
        "desk" => Some(Role::DeskOfficer),
        word => word.parse().ok(),
    }
}

pub(crate) fn plain() -> Officers {
    Officers::new(PlainWords)
}
