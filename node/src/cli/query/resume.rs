//! `query resume`: goes on with a question that broke off, under the same query ids.

use super::{
    ask::{self, Asking},
    rows::Form,
};
use crate::cli::{Exit, context::Context, error::CliError, signed_in::SignedIn};

#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    /// The question's number, as `query list` shows it
    question: u64,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        ask::ask(context, &self.signed_in, Asking::Resume(self.question), &self.form).await
    }
}
