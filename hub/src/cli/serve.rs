//! `serve`: runs the hub until a signal; a second one ends at once.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::logs;
use crate::{
    clock::Clock,
    serve::{Config, ServeError, Server},
};

/// The exit code when calls in progress were cut.
const CUT: u8 = 3;

/// The exit code when a second signal ended the hub at once (128 + SIGTERM).
const ABORTED: i32 = 143;

pub(super) async fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    logs::start(&config.log)?;
    let recorder = PrometheusBuilder::new().install_recorder().context("metrics")?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut server = Server::start(&config, Clock::system(), Some(recorder)).await?;
    tokio::select! {
        () = either(&mut terminate, &mut interrupt) => {}
        () = server.ended() => anyhow::bail!(ServeError::Ended),
    }
    tracing::info!("draining");
    let ended = tokio::select! {
        ended = server.end() => ended,
        () = either(&mut terminate, &mut interrupt) => {
            tracing::warn!("second signal: ending at once");
            #[expect(clippy::exit, reason = "asked for twice; what is acknowledged is durable already")]
            std::process::exit(ABORTED);
        }
    };
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ ServeError::DrainedBadly) => {
            tracing::warn!(%error);
            Ok(ExitCode::from(CUT))
        }
        Err(error) => Err(error.into()),
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
