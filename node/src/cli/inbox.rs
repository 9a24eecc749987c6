//! `inbox`: the work list: what is due, the most urgent first, and the verb that does it.

use meldeverbund_proto::node::v1::ListTargetsRequest;

use super::{
    Exit,
    context::Context,
    decide::choice::{DueName, Word},
    error::CliError,
    work::{Page, list},
};

#[derive(Debug, clap::Args)]
pub(super) struct Inbox {
    #[command(flatten)]
    page: Page,
    /// Only this; may be repeated
    #[arg(long, value_enum)]
    due: Vec<DueName>,
    /// Only with a hold
    #[arg(long)]
    held: bool,
    /// Only with a notice that failed or is in doubt
    #[arg(long)]
    in_doubt: bool,
}

impl Inbox {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Self { page, due, held, in_doubt } = self;
        let request = ListTargetsRequest {
            only_due: true,
            due: due.into_iter().map(Word::number).collect(),
            held,
            in_doubt,
            ..ListTargetsRequest::default()
        };
        list(context, page, request).await
    }
}
