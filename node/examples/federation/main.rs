//! Three offices refer overlapping lists, the hub keeps them apart, and a few targets go on to their end.
//!
//! `cargo run --release --example federation` makes a throw-away authority and everything else under a temporary folder,
//! starts the hub and three nodes through the same code as their binaries (real TLS on loopback, real files, one
//! process), feeds them overlapping shares of a list, and prints per office what became of it. On a few targets it then goes on:
//! gates, a hold, one notice, the outcome, a link that comes back, a dispute; it prints the story of one of them. At the end a
//! liaison body asks about them, openly and blind, under the token of an issuer in this process, and the owner releases a detail.
//! It fails if a promise is broken.

mod cast;
mod commands;
mod decisions;
mod desk;
mod liaison;
mod lists;
mod notice;
mod office;
mod play;
mod stage;
mod story;
mod summary;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use meldeverbund_people::testing::TestIssuer;
use tokio::time::Instant;

use self::{
    cast::Cast, liaison::Inquiry, lists::Lists, play::Play, stage::Stage, story::Story, summary::Summary,
};

/// Three offices refer overlapping lists, the hub keeps them apart, and a few targets go on to their end.
#[derive(Debug, Parser)]
struct Arguments {
    /// A list of links, one a line, instead of the made-up one.
    #[arg(long)]
    input: Option<PathBuf>,
    /// Leave everything running and print the commands to try.
    #[arg(long)]
    keep: bool,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    meldeverbund_certs::install_default();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let folder = tempfile::Builder::new().prefix("meldeverbund-").tempdir()?;
    let lists = Lists::write(folder.path(), arguments.input.as_deref()).context("the lists")?;
    let issuer = TestIssuer::start().await;
    let stage = Stage::set(folder.path(), &issuer).await?;
    let started = Instant::now();
    let handing_in = stage.offices.iter().zip(&lists.files).map(|(office, list)| office.hand_in(list));
    let hand_ins = futures::future::try_join_all(handing_in).await?;
    let seconds = started.elapsed().as_secs_f64();
    let mut summary = Summary::new(&stage, &lists, &hand_ins, seconds).await?;
    if let Some(cast) = Cast::find(&stage, &lists).await? {
        let play = Play::run(&stage, cast, folder.path()).await?;
        summary.ask(Inquiry::run(&stage, &play.cast, &issuer).await.context("the liaison body")?);
        summary.add(Story::tell(play).await?);
    } else if arguments.input.is_none() {
        summary.broken.push("the lists have no link in common, so that no story can be told".into());
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&summary.to_json())?);
    } else {
        print!("{summary}");
    }
    if arguments.keep {
        commands::print(&stage, folder.path(), summary.link());
        tokio::signal::ctrl_c().await?;
    }
    stage.strike().await?;
    Ok(summary.broken.is_empty())
}
