//! `notice remind`: a reminder is about to leave.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use super::terms::Terms;
use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remind {
    #[command(flatten)]
    deciding: Deciding,
    #[command(flatten)]
    terms: Terms,
}

impl Remind {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::Intend(self.terms.into_intend(v1::NoticeKind::Reminder));
        decide(context, self.deciding, decision).await
    }
}
