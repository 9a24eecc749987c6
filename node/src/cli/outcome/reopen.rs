//! `outcome reopen`: the link was seen again.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::{
    cli::{
        Exit,
        context::Context,
        decide::{Deciding, decide, moment},
        error::CliError,
    },
    clock::Clock,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reopen {
    #[command(flatten)]
    deciding: Deciding,
    /// When; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// By which means
    #[arg(long, value_name = "TEXT")]
    means: String,
}

impl Reopen {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReopenRound(v1::ReopenRound {
            seen_at_us: self.at.unwrap_or_else(|| Clock::system().now_us()),
            means: self.means,
        });
        decide(context, self.deciding, decision).await
    }
}
