//! `own list`: lists targets whose ownership waits for an answer.

use meldeverbund_proto::{node::v1::ListTargetsRequest, v1::DueKind};

use crate::cli::{
    Exit,
    context::Context,
    error::CliError,
    work::{Page, list},
};

/// What asks who is responsible.
const OPEN: [DueKind; 3] = [DueKind::AnswerProposal, DueKind::AnswerOffer, DueKind::DecideDispute];

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    page: Page,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        list(
            context,
            self.page,
            ListTargetsRequest { due: OPEN.map(i32::from).to_vec(), ..ListTargetsRequest::default() },
        )
        .await
    }
}
