//! `sign-in` and `sign-out`: an officer proves to the body's issuer who it is, in a browser, and the questions of the next hours go
//! out under the token that comes of it. Nobody sees the token.

mod returned;

use std::{net::Ipv4Addr, path::PathBuf, time::SystemTime};

use meldeverbund_certs::Clock;
use meldeverbund_people::{Attempt, Issuers, LocalPath, ReturnAddress, SignedIn};
use serde_json::json;
use tokio::net::TcpListener;

use self::returned::Returned;
use super::{Exit, context::Context, error::CliError, signed_in};
use crate::{clock::Random, sync::chain, text::say};

/// The return address' path.
const PATH: &str = "/signed-in";

/// Sign in at your own agency's issuer, in a browser of this machine.
#[derive(Debug, clap::Args)]
pub(super) struct SignIn {
    /// The file for the token, readable by you alone [default: in XDG_RUNTIME_DIR, until you log out]
    #[arg(long = "token-file", value_name = "FILE")]
    kept_in: Option<PathBuf>,
    /// The port of this machine to which the browser comes back [default: any, or as the configuration says]
    #[arg(long)]
    port: Option<u16>,
}

/// Forget the token.
#[derive(Debug, clap::Args)]
pub(super) struct SignOut {
    /// The file for the token, readable by you alone [default: in XDG_RUNTIME_DIR, until you log out]
    #[arg(long = "token-file", value_name = "FILE")]
    kept_in: Option<PathBuf>,
}

impl SignIn {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let lang = context.lang;
        let Some(settings) = &config.sign_in else {
            return Err(CliError::Value(say(
                lang,
                "in der Konfiguration fehlt [sign_in]: der Aussteller, bei dem Sie sich anmelden".into(),
                "the configuration has no [sign_in]: the issuer at which you sign in".into(),
            )));
        };
        let file = signed_in::place(self.kept_in, lang)?;
        let issuers = Issuers::new([settings.issuer_of(&config.agency)], &Clock::system())
            .map_err(|error| CliError::Value(error.to_string()))?;
        // Only on this machine: what comes back holds a code.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port.unwrap_or(settings.port))).await?;
        let port = listener.local_addr()?.port();
        let return_to = ReturnAddress::new(format!("http://127.0.0.1:{port}{PATH}"));
        let return_to = return_to.map_err(|error| CliError::Value(error.to_string()))?;
        let attempt = Attempt::new(Random::system().bytes(), &settings.issuer, LocalPath::root(), now());
        let refused = |error| declined(lang, &error);
        let address = issuers.begin_sign_in(&attempt, &return_to, now()).await.map_err(refused)?;
        eprintln!(
            "{}",
            say(lang, "Öffnen Sie im Browser dieses Rechners:", "Open in a browser of this machine:")
        );
        eprintln!("{address}");
        let signed_in = Returned::new(listener, PATH, lang).sign_in(&issuers, &attempt, &return_to).await;
        let SignedIn { officer, token } = signed_in.map_err(refused)?;
        signed_in::keep(&file, &token, lang)?;
        let name = officer.name.unwrap_or(officer.subject);
        let until = jiff::Timestamp::try_from(officer.valid_until).unwrap_or(jiff::Timestamp::MAX);
        let mut screen = context.screen();
        if context.json {
            screen.json(&json!({ "officer": name, "valid_until_us": until.as_microsecond() }))?;
        } else {
            let until = crate::text::time(lang, until.as_microsecond());
            screen.line(say(
                lang,
                format!("Angemeldet als {name}, bis {until}."),
                format!("Signed in as {name}, until {until}."),
            ))?;
        }
        Ok(Exit::Done)
    }
}

impl SignOut {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let lang = context.lang;
        let was_there = signed_in::forget(&signed_in::place(self.kept_in, lang)?, lang)?;
        let mut screen = context.screen();
        match (context.json, was_there) {
            (true, _) => screen.json(&json!({ "signed_out": was_there }))?,
            (false, true) => screen.line(say(lang, "Abgemeldet.", "Signed out."))?,
            (false, false) => {
                screen.line(say(lang, "Sie waren nicht angemeldet.", "You were not signed in."))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn declined(lang: crate::text::Lang, error: &meldeverbund_people::SignInRefusal) -> CliError {
    let why = chain(error);
    CliError::Value(say(lang, format!("Anmeldung gescheitert: {why}"), format!("not signed in: {why}")))
}

fn now() -> SystemTime {
    Clock::system().now()
}
