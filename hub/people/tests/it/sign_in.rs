//! The code flow, with an issuer that behaves and one that does not.

use std::sync::{Arc, Mutex};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_people::{
    Attempt, Callback, IssuerSettings, Issuers, LocalPath, Officer, ReturnAddress, Role, SignInRefusal,
    testing::{Misdeed, TestIssuer, TestKey},
};

use crate::office::{AGENCY, HOUR, MINUTE, Office};

const RETURN: &str = "https://hub.example/sign-in/return";

/// A browser with one attempt under way.
struct Browser {
    attempt: Attempt,
    /// Where it was sent.
    address: String,
}

fn attempt(issuer: &str, number: u8, now: std::time::SystemTime) -> Attempt {
    Attempt::new([number; 32], issuer, LocalPath::root(), now)
}

fn return_to() -> ReturnAddress {
    ReturnAddress::new(RETURN.to_owned()).unwrap()
}

async fn office() -> Office {
    let office = Office::new().await;
    prepared(office)
}

fn prepared(office: Office) -> Office {
    office.issuer.set_clock(ManualClock::new(office.now).clock());
    office.issuer.person("erika", &[Role::Supervisor]);
    office
}

async fn begin(office: &Office, number: u8) -> Browser {
    let attempt = attempt(office.issuer.name(), number, office.now);
    let begun = office.issuers.begin_sign_in(&attempt, &return_to(), office.now).await;
    Browser { attempt, address: begun.unwrap() }
}

async fn finish(office: &Office, browser: &Browser, query: &str) -> Result<Officer, SignInRefusal> {
    let callback = Callback::parse(query)?;
    office.issuers.finish_sign_in(&browser.attempt, &return_to(), callback, office.now).await
}

/// The whole way once; why nobody is signed in.
async fn refusal(office: &Office) -> &'static str {
    let browser = begin(office, 1).await;
    let query = office.issuer.approve(&browser.address);
    let refusal = finish(office, &browser, &query).await.expect_err("a bad sign-in");
    let texts = format!("{refusal} {refusal:?}");
    assert!(!texts.contains("code-") && !texts.contains("eyJ") && !texts.contains("erika"), "{texts}");
    refusal.code()
}

#[tokio::test]
async fn a_person_signs_in() {
    let office = office().await;
    let browser = begin(&office, 1).await;
    let officer = finish(&office, &browser, &office.issuer.approve(&browser.address)).await.unwrap();
    assert_eq!(officer.subject, "erika");
    assert_eq!(officer.agency.as_str(), AGENCY);
    assert!(officer.is(Role::Supervisor));
    assert_eq!(officer.session.as_deref(), Some("session of erika"));
}

#[tokio::test]
async fn the_request_says_what_it_must_and_no_secret() {
    let office = Office::with(|settings| IssuerSettings {
        scopes: vec!["groups".into()],
        acr: vec!["high".into()],
        max_age_s: Some(3600),
        ..settings
    })
    .await;
    let browser = begin(&office, 1).await;
    let address = &browser.address;
    assert!(address.starts_with(&format!("{}/authorize?", office.issuer.name())));
    for part in [
        "response_type=code",
        "code_challenge_method=S256",
        "scope=openid+profile+groups",
        "acr_values=high",
        "max_age=3600",
        "redirect_uri=https%3A%2F%2Fhub.example%2Fsign-in%2Freturn",
    ] {
        assert!(address.contains(part), "{part} in {address}");
    }
    assert!(!address.contains(&browser.attempt.to_cookie()));
    let other = begin(&office, 2).await;
    assert_ne!(address, &other.address);
}

#[tokio::test]
async fn a_return_belongs_to_one_browser_and_one_attempt() {
    let office = office().await;
    let (one, other) = (begin(&office, 1).await, begin(&office, 2).await);
    let query = office.issuer.approve(&one.address);
    // Somebody else's browser, or a forged return: the state is not this attempt's.
    assert!(matches!(finish(&office, &other, &query).await, Err(SignInRefusal::State)));
    for forged in ["code=code-1", "code=code-1&state=", "code=code-1&state=x", "error=access_denied", ""] {
        assert!(matches!(finish(&office, &one, forged).await, Err(SignInRefusal::State)), "{forged}");
    }
    // A code that was got in another browser is of no use in this one: PKCE.
    let swapped = {
        let (mine, theirs) = (&query, office.issuer.approve(&other.address));
        let code = theirs.split('&').find(|part| part.starts_with("code=")).unwrap().to_owned();
        mine.split('&')
            .map(|part| if part.starts_with("code=") { &code } else { part })
            .collect::<Vec<_>>()
            .join("&")
    };
    assert!(matches!(finish(&office, &one, &swapped).await, Err(SignInRefusal::Code)));
}

