//! `inbox`: the work list: what is due, the most urgent first, and the verb that does it.

use meldeverbund_proto::node::v1::{ListTargetsRequest, ShowLedgerRequest};

use super::{
    Exit, announce,
    context::Context,
    decide::choice::{DueName, Word},
    disclosure,
    error::CliError,
    ledger::alarm_line,
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
        first(context).await?;
        list(context, page, request).await
    }
}

/// What is wrong with the ledger comes first, then what liaison bodies wait for; for programs it stands in `status`,
/// `disclosure list` and `announce list`, because here each line is a target.
async fn first(context: &Context) -> Result<(), CliError> {
    if context.json {
        return Ok(());
    }
    let request = ShowLedgerRequest { all_alarms: false };
    let answer = context.desk().await?.show_ledger(request).await?.into_inner();
    let mut screen = context.screen();
    for alarm in &answer.alarms {
        screen.line(alarm_line(context.lang, alarm))?;
    }
    for line in
        disclosure::waiting_lines(context).await?.into_iter().chain(announce::waiting_lines(context).await?)
    {
        screen.line(line)?;
    }
    screen.flush()
}
