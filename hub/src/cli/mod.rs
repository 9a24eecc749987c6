//! The operator's commands: one verb a file.

mod access_log;
mod agency;
mod backup;
mod blind;
mod check_config;
#[cfg(feature = "postgres")]
mod copy_to;
mod doctor;
mod duplicates;
mod figures;
mod hosts;
mod key;
mod ledger;
mod liaison;
mod logs;
mod migrate;
mod offline;
mod output;
mod policy;
mod retention;
mod serve;
mod statement_key;
mod status;
mod target;
mod witness_key;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// The central office's hub.
#[derive(Debug, Parser)]
#[command(name = "meldeverbund-hub", version, about, long_about = None)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "MELDEVERBUND_HUB_CONFIG", default_value = "hub.toml")]
    config: PathBuf,
    /// Answer as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the hub until SIGTERM or SIGINT.
    Serve,
    /// Say whether the configuration can be used, and what it says.
    CheckConfig,
    /// Bring the database's schema up to this version's.
    Migrate,
    /// Register agencies, suspend and resume them, register keys of their nodes.
    #[command(subcommand)]
    Agency(agency::AgencyVerb),
    /// What the members agreed on: who owns what, and how long everybody has.
    #[command(subcommand)]
    Policy(policy::PolicyVerb),
    /// Which parts of a host's links name an object, and who provides the host.
    #[command(subcommand)]
    Hosts(hosts::HostsVerb),
    /// What may be one target: list, merge, split, reject, undo.
    #[command(subcommand)]
    Duplicates(duplicates::DuplicatesVerb),
    /// What the central office sees of targets, and decides on them.
    #[command(subcommand)]
    Target(target::TargetVerb),
    /// What liaison bodies announced, and what looks like misuse.
    #[command(subcommand)]
    Liaison(liaison::LiaisonVerb),
    /// Who asked about what, and why: for data protection.
    #[command(subcommand)]
    AccessLog(access_log::AccessLogVerb),
    /// How long records are kept, and what goes.
    #[command(subcommand)]
    Retention(retention::RetentionVerb),
    /// What was recorded, whether it is whole, and who signs it.
    #[command(subcommand)]
    Ledger(ledger::LedgerVerb),
    /// Blind questions: the keys' epochs.
    #[command(subcommand)]
    Blind(blind::BlindVerb),
    /// How many, by Land, host or class; count again from the ledger; what may be published.
    Figures(figures::FigureArguments),
    /// Copy the database into a new file, beside the running hub; never the ledger's key or the high-water mark.
    Backup {
        /// The new file; nothing is overwritten.
        file: PathBuf,
    },
    /// Put a backup where the configured database was, which has been moved aside.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Move the database of a stopped hub from its file to a PostgreSQL server.
    #[cfg(feature = "postgres")]
    CopyTo(copy_to::CopyToArguments),
    /// What the hub holds, and how far the nodes have followed.
    Status,
    /// Look for what is wrong, and name the cause.
    Doctor,
}

/// Runs a verb. Exit code 0: done; 1: failed or refused; 2: wrong usage (clap); 3: calls were cut at the end.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(cli.json, &error.into()),
    };
    let outcome = runtime.block_on(async {
        match cli.verb {
            Verb::Serve => serve::run(&cli.config).await,
            Verb::CheckConfig => check_config::run(&cli.config, cli.json),
            Verb::Migrate => migrate::run(&cli.config, cli.json).await,
            Verb::Agency(verb) => agency::run(&cli.config, cli.json, verb).await,
            Verb::Policy(verb) => policy::run(&cli.config, cli.json, verb).await,
            Verb::Hosts(verb) => hosts::run(&cli.config, cli.json, verb).await,
            Verb::Duplicates(verb) => duplicates::run(&cli.config, cli.json, verb).await,
            Verb::Target(verb) => target::run(&cli.config, cli.json, verb).await,
            Verb::Liaison(verb) => liaison::run(&cli.config, cli.json, verb).await,
            Verb::AccessLog(verb) => access_log::run(&cli.config, cli.json, verb).await,
            Verb::Retention(verb) => retention::run(&cli.config, cli.json, verb).await,
            Verb::Ledger(verb) => ledger::run(&cli.config, cli.json, verb).await,
            Verb::Blind(verb) => blind::run(&cli.config, cli.json, verb).await,
            Verb::Figures(arguments) => figures::run(&cli.config, cli.json, arguments).await,
            Verb::Backup { file } => backup::make(&cli.config, cli.json, &file).await,
            Verb::Restore { file } => backup::put_back(&cli.config, cli.json, &file).await,
            #[cfg(feature = "postgres")]
            Verb::CopyTo(arguments) => copy_to::run(&cli.config, cli.json, arguments).await,
            Verb::Status => status::run(&cli.config, cli.json).await,
            Verb::Doctor => doctor::run(&cli.config, cli.json).await,
        }
    });
    outcome.unwrap_or_else(|error| output::failed(cli.json, &error))
}
