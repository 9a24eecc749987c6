//! One token after the other: what is believed, and why the rest is not.

use std::sync::Arc;

use meldeverbund_certs::Clock;
use meldeverbund_people::{
    IssuerSettings, Issuers, Role,
    testing::{TestIssuer, TestKey},
};
use serde_json::json;

use crate::office::{AGENCY, HOUR, MINUTE, Office};

#[tokio::test]
async fn a_good_token_says_who_the_person_is() {
    let office = Office::new().await;
    let token = office
        .issuer
        .token(&[Role::DeskOfficer, Role::Supervisor], office.now)
        .claim("acr", "substantial")
        .claim("amr", json!(["pwd", "hwk"]))
        .claim("sid", "s-1")
        .time("auth_time", office.now - HOUR);
    let officer = office.verify(&token.sign()).await.unwrap();
    assert_eq!(officer.subject, "248289761001");
    assert_eq!(officer.issuer, office.issuer.name());
    assert_eq!(officer.agency.as_str(), AGENCY);
    assert_eq!(officer.roles.iter().copied().collect::<Vec<_>>(), [Role::DeskOfficer, Role::Supervisor]);
    assert_eq!(officer.name.as_deref(), Some("Erika Mustermann"));
    assert_eq!(officer.authenticated_at, office.now - HOUR);
    assert_eq!(officer.valid_until, office.now + 5 * MINUTE);
    assert_eq!(officer.acr.as_deref(), Some("substantial"));
    assert_eq!(officer.amr, ["pwd", "hwk"]);
    assert_eq!(officer.session.as_deref(), Some("s-1"));
}

#[tokio::test]
async fn the_same_token_has_the_same_digest_and_no_other_has() {
    let office = Office::new().await;
    let (one, other) = (office.token().sign(), office.token().claim("jti", "2").sign());
    let digest = async |token: &str| office.verify(token).await.unwrap().token;
    assert_eq!(digest(&one).await, digest(&one).await);
    assert_ne!(digest(&one).await, digest(&other).await);
}

#[tokio::test]
async fn access_tokens_and_rsa_are_believed_too() {
    let mut office = Office::new().await;
    for typ in ["at+jwt", "application/at+jwt", "jwt"] {
        assert!(office.verify(&office.token().header("typ", typ).sign()).await.is_ok(), "{typ}");
    }
    assert!(office.verify(&office.token().without_header("typ").sign()).await.is_ok());
    office.now += MINUTE;
    office.issuer.replace_keys(TestKey::rs256("rsa"));
    assert!(office.verify(&office.token().sign()).await.is_ok());
}

#[tokio::test]
async fn forms_that_are_no_signed_token() {
    let office = Office::new().await;
    let good = office.token().sign();
    for (token, code) in [
        (String::new(), "malformed"),
        ("a.b".into(), "malformed"),
        ("!.!.!".into(), "malformed"),
        (good[1..].to_owned(), "malformed"),
        (format!("{good}.x.y"), "type"),
        (office.token().header("typ", "logout+jwt").sign(), "type"),
        (office.token().header("crit", json!(["b64"])).sign(), "type"),
        (office.token().header("enc", "A256GCM").sign(), "type"),
        (office.token().header("cty", "JWT").sign(), "type"),
        (office.token().claim("note", "x".repeat(20_000)).sign(), "too_large"),
        (office.token().without("exp").sign(), "malformed"),
        (office.token().without("iat").sign(), "malformed"),
        (office.token().without("sub").sign(), "malformed"),
        (office.token().without("iss").sign(), "malformed"),
        (office.token().claim("sub", "").sign(), "subject"),
        (office.token().claim("sub", "x".repeat(256)).sign(), "subject"),
    ] {
        assert_eq!(office.refusal(&token).await, code);
    }
}

#[tokio::test]
async fn signatures_that_are_not_the_issuers() {
    let office = Office::new().await;
    let good = office.token().sign();
    let stranger = Arc::new(TestKey::es256("stranger"));
    let (message, _) = good.rsplit_once('.').unwrap();
    let other = office.token().claim("sub", "other").sign();
    let (_, signature) = other.rsplit_once('.').unwrap();
    let public = office.issuer.key().public().to_string();
    for (token, code) in [
        (office.token().unsigned(), "algorithm"),
        (office.token().header("alg", "NONE").sign(), "algorithm"),
        (office.token().header("alg", "RS1").sign(), "algorithm"),
        (office.token().header("alg", "ES256K").sign(), "algorithm"),
        (office.token().shared_secret(public.as_bytes()), "algorithm"),
        (office.token().header("alg", "RS256").sign(), "unknown_key"),
        (office.token().header("alg", "ES384").sign(), "unknown_key"),
        (office.token().forged_by(&stranger).sign(), "signature"),
        (office.token().key(&stranger).sign(), "unknown_key"),
        (office.token().key(&stranger).without_header("kid").sign(), "signature"),
        (format!("{message}.{signature}"), "signature"),
        (format!("{message}."), "signature"),
    ] {
        assert_eq!(office.refusal(&token).await, code);
    }
}

