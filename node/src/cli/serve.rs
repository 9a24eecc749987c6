//! `serve`: runs the daemon until a signal; a second one ends it at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{Exit, context::Context, error::CliError, screen::is_watched};
use crate::{
    config::{Log, LogFormat},
    daemon::Daemon,
};

/// The exit code of a daemon that was told twice (as shells report SIGTERM).
const ABORTED: i32 = 143;

#[derive(Debug, clap::Args)]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        log(&config.log)?;
        let stop = CancellationToken::new();
        let on_signal = stop.clone();
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = int.recv() => {}
                }
            };
            next().await;
            on_signal.cancel();
            next().await;
            // What the officer was told is durable; nothing is lost by not waiting.
            std::process::exit(ABORTED);
        });
        let daemon = Daemon::start(config).await?;
        daemon.run(stop).await?;
        Ok(Exit::Done)
    }
}

fn log(log: &Log) -> Result<(), CliError> {
    let filter =
        EnvFilter::try_new(&log.level).map_err(|_| CliError::Value(format!("log.level: {}", log.level)))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_watched())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Human => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
