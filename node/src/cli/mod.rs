//! The officer's and the operator's commands, one verb per file.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 1 | failed |
//! | 2 | wrong usage |
//! | 3 | no daemon answers at the socket |
//! | 4 | not permitted: the account is mapped to no officer, or the socket is closed to it |
//! | 5 | unknown: no such case, link or hand-in |
//! | 6 | done, but some rows were rejected here or refused by the hub |
//! | 7 | interrupted, or held up until a person acts: what was taken is safe |
//! | 8 | `doctor` found a fault; `status` or `ledger status`: an alarm about the ledger is open |
//! | 9 | a hold is NOT YET IN FORCE: it is safe here, and the hub has not answered |
//! | 10 | refused because it needs the hub and the hub is away; nothing was queued |

mod announce;
mod asked;
mod backup;
mod case;
mod check_config;
mod context;
mod decide;
mod decisions;
mod disclosure;
#[cfg(test)]
mod docs;
mod doctor;
mod error;
mod explain;
mod gate;
mod grant;
mod help_de;
mod hold;
mod inbox;
mod init;
mod json;
mod keys;
mod ledger;
mod link;
mod links;
mod notice;
mod outcome;
mod own;
mod plan_error;
mod print;
mod query;
mod refer;
mod replace;
mod report;
mod resend;
mod restore;
mod screen;
mod serve;
mod show;
mod sign_in;
mod signed_in;
mod status;
mod table;
mod target_json;
mod target_text;
mod watch;
mod work;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::{context::Context, error::CliError};
use crate::text::Lang;

/// An office's node in the Meldeverbund.
#[derive(Debug, Parser)]
#[command(name = "meldeverbund-node", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, clap::Args)]
struct Global {
    /// The configuration file [default: ./node.toml, else /etc/meldeverbund/node.toml]
    #[arg(long, global = true, env = "MELDEVERBUND_NODE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The daemon's socket [default: as the configuration says]
    #[arg(long, global = true, env = "MELDEVERBUND_NODE_SOCKET", value_name = "SOCKET")]
    socket: Option<PathBuf>,
    /// The language of texts, `de` or `en` [default: by the locale]
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<Lang>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Set up a node: folder, configuration, store
    Init(init::Init),
    /// Run the daemon
    Serve(serve::Serve),
    /// Check the configuration file
    CheckConfig(check_config::CheckConfig),
    /// Open, list and close cases
    #[command(subcommand)]
    Case(case::Case),
    /// Hand in a list of links under a case
    Refer(refer::Refer),
    /// Tell what became of each row of a hand-in
    Report(report::Report),
    /// Tell what waits and why
    Status(status::Status),
    /// List referrals
    Links(links::Links),
    /// Show all that is known of a link or target
    Show(show::Show),
    /// The work list: what is due, the most urgent first
    Inbox(inbox::Inbox),
    /// Set, confirm, withdraw and adopt what a grant needs
    #[command(subcommand)]
    Gate(gate::Gate),
    /// Place, renew, lift and list holds
    #[command(subcommand)]
    Hold(hold::Hold),
    /// Accept, decline, offer, dispute and withdraw the responsibility
    #[command(subcommand)]
    Own(own::Own),
    /// Ask for the permission to notify the provider, give it back, list
    #[command(subcommand)]
    Grant(grant::Grant),
    /// Intend, report and list notices to the provider
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Close rounds, record looks and complaints, open the next round
    #[command(subcommand)]
    Outcome(outcome::Outcome),
    /// List decisions, or tell what became of each target of one
    Decisions(decisions::Decisions),
    /// Tell why an agency is or was responsible, and what happened
    Explain(explain::Explain),
    /// Ask hit or no hit about links and content hashes, openly or blind; for liaison bodies
    Query(query::Query),
    /// Announce an intended notice to the central office, or ask it for a hold; for liaison bodies
    #[command(subcommand)]
    Announce(announce::Announce),
    /// Ask for details of a hit, and release them field by field
    #[command(subcommand)]
    Disclosure(disclosure::Disclosure),
    /// Sign in at your own agency's issuer, in a browser
    SignIn(sign_in::SignIn),
    /// Forget the token of sign-in
    SignOut(sign_in::SignOut),
    /// Tell which liaison bodies asked about this office's links
    Asked(asked::Asked),
    /// Tell what happens, as it happens
    Watch(watch::Watch),
    /// Try again what the hub refused
    Resend(resend::Resend),
    /// Show this office's own public keys, and how the central office registers them
    Keys(keys::Keys),
    /// The ledger: how it stands, proofs, export, verification, alarms
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Back up all that this node knows, beside the running daemon
    Backup(backup::Backup),
    /// Put a backup back into an empty folder
    Restore(restore::Restore),
    /// Hand this node's work over to a new machine: its last backup, and the end of its work here
    Replace(replace::Replace),
    /// Give the canonical form of each line of standard input
    Link(link::Link),
    /// Find out what is wrong
    Doctor(doctor::Doctor),
}

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Failed = 1,
    NoDaemon = 3,
    NotPermitted = 4,
    Unknown = 5,
    SomeRefused = 6,
    Interrupted = 7,
    Fault = 8,
    NotInForce = 9,
    HubAway = 10,
}