/// A key in the token's own header is the attacker's (RFC 7515 4.1.2, 4.1.3).
#[tokio::test]
async fn keys_that_the_token_brings_along_are_not_used() {
    let office = Office::new().await;
    let stranger = Arc::new(TestKey::es256("stranger"));
    let elsewhere = TestIssuer::start().await;
    elsewhere.replace_keys(TestKey::es256("theirs"));
    let own = office.token().header("jwk", stranger.public()).forged_by(&stranger);
    assert_eq!(office.refusal(&own.sign()).await, "signature");
    let fetched = office.token().header("jku", format!("{}/keys", elsewhere.name())).key(&elsewhere.key());
    assert_eq!(office.refusal(&fetched.sign()).await, "unknown_key");
    assert_eq!(elsewhere.times_asked_for_keys(), 0);
}

#[tokio::test]
async fn tokens_for_somebody_else() {
    let office = Office::with(|settings| IssuerSettings {
        authorized_parties: vec!["meldeverbund-cli".into()],
        ..settings
    })
    .await;
    let token = || office.token();
    for (token, code) in [
        (token().claim("aud", "another"), "audience"),
        (token().claim("aud", json!([])), "audience"),
        (token().claim("aud", json!(["meldeverbund", "another"])), "audience"),
        (token().without("aud"), "audience"),
        (token().claim("azp", "another"), "authorized_party"),
        (token().claim("iss", "https://login.example"), "unknown_issuer"),
        (token().claim("iss", format!("{}/", office.issuer.name())), "unknown_issuer"),
        (token().claim("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})), "bound_to_key"),
    ] {
        assert_eq!(office.refusal(&token.sign()).await, code);
    }
    for azp in ["meldeverbund", "meldeverbund-cli"] {
        assert!(office.verify(&token().claim("azp", azp).sign()).await.is_ok());
    }
    assert!(office.verify(&token().claim("aud", json!(["meldeverbund"])).sign()).await.is_ok());
}

#[tokio::test]
async fn a_separate_audience_replaces_the_client_id() {
    let office = Office::with(|settings| IssuerSettings { audience: Some("hub".into()), ..settings }).await;
    assert!(office.verify(&office.token().claim("aud", "hub").sign()).await.is_ok());
    assert_eq!(office.refusal(&office.token().sign()).await, "audience");
}

#[tokio::test]
async fn tokens_out_of_their_time() {
    let office = Office::new().await;
    let (token, now) = (|| office.token(), office.now);
    let second = std::time::Duration::from_secs(1);
    for (token, code) in [
        (token().time("exp", now), "expired"),
        (token().time("exp", now - second).time("iat", now - HOUR), "expired"),
        (token().time("iat", now + 31 * second), "not_yet_valid"),
        (token().time("iat", now + 1000 * HOUR).time("exp", now + 1001 * HOUR), "not_yet_valid"),
        (token().time("nbf", now + 31 * second), "not_yet_valid"),
        (token().claim("nbf", 1e300), "not_yet_valid"),
        (token().time("auth_time", now + MINUTE), "not_yet_valid"),
        (token().time("exp", now + 13 * HOUR), "lives_too_long"),
        (token().time("iat", now - 13 * HOUR), "lives_too_long"),
        (token().claim("exp", i64::MAX), "malformed"),
        (token().claim("exp", "tomorrow"), "malformed"),
    ] {
        assert_eq!(office.refusal(&token.sign()).await, code);
    }
    let ahead = token().time("iat", now + 30 * second).time("nbf", now + 30 * second);
    assert!(office.verify(&ahead.sign()).await.is_ok());
    assert!(office.verify(&token().time("exp", now + second).sign()).await.is_ok());
}

/// RFC 7519, 2: a NumericDate may have a fraction.
#[tokio::test]
async fn a_token_ends_with_the_second_that_its_end_has_begun() {
    let mut office = Office::new().await;
    let since = office.now.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let token = |seconds: f64| office.token().claim("exp", since.as_secs_f64().floor() + seconds).sign();
    let (soon, later) = (token(0.9), token(61.9));
    assert_eq!(office.refusal(&soon).await, "expired");
    assert!(office.verify(&later).await.is_ok());
    office.now += MINUTE;
    assert!(office.verify(&later).await.is_ok());
    office.now += std::time::Duration::from_secs(1);
    assert_eq!(office.refusal(&later).await, "expired");
}

#[tokio::test]
async fn a_token_ends_while_it_is_held() {
    let mut office = Office::new().await;
    let token = office.token().sign();
    assert!(office.verify(&token).await.is_ok());
    office.now += 5 * MINUTE;
    assert_eq!(office.refusal(&token).await, "expired");
}

#[tokio::test]
async fn persons_who_were_not_authenticated_strongly_enough() {
    let office = Office::with(|settings| IssuerSettings {
        acr: vec!["substantial".into(), "high".into()],
        amr: vec!["mfa".into(), "hwk".into()],
        max_age_s: Some(3600),
        ..settings
    })
    .await;
    let good = || office.token().claim("acr", "high").claim("amr", json!(["hwk", "mfa", "pin"]));
    assert!(office.verify(&good().sign()).await.is_ok());
    for (token, code) in [
        (good().without("acr"), "acr"),
        (good().claim("acr", "low"), "acr"),
        (good().claim("acr", "High"), "acr"),
        (good().without("amr"), "amr"),
        (good().claim("amr", json!(["mfa"])), "amr"),
        (good().without("auth_time"), "authentication_age"),
        (good().time("auth_time", office.now - HOUR - MINUTE), "authentication_age"),
    ] {
        assert_eq!(office.refusal(&token.sign()).await, code);
    }
    assert!(office.verify(&good().time("auth_time", office.now - HOUR).sign()).await.is_ok());
}

#[tokio::test]
async fn roles_come_from_the_issuers_own_groups() {
    let office = Office::with(|settings| IssuerSettings {
        roles_claim: "/realm_access/roles".into(),
        roles: [("lka-nw-supervisors".to_owned(), Role::Supervisor)].into(),
        ..settings
    })
    .await;
    let with = |roles| office.token().without("groups").claim("realm_access", json!({ "roles": roles }));
    let officer = office.verify(&with(json!(["lka-nw-supervisors", "de-bka-desk"])).sign()).await.unwrap();
    assert_eq!(officer.roles.into_iter().collect::<Vec<_>>(), [Role::Supervisor]);
    for (roles, code) in [
        (json!("lka-nw-supervisors"), "roles_not_a_list"),
        (json!({"lka-nw-supervisors": true}), "roles_not_a_list"),
        (json!(["lka-nw-supervisors", 7]), "roles_not_a_list"),
        (json!([]), "no_role"),
        (json!(["supervisor", "lka-by-supervisors"]), "no_role"),
    ] {
        assert_eq!(office.refusal(&with(roles).sign()).await, code);
    }
    // The claim's usual place means nothing where another was configured.
    assert_eq!(office.refusal(&office.token().sign()).await, "no_role");
}

/// Two agencies, two issuers, one hub: neither can make officers of the other.
#[tokio::test]
async fn an_issuer_speaks_for_its_own_agency_alone() {
    let mut office = Office::new().await;
    let theirs = TestIssuer::start().await;
    let settings =
        [office.issuer.settings(&AGENCY.parse().unwrap()), theirs.settings(&"de-by-lka".parse().unwrap())];
    office.issuers = Issuers::new(settings, &Clock::system()).unwrap();
    let officer = office.verify(&theirs.token(&[Role::Auditor], office.now).sign()).await.unwrap();
    assert_eq!(officer.agency.as_str(), "de-by-lka");
    // Mixed up: their name, our key; our name, their key.
    let borrowed = office.token().claim("iss", theirs.name());
    assert_eq!(office.refusal(&borrowed.sign()).await, "signature");
    let forged = theirs.token(&[Role::Supervisor], office.now).claim("iss", office.issuer.name());
    assert_eq!(office.refusal(&forged.sign()).await, "signature");
    // Nothing in the token selects the agency.
    let claimed = theirs.token(&[Role::Auditor], office.now).claim("agency", AGENCY).sign();
    assert_eq!(office.verify(&claimed).await.unwrap().agency.as_str(), "de-by-lka");
}

#[tokio::test]
async fn names_are_shown_and_cannot_deceive() {
    let office = Office::new().await;
    let name =
        async |token: meldeverbund_people::testing::Mint| office.verify(&token.sign()).await.unwrap().name;
    let token = || office.token();
    assert_eq!(name(token().claim("name", "A\u{202e}b\u{7}\nc")).await.as_deref(), Some("Abc"));
    assert_eq!(name(token().claim("name", "x".repeat(500))).await.unwrap().len(), 200);
    assert_eq!(name(token().claim("name", " \u{200b} ")).await, None);
    let user = token().without("name").claim("preferred_username", "e.mustermann");
    assert_eq!(name(user).await.as_deref(), Some("e.mustermann"));
    assert_eq!(name(token().without("name")).await, None);
}
