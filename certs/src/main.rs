//! `meldeverbund-certs`: certificates for a federation.

use std::process::ExitCode;

use meldeverbund_certs::{Clock, cli, install_default};

fn main() -> ExitCode {
    install_default();
    cli::run(std::env::args_os(), &Clock::system())
}
