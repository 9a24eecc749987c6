//! `notice elsewhere`: somebody else notified.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide, moment},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Elsewhere {
    #[command(flatten)]
    deciding: Deciding,
    /// Who, in a word
    #[arg(long, value_name = "NAME")]
    by: String,
    /// When, if known
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
}

impl Elsewhere {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportElsewhere(v1::ReportElsewhere {
            notified: Some(v1::NotifiedElsewhere {
                by: self.by,
                at_us: self.at.unwrap_or(0),
                reference: self.reference,
            }),
        });
        decide(context, self.deciding, decision).await
    }
}
