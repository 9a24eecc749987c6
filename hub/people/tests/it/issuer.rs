//! Issuers that change their keys, are away, or misbehave.

use std::sync::Arc;

use meldeverbund_certs::Clock;
use meldeverbund_people::{
    Issuers, SettingsError, TokenRefusal,
    testing::{Misdeed, TestIssuer, TestKey},
};

use serde_json::json;

use crate::office::{AGENCY, HOUR, MINUTE, Office};

#[tokio::test]
async fn keys_are_asked_for_once() {
    let office = Office::new().await;
    assert_eq!(office.issuer.times_asked_for_keys(), 0);
    for _ in 0..5 {
        office.verify(&office.token().sign()).await.unwrap();
    }
    assert_eq!(office.issuer.times_asked_for_keys(), 1);
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_and_not_again_for_a_minute() {
    let mut office = Office::new().await;
    let old = office.token().sign();
    office.verify(&old).await.unwrap();
    office.now += MINUTE;
    office.issuer.replace_keys(TestKey::es256("second"));
    office.verify(&office.token().sign()).await.unwrap();
    assert_eq!(office.issuer.times_asked_for_keys(), 2);
    // The withdrawn key is believed no more, and strangers' keys cause no further questions.
    assert_eq!(office.refusal(&old).await, "unknown_key");
    let stranger = Arc::new(TestKey::es256("stranger"));
    for _ in 0..10 {
        assert_eq!(office.refusal(&office.token().key(&stranger).sign()).await, "unknown_key");
    }
    assert_eq!(office.issuer.times_asked_for_keys(), 2);
    office.now += MINUTE;
    for _ in 0..10 {
        assert_eq!(office.refusal(&office.token().key(&stranger).sign()).await, "unknown_key");
    }
    assert_eq!(office.issuer.times_asked_for_keys(), 3);
}

#[tokio::test]
async fn a_key_that_was_replaced_under_its_name_is_found() {
    let mut office = Office::new().await;
    office.verify(&office.token().sign()).await.unwrap();
    office.now += MINUTE;
    office.issuer.replace_keys(TestKey::es256("first"));
    office.verify(&office.token().sign()).await.unwrap();
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let office = Arc::new(Office::new().await);
    let token = office.token().sign();
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (office, token) = (Arc::clone(&office), token.clone());
            tokio::spawn(async move { office.verify(&token).await.is_ok() })
        })
        .collect();
    for one in all {
        assert!(one.await.unwrap());
    }
    assert_eq!(office.issuer.times_asked_for_keys(), 1);
}

#[tokio::test]
async fn many_at_once_with_a_new_key_ask_once_more() {
    let mut office = Office::new().await;
    office.verify(&office.token().sign()).await.unwrap();
    office.now += MINUTE;
    office.issuer.replace_keys(TestKey::es256("second"));
    let office = Arc::new(office);
    let token = office.token().sign();
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (office, token) = (Arc::clone(&office), token.clone());
            tokio::spawn(async move { office.verify(&token).await.is_ok() })
        })
        .collect();
    for one in all {
        assert!(one.await.unwrap());
    }
    assert_eq!(office.issuer.times_asked_for_keys(), 2);
}

/// Whoever names no key is believed if one key fits; keys that nobody should use are none.
#[tokio::test]
async fn keys_that_are_too_short_are_passed_over() {
    let office = Office::new().await;
    office.issuer.replace_keys(TestKey::rs256("rsa"));
    let short = "x".repeat(171);
    office.issuer.publish(
        json!({"kty": "RSA", "kid": "short", "use": "sig", "alg": "RS256", "e": "AQAB", "n": short}),
    );
    office.issuer.publish(json!({"kty": "unheard-of", "kid": "strange"}));
    assert!(office.verify(&office.token().without_header("kid").sign()).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_away_is_believed_for_a_day() {
    let mut office = Office::new().await;
    office.verify(&office.token().sign()).await.unwrap();
    office.issuer.misbehave(Misdeed::Fails);
    office.now += 23 * HOUR;
    office.verify(&office.token().sign()).await.unwrap();
    office.now += HOUR;
    let refusal = office.verify(&office.token().sign()).await.unwrap_err();
    assert!(refusal.is_temporary(), "{refusal}");
    office.issuer.misbehave(None);
    office.now += MINUTE;
    office.verify(&office.token().sign()).await.unwrap();
}

#[tokio::test]
async fn keys_are_asked_for_again_after_an_hour() {
    let mut office = Office::new().await;
    let old = office.token();
    office.verify(&old.sign()).await.unwrap();
    office.issuer.replace_keys(TestKey::es256("second"));
    office.now += HOUR;
    let held = old.time("iat", office.now).time("exp", office.now + MINUTE);
    assert_eq!(office.refusal(&held.sign()).await, "unknown_key");
    assert_eq!(office.issuer.times_asked_for_keys(), 2);
}

#[tokio::test]
async fn misbehaving_issuers_are_not_believed() {
    for (misdeed, says) in [
        (Misdeed::NamesAnother, "another issuer"),
        (Misdeed::Redirects, "302"),
        (Misdeed::Fails, "500"),
        (Misdeed::Floods, "too large"),
        (Misdeed::Babbles, "malformed"),
        (Misdeed::KeysElsewhere, "https"),
    ] {
        let office = Office::new().await;
        office.issuer.misbehave(misdeed);
        let refusal = office.verify(&office.token().sign()).await.unwrap_err();
        let TokenRefusal::IssuerUnavailable(why) = &refusal else { panic!("{misdeed:?}: {refusal}") };
        assert!(why.to_string().contains(says), "{misdeed:?}: {why}");
        assert!(refusal.is_temporary());
    }
}

#[tokio::test]
async fn an_issuer_that_failed_is_left_in_peace_for_a_moment() {
    let mut office = Office::new().await;
    office.issuer.misbehave(Misdeed::Fails);
    assert_eq!(office.refusal(&office.token().sign()).await, "issuer_unavailable");
    office.issuer.misbehave(None);
    assert_eq!(office.refusal(&office.token().sign()).await, "issuer_unavailable");
    office.now += std::time::Duration::from_secs(5);
    office.verify(&office.token().sign()).await.unwrap();
}

#[tokio::test]
async fn an_issuer_belongs_to_one_agency() {
    let issuer = TestIssuer::start().await;
    let both = [AGENCY, "de-by-lka"].map(|agency| issuer.settings(&agency.parse().unwrap()));
    assert!(matches!(Issuers::new(both, &Clock::system()), Err(SettingsError::Twice(_))));
}
