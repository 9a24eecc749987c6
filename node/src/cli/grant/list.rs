//! `grant list`: lists targets with a live grant.

use meldeverbund_proto::{node::v1::ListTargetsRequest, v1::Stage};

use crate::cli::{
    Exit,
    context::Context,
    error::CliError,
    work::{Page, list},
};

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
            ListTargetsRequest { stage: Stage::Granted.into(), ..ListTargetsRequest::default() },
        )
        .await
    }
}
