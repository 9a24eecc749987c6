//! Sign-in and logout at a certified OpenID provider, in its own process.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    extract::RawQuery,
    routing::{get, post},
};
use meldeverbund_certs::Clock;
use meldeverbund_people::{Attempt, Callback, IssuerSettings, Issuers, LocalPath, ReturnAddress, Role};
use openidconnect::url::form_urlencoded;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

use crate::browser::{Browser, End};

const RETURN: &str = "https://hub.example/sign-in/return";
const SIGNED_OUT: &str = "https://hub.example/signed-out";
/// Node.js on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Provider {
    issuer: String,
    issuers: Issuers,
    /// The logout tokens that it sends.
    logouts: mpsc::UnboundedReceiver<String>,
    _secret: tempfile::TempDir,
    _process: Child,
}

impl Provider {
    async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oidc");
        assert!(folder.join("node_modules").is_dir(), "the provider is not installed: run .ci/oidc");
        let (logout_address, logouts) = listen().await;
        let mut process = Command::new("node")
            .args(["provider.mjs", RETURN, SIGNED_OUT, &logout_address])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().expect("it says its name");
        let secret = tempfile::tempdir().unwrap();
        let file = secret.path().join("secret");
        std::fs::write(&file, "correct horse\n").unwrap();
        let settings =
            IssuerSettings { client_secret_file: Some(file), amr: vec!["hwk".into()], ..settings(&issuer) };
        let issuers = Issuers::new([settings], &Clock::system()).unwrap();
        Self { issuer, issuers, logouts, _secret: secret, _process: process }
    }
}

fn settings(issuer: &str) -> IssuerSettings {
    toml::from_str(&format!(
        "issuer = '{issuer}'\nagency = 'de-nw-lka'\nclient_id = 'meldeverbund'\ninsecure_loopback = true\n\
         max_age_s = 300\nroles = {{ supervisor = 'supervisor', desk = 'desk-officer' }}"
    ))
    .unwrap()
}

/// The hub's end of back-channel logout.
async fn listen() -> (String, mpsc::UnboundedReceiver<String>) {
    let (told, logouts) = mpsc::unbounded_channel();
    let take = move |body: String| {
        let told = told.clone();
        async move { told.send(body).map_err(|_| "the test is over") }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}/logout", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/logout", post(take))).await });
    (address, logouts)
}

#[tokio::test]
async fn a_person_signs_in_and_out_at_a_certified_provider() {
    let mut provider = Provider::start().await;
    let now = Clock::system().now();
    let mut browser = Browser::default();
    let attempt = |number| Attempt::new([number; 32], &provider.issuer, LocalPath::root(), now);
    let return_to = ReturnAddress::new(RETURN.to_owned()).unwrap();
    let address = provider.issuers.begin_sign_in(&attempt(1), &return_to, now).await.unwrap();
    let End::Left(back) = browser.open(&address).await else { panic!("no way back") };
    assert!(back.as_str().starts_with(RETURN));
    let callback = || Callback::parse(back.query().unwrap()).unwrap();
    let finish = async |attempt: &Attempt, now: SystemTime| {
        provider.issuers.finish_sign_in(attempt, &return_to, callback(), now).await
    };
    assert_eq!(finish(&attempt(2), now).await.unwrap_err().code(), "state");
    let officer = finish(&attempt(1), now).await.unwrap();
    assert_eq!(officer.subject, "erika");
    assert_eq!(officer.name.as_deref(), Some("Erika Mustermann"));
    assert_eq!(officer.roles.into_iter().collect::<Vec<_>>(), [Role::Supervisor]);
    let session = officer.session.expect("the provider names its session");
    assert_eq!(finish(&attempt(1), now).await.unwrap_err().code(), "code", "a code is used once");

    let address = provider.issuers.end_session(&provider.issuer, SIGNED_OUT, now).await.unwrap();
    let End::Page(form) = browser.open(&address).await else { panic!("nobody asks whether it is meant") };
    let fields = form_urlencoded::Serializer::new(String::new())
        .append_pair("xsrf", attribute(&form, "name=\"xsrf\" value=\""))
        .append_pair("logout", "yes")
        .finish();
    let End::Left(end) = browser.send(attribute(&form, "action=\""), &fields).await else {
        panic!("not sent back")
    };
    assert!(end.as_str().starts_with(SIGNED_OUT), "{end}");
    let told = timeout(PATIENCE, provider.logouts.recv()).await.unwrap().unwrap();
    let token = told.strip_prefix("logout_token=").unwrap();
    let logout = provider.issuers.verify_logout(token, now).await.unwrap();
    assert_eq!(logout.issuer, provider.issuer);
    assert_eq!(logout.session.as_deref(), Some(session.as_str()));
    assert_eq!(provider.issuers.verify_bearer(token, now).await.unwrap_err().code(), "type");
}

#[tokio::test]
async fn a_program_on_the_persons_own_machine_gets_a_token_without_a_secret() {
    let provider = Provider::start().await;
    let now = Clock::system().now();
    let native = IssuerSettings { client_id: "meldeverbund-node".into(), ..settings(&provider.issuer) };
    let issuers = Issuers::new([native], &Clock::system()).unwrap();
    // On whichever port it listens.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let return_to = ReturnAddress::new(format!("http://127.0.0.1:{port}/signed-in")).unwrap();
    let (told, mut returned) = mpsc::unbounded_channel();
    let take = move |RawQuery(query): RawQuery| {
        let told = told.clone();
        async move { told.send(query.unwrap_or_default()).map_err(|_| "the test is over") }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/signed-in", get(take))).await });
    let attempt = Attempt::new([3; 32], &provider.issuer, LocalPath::root(), now);
    let address = issuers.begin_sign_in(&attempt, &return_to, now).await.unwrap();
    let End::Page(_) = Browser::default().open(&address).await else { panic!("sent elsewhere") };
    let callback = Callback::parse(&returned.recv().await.unwrap()).unwrap();
    let signed_in = issuers.finish_sign_in_with_token(&attempt, &return_to, callback, now).await.unwrap();
    assert_eq!(signed_in.officer.subject, "erika");
    assert_eq!(issuers.verify_bearer(&signed_in.token, now).await.unwrap().subject, "erika");
    assert!(!format!("{signed_in:?}").contains(&**signed_in.token));
}

/// What follows a mark in a page, up to the next quotation mark.
fn attribute<'p>(page: &'p str, mark: &str) -> &'p str {
    let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("{mark} in {page}"));
    rest.split('"').next().unwrap()
}
