//! `notice answer`: what the provider answered.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::{
    cli::{
        Exit,
        context::Context,
        decide::{
            Deciding,
            choice::{AnswerName, Word},
            decide, moment,
        },
        error::CliError,
    },
    clock::Clock,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Answer {
    #[command(flatten)]
    deciding: Deciding,
    /// The answer
    #[arg(long, value_enum)]
    answer: AnswerName,
    /// When; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
}

impl Answer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportAnswer(v1::ReportAnswer {
            answer: self.answer.number(),
            answered_at_us: self.at.unwrap_or_else(|| Clock::system().now_us()),
            reference: self.reference,
        });
        decide(context, self.deciding, decision).await
    }
}
