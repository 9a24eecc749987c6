//! The hub's binary.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    meldeverbund_certs::install_default();
    meldeverbund_hub::cli::run(meldeverbund_hub::cli::Cli::parse())
}