#[tokio::test]
async fn a_code_is_used_once() {
    let office = office().await;
    let browser = begin(&office, 1).await;
    let query = office.issuer.approve(&browser.address);
    finish(&office, &browser, &query).await.unwrap();
    assert!(matches!(finish(&office, &browser, &query).await, Err(SignInRefusal::Code)));
}

#[tokio::test]
async fn an_attempt_does_not_wait_for_ever_and_cannot_be_moved() {
    let mut office = office().await;
    let browser = begin(&office, 1).await;
    let query = office.issuer.approve(&browser.address);
    office.now += 10 * MINUTE;
    assert!(matches!(finish(&office, &browser, &query).await, Err(SignInRefusal::TooLate)));
    // A cookie with another beginning, or another page to go to, has another state.
    let younger = attempt(office.issuer.name(), 1, office.now);
    let elsewhere = LocalPath::new("/elsewhere").unwrap();
    let moved = Attempt::new([1; 32], office.issuer.name(), elsewhere, office.now - 10 * MINUTE);
    for attempt in [younger, moved] {
        let browser = Browser { attempt, address: String::new() };
        assert!(matches!(finish(&office, &browser, &query).await, Err(SignInRefusal::State)));
    }
}

#[tokio::test]
async fn returns_that_are_not_the_issuers() {
    for (misdeed, code) in [
        (Misdeed::AnotherState, "state"),
        (Misdeed::AnotherName, "mixed_up"),
        (Misdeed::Nameless, "mixed_up"),
        (Misdeed::Declines, "denied"),
        (Misdeed::NoIdToken, "no_token"),
        (Misdeed::BabblesTokens, "token_endpoint"),
    ] {
        let office = office().await;
        office.issuer.misbehave(misdeed);
        assert_eq!(refusal(&office).await, code, "{misdeed:?}");
    }
}

#[tokio::test]
async fn returns_that_can_be_read_in_two_ways() {
    let office = office().await;
    let browser = begin(&office, 1).await;
    let query = office.issuer.approve(&browser.address);
    for twice in ["&code=x", "&state=x", "&iss=x"] {
        let refusal = finish(&office, &browser, &format!("{query}{twice}")).await.unwrap_err();
        assert!(matches!(refusal, SignInRefusal::Malformed), "{twice}");
    }
}

#[tokio::test]
async fn id_tokens_that_are_not_for_this_sign_in() {
    let stranger = Arc::new(TestKey::es256("stranger"));
    let now = Office::new().await.now;
    type Spoiler = Box<dyn Fn(meldeverbund_people::testing::Mint) -> String + Send + Sync>;
    let spoilers: Vec<(Spoiler, &str)> = vec![
        (Box::new(|mint| mint.without("nonce").sign()), "nonce"),
        (Box::new(|mint| mint.claim("nonce", "another").sign()), "nonce"),
        (Box::new(|mint| mint.claim("iss", "https://other.example").sign()), "unknown_issuer"),
        (Box::new(|mint| mint.claim("aud", "another").sign()), "audience"),
        (Box::new(|mint| mint.claim("azp", "another").sign()), "authorized_party"),
        (Box::new(|mint| mint.unsigned()), "algorithm"),
        (Box::new(|mint| mint.shared_secret(b"secret")), "algorithm"),
        (Box::new(move |mint| mint.forged_by(&stranger).sign()), "signature"),
        (Box::new(move |mint| mint.time("exp", now).sign()), "expired"),
        (Box::new(move |mint| mint.time("iat", now + HOUR).sign()), "not_yet_valid"),
        (Box::new(|mint| mint.header("typ", "at+jwt").sign()), "type"),
        (Box::new(|mint| mint.header("typ", "logout+jwt").sign()), "type"),
        (Box::new(|mint| mint.claim("groups", "supervisor").sign()), "roles_not_a_list"),
        (Box::new(|mint| mint.groups(&["canteen"]).sign()), "no_role"),
        (Box::new(|mint| mint.claim("note", "x".repeat(20_000)).sign()), "too_large"),
    ];
    for (number, (spoiler, code)) in spoilers.into_iter().enumerate() {
        let office = office().await;
        office.issuer.spoil(spoiler);
        assert_eq!(refusal(&office).await, code, "spoiler {number}");
    }
}

