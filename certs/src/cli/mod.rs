//! The commands of `meldeverbund-certs`.

mod ca;
mod check;
mod describe;
mod folder;
mod init;
mod issue;
mod list;
mod output;
mod renew;
mod request;
mod revoke;
mod show;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{Clock, TlsError, authority::AuthorityError};
use output::Report;

/// Certificates for a federation: an authority of its own, and requests to an authority elsewhere.
#[derive(Debug, Parser)]
#[command(name = "meldeverbund-certs", version, max_term_width = 100)]
struct Cli {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Issue(issue::Issue),
    Renew(renew::Renew),
    Revoke(revoke::Revoke),
    Crl(list::Crl),
    List(list::List),
    Request(request::RequestCommand),
    Show(show::Show),
}

/// A command that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{0} exists already; --force replaces it")]
    Exists(String),
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("{0}: holds no certificate, request, revocation list or key in PEM")]
    NothingToShow(String),
    #[error("{0}: holds no certificate")]
    NoCertificate(String),
    #[error("no certificate of {0} is in force")]
    NothingInForce(String),
    #[error("the certificate names no trust domain; give --trust-domain")]
    NoDomain,
    #[error("{0}")]
    Usage(&'static str),
}

/// Runs a command line; the first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, clock: &Clock) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, and not to us.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match cli.command.run(clock) {
        Ok(report) => report.print(cli.json),
        Err(error) => {
            output::print_error(&error.to_string(), cli.json);
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(&self, clock: &Clock) -> Result<Report, CliError> {
        let now = clock.now();
        match self {
            Self::Init(command) => command.run(now),
            Self::Issue(command) => command.run(now),
            Self::Renew(command) => command.run(now),
            Self::Revoke(command) => command.run(now),
            Self::Crl(command) => command.run(now),
            Self::List(command) => command.run(now),
            Self::Request(command) => command.run(),
            Self::Show(command) => command.run(now),
        }
    }
}
