//! `doctor`: finds out what is wrong, from the configuration file to the hub, and names the cause.

mod credentials;
mod desk;
mod folder;
mod hub;

use serde_json::{Value, json};

use super::{Exit, context::Context, error::CliError, screen::Screen};
use crate::{
    clock::Clock,
    config::Config,
    text::{Lang, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// In order.
    Ok,
    /// Works, but somebody should look at it.
    Warning,
    /// Does not work.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// What was looked at, for programs.
    check: &'static str,
    level: Level,
    /// The cause, for programs; empty where all is well.
    cause: &'static str,
    text: String,
}

/// What was found so far.
struct Findings {
    lang: Lang,
    found: Vec<Finding>,
}

impl Doctor {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut findings = Findings { lang: context.lang, found: Vec::new() };
        if let Some(config) = configuration(context, &mut findings) {
            let clock = Clock::system();
            folder::check(&config, &mut findings).await;
            if credentials::check(&config, &clock, &mut findings) {
                hub::check(&config, &clock, &mut findings).await;
            }
            desk::check(context, &mut findings).await;
        }
        let mut screen = context.screen();
        findings.show(&mut screen, context.json)?;
        screen.flush()?;
        let worst = findings.found.iter().map(|finding| finding.level).max();
        Ok(if worst == Some(Level::Fault) { Exit::Fault } else { Exit::Done })
    }
}

fn configuration(context: &Context, findings: &mut Findings) -> Option<Config> {
    let lang = findings.lang;
    match context.config() {
        Ok(config) => {
            findings.ok("config", config.file.display().to_string());
            Some(config)
        }
        Err(CliError::Config(error)) => {
            findings.fault("config", "config_invalid", error.to_string());
            None
        }
        Err(_) => {
            findings.fault(
                "config",
                "config_missing",
                say(
                    lang,
                    "keine Konfigurationsdatei gefunden; --config DATEI nennt sie",
                    "no configuration file was found; name it with --config FILE",
                ),
            );
            None
        }
    }
}

impl Findings {
    fn ok(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Level::Ok, "", text);
    }

    fn warning(&mut self, check: &'static str, cause: &'static str, text: impl Into<String>) {
        self.add(check, Level::Warning, cause, text);
    }

    fn fault(&mut self, check: &'static str, cause: &'static str, text: impl Into<String>) {
        self.add(check, Level::Fault, cause, text);
    }

    fn add(&mut self, check: &'static str, level: Level, cause: &'static str, text: impl Into<String>) {
        self.found.push(Finding { check, level, cause, text: text.into() });
    }

    fn show(&self, screen: &mut Screen, json: bool) -> Result<(), CliError> {
        for Finding { check, level, cause, text } in &self.found {
            if json {
                let cause = if cause.is_empty() { Value::Null } else { Value::from(*cause) };
                let level = match level {
                    Level::Ok => "ok",
                    Level::Warning => "warning",
                    Level::Fault => "fault",
                };
                screen.json(&json!({ "check": check, "level": level, "cause": cause, "text": text }))?;
            } else {
                let mark = match level {
                    Level::Ok => say(self.lang, "in Ordnung", "ok"),
                    Level::Warning => say(self.lang, "Hinweis", "warning"),
                    Level::Fault => say(self.lang, "FEHLER", "FAULT"),
                };
                screen.line(format!("{mark:10}  {:14}  {text}", name(self.lang, check)))?;
            }
        }
        Ok(())
    }
}

fn name(lang: Lang, check: &'static str) -> &'static str {
    match check {
        "config" => say(lang, "Konfiguration", "configuration"),
        "folder" => say(lang, "Datenordner", "data folder"),
        "disk" => say(lang, "Datenträger", "disk"),
        "store" => say(lang, "Datenbestand", "store"),
        "certificate" => say(lang, "Zertifikat", "certificate"),
        "hub" => "Hub",
        "clock" => say(lang, "Uhr", "clock"),
        "daemon" => say(lang, "Dienst", "daemon"),
        "officer" => say(lang, "Person", "officer"),
        "ledger" => say(lang, "Nachweisbuch", "ledger"),
        other => other,
    }
}