/// A token from another sign-in of the same person at the same issuer.
#[tokio::test]
async fn an_id_token_is_not_used_twice() {
    let office = office().await;
    let kept: Arc<Mutex<Option<String>>> = Arc::default();
    office.issuer.spoil(move |mint| kept.lock().unwrap().get_or_insert_with(|| mint.sign()).clone());
    let first = begin(&office, 1).await;
    finish(&office, &first, &office.issuer.approve(&first.address)).await.unwrap();
    let second = begin(&office, 2).await;
    let refusal = finish(&office, &second, &office.issuer.approve(&second.address)).await.unwrap_err();
    assert_eq!(refusal.code(), "nonce");
}

/// Two issuers; a return or a token of one is nothing in an attempt with the other.
#[tokio::test]
async fn issuers_are_not_mixed_up() {
    let mut office = office().await;
    let theirs = TestIssuer::start().await;
    theirs.set_clock(ManualClock::new(office.now).clock());
    theirs.person("mallory", &[Role::Supervisor]);
    let settings =
        [office.issuer.settings(&AGENCY.parse().unwrap()), theirs.settings(&"de-by-lka".parse().unwrap())];
    office.issuers = Issuers::new(settings, &Clock::system()).unwrap();
    // The browser was sent to ours; the return is theirs for the same state.
    let browser = begin(&office, 1).await;
    let diverted = browser.address.replace(office.issuer.name(), theirs.name());
    let query = theirs.approve(&diverted);
    assert_eq!(finish(&office, &browser, &query).await.unwrap_err().code(), "mixed_up");
    // Our issuer hands on their token.
    let attempt = begin(&office, 2).await;
    let (name, key) = (theirs.name().to_owned(), theirs.key());
    office.issuer.spoil(move |mint| mint.claim("iss", name.as_str()).key(&key).sign());
    let query = office.issuer.approve(&attempt.address);
    assert_eq!(finish(&office, &attempt, &query).await.unwrap_err().code(), "unknown_issuer");
}

#[tokio::test]
async fn a_confidential_client_shows_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "correct horse\n").unwrap();
    let with_secret = |settings| IssuerSettings { client_secret_file: Some(file.clone()), ..settings };
    let office = prepared(Office::with(with_secret).await);
    office.issuer.require_secret("correct+horse");
    let browser = begin(&office, 1).await;
    assert!(finish(&office, &browser, &office.issuer.approve(&browser.address)).await.is_ok());
    office.issuer.require_secret("another");
    assert_eq!(refusal(&office).await, "code");
}

#[tokio::test]
async fn issuers_that_cannot_be_used_for_it() {
    let office = office().await;
    office.issuer.misbehave(Misdeed::NoTokenEndpoint);
    let begin = async |name: &str| {
        let attempt = attempt(name, 1, office.now);
        office.issuers.begin_sign_in(&attempt, &return_to(), office.now).await.unwrap_err().code()
    };
    assert_eq!(begin(office.issuer.name()).await, "no_code_flow");
    assert_eq!(begin("https://other.example").await, "unknown_issuer");
    let mut away = Office::new().await;
    away.issuer.misbehave(Misdeed::Fails);
    let attempt = attempt(away.issuer.name(), 1, away.now);
    let refusal = away.issuers.begin_sign_in(&attempt, &return_to(), away.now).await.unwrap_err();
    assert_eq!(refusal.code(), "issuer_unavailable");
    away.now += MINUTE;
    away.issuer.misbehave(None);
    begin_again(&away).await;
}

async fn begin_again(office: &Office) {
    assert!(begin(office, 3).await.address.contains("state="));
}
