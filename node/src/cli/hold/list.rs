//! `hold list`: lists targets with holds.

use meldeverbund_proto::node::v1::ListTargetsRequest;

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
        list(context, self.page, ListTargetsRequest { held: true, ..ListTargetsRequest::default() }).await
    }
}
