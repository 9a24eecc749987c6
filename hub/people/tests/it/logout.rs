//! Logout that the issuer tells, and logout that it is told.

use std::{sync::Arc, time::SystemTime};

use meldeverbund_certs::Clock;
use meldeverbund_people::{
    Issuers,
    testing::{Mint, TestIssuer, TestKey},
};
use serde_json::json;

use crate::office::{HOUR, MINUTE, Office};

/// A time as a number that may have a fraction.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

async fn refusal(office: &Office, token: &str) -> &'static str {
    office.issuers.verify_logout(token, office.now).await.expect_err("a bad logout").code()
}

#[tokio::test]
async fn an_issuer_logs_out_a_session_or_a_person() {
    let office = Office::new().await;
    let verify = async |mint: Mint| office.issuers.verify_logout(&mint.sign(), office.now).await.unwrap();
    let session = verify(office.issuer.logout(office.now).claim("sid", "s-1")).await;
    assert_eq!((session.session.as_deref(), session.subject), (Some("s-1"), None));
    assert_eq!(session.issuer, office.issuer.name());
    assert_eq!(session.issued_at, office.now);
    let person = verify(office.issuer.logout(office.now).subject("erika").without("exp")).await;
    assert_eq!((person.subject.as_deref(), person.session), (Some("erika"), None));
    // RFC 7519, 2: a NumericDate may have a fraction.
    let precise = office.issuer.logout(office.now).subject("erika").claim("iat", seconds(office.now) + 0.9);
    let precise = verify(precise.claim("exp", seconds(office.now) + 1.5)).await;
    assert_eq!(precise.issued_at, office.now);
    for typ in ["JWT", "application/logout+jwt"] {
        verify(office.issuer.logout(office.now).subject("erika").header("typ", typ)).await;
    }
}

#[tokio::test]
async fn logouts_that_are_not_believed() {
    let office = Office::new().await;
    let logout = || office.issuer.logout(office.now).subject("erika");
    let stranger = Arc::new(TestKey::es256("stranger"));
    for (token, code) in [
        (logout().unsigned(), "algorithm"),
        (logout().shared_secret(b"x"), "algorithm"),
        (logout().forged_by(&stranger).sign(), "signature"),
        (logout().key(&stranger).sign(), "unknown_key"),
        (logout().header("alg", "RS256").sign(), "unknown_key"),
        (logout().header("typ", "at+jwt").sign(), "type"),
        (logout().claim("iss", "https://other.example").sign(), "unknown_issuer"),
        (logout().claim("aud", "another").sign(), "audience"),
        (logout().claim("aud", json!(["meldeverbund", "another"])).sign(), "audience"),
        (logout().claim("nonce", "n").sign(), "type"),
        (logout().claim("events", json!({"another": {}})).sign(), "type"),
        (logout().claim("events", "http://schemas.openid.net/event/backchannel-logout").sign(), "type"),
        (logout().without("events").sign(), "malformed"),
        (logout().without("jti").sign(), "malformed"),
        (logout().without("iat").sign(), "malformed"),
        (logout().without("sub").sign(), "subject"),
        (logout().claim("sid", "").sign(), "subject"),
        (logout().time("iat", office.now - HOUR).sign(), "expired"),
        (logout().time("exp", office.now).sign(), "expired"),
        (logout().time("iat", office.now + MINUTE).sign(), "not_yet_valid"),
        (logout().claim("iat", u64::MAX).sign(), "malformed"),
        (logout().claim("iat", -1.5).sign(), "malformed"),
        (logout().claim("exp", 1e300).sign(), "malformed"),
        (logout().claim("exp", seconds(office.now) + 0.9).sign(), "expired"),
        ("a.b.c".to_owned(), "malformed"),
    ] {
        assert_eq!(refusal(&office, &token).await, code);
    }
}

/// What says who somebody is, is no logout; and a logout makes nobody an officer.
#[tokio::test]
async fn tokens_are_not_taken_for_each_other() {
    let office = Office::new().await;
    assert_eq!(refusal(&office, &office.token().claim("sid", "s-1").sign()).await, "malformed");
    let disguised = office.issuer.logout(office.now).subject("erika").groups(&["supervisor"]);
    assert_eq!(office.refusal(&disguised.sign()).await, "type");
}

#[tokio::test]
async fn a_new_key_is_found_for_a_logout_too() {
    let mut office = Office::new().await;
    office.verify(&office.token().sign()).await.unwrap();
    office.now += MINUTE;
    office.issuer.replace_keys(TestKey::es256("second"));
    let token = office.issuer.logout(office.now).subject("erika").sign();
    assert!(office.issuers.verify_logout(&token, office.now).await.is_ok());
}

#[tokio::test]
async fn the_browser_is_sent_to_the_issuer_to_sign_out_there() {
    let office = Office::new().await;
    let back = "https://hub.example/signed-out";
    let address = office.issuers.end_session(office.issuer.name(), back, office.now).await.unwrap();
    assert_eq!(
        address,
        format!(
            "{}/end?client_id=meldeverbund&post_logout_redirect_uri=https%3A%2F%2Fhub.example%2Fsigned-out",
            office.issuer.name()
        )
    );
    let none = Issuers::new([], &Clock::system()).unwrap();
    assert_eq!(none.end_session(TestIssuer::start().await.name(), back, office.now).await, None);
}
