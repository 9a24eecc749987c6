//! `outcome check`: a look whether it is gone.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::{
    cli::{
        Exit,
        context::Context,
        decide::{
            Deciding,
            choice::{CheckName, Word},
            decide, moment,
        },
        error::CliError,
    },
    clock::Clock,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    deciding: Deciding,
    /// What it found
    #[arg(long, value_enum)]
    result: CheckName,
    /// When; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// By which means
    #[arg(long, value_name = "TEXT")]
    means: String,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportCheck(v1::ReportCheck {
            result: self.result.number(),
            checked_at_us: self.at.unwrap_or_else(|| Clock::system().now_us()),
            means: self.means,
        });
        decide(context, self.deciding, decision).await
    }
}
