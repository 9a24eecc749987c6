//! `query show`: what became of each row of a question.

use super::rows::{self, Form};
use crate::cli::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The question's number, as `query list` shows it
    question: u64,
    /// Hits alone
    #[arg(long)]
    hits: bool,
    #[command(flatten)]
    form: Form,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut desk = context.liaison_desk_without_token().await?;
        rows::show(context, &mut desk, self.question, self.hits, &self.form).await?;
        Ok(Exit::Done)
    }
}