/// Runs the program.
pub fn main() -> ExitCode {
    meldeverbund_certs::install_default();
    let asked = Lang::from_locale(|name| std::env::var(name).ok());
    let command = help_de::in_language(Cli::command(), help_de::asked_for(std::env::args()).unwrap_or(asked));
    let cli = match Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let context = Context::new(cli.global, asked);
    let exit = run(cli.verb, &context).unwrap_or_else(|error| error.report(context.lang, context.json));
    ExitCode::from(exit as u8)
}

fn run(verb: Verb, context: &Context) -> Result<Exit, CliError> {
    match verb {
        // No daemon, no runtime: it is a filter.
        Verb::Link(link) => link.run(),
        Verb::CheckConfig(check) => check.run(context),
        Verb::Keys(keys) => keys.run(context),
        Verb::SignOut(verb) => verb.run(context),
        Verb::Serve(serve) => runtime()?.block_on(serve.run(context)),
        verb => runtime()?.block_on(officer(verb, context)),
    }
}

async fn officer(verb: Verb, context: &Context) -> Result<Exit, CliError> {
    match verb {
        Verb::Init(verb) => verb.run(context).await,
        Verb::Backup(verb) => verb.run(context).await,
        Verb::Restore(verb) => verb.run(context).await,
        Verb::Replace(verb) => verb.run(context).await,
        Verb::Case(verb) => verb.run(context).await,
        Verb::Refer(verb) => verb.run(context).await,
        Verb::Report(verb) => verb.run(context).await,
        Verb::Status(verb) => verb.run(context).await,
        Verb::Links(verb) => verb.run(context).await,
        Verb::Show(verb) => verb.run(context).await,
        Verb::Inbox(verb) => verb.run(context).await,
        Verb::Gate(verb) => verb.run(context).await,
        Verb::Hold(verb) => verb.run(context).await,
        Verb::Own(verb) => verb.run(context).await,
        Verb::Grant(verb) => verb.run(context).await,
        Verb::Notice(verb) => verb.run(context).await,
        Verb::Outcome(verb) => verb.run(context).await,
        Verb::Decisions(verb) => verb.run(context).await,
        Verb::Explain(verb) => verb.run(context).await,
        Verb::Query(verb) => verb.run(context).await,
        Verb::Announce(verb) => verb.run(context).await,
        Verb::Disclosure(verb) => verb.run(context).await,
        Verb::Asked(verb) => verb.run(context).await,
        Verb::SignIn(verb) => verb.run(context).await,
        Verb::SignOut(verb) => verb.run(context),
        Verb::Watch(verb) => verb.run(context).await,
        Verb::Resend(verb) => verb.run(context).await,
        Verb::Doctor(verb) => verb.run(context).await,
        Verb::Ledger(verb) => verb.run(context).await,
        Verb::Keys(verb) => verb.run(context),
        Verb::Link(verb) => verb.run(),
        Verb::CheckConfig(verb) => verb.run(context),
        Verb::Serve(verb) => verb.run(context).await,
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)
}
