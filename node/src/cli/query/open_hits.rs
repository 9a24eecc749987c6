//! `query open-hits`: the officer's choice to show the hub what was a hit, and nothing else of a blind question.

use meldeverbund_proto::node::v1::{AskBegin, AskedState, Question, ReportQuestionRequest};

use super::{
    ask::{self, Asking},
    input::Input,
    rows::Form,
};
use crate::{
    cli::{Exit, context::Context, error::CliError, signed_in::SignedIn},
    text::say,
};

#[derive(Debug, clap::Args)]
pub(super) struct OpenHits {
    /// The blind question's number, as `query list` shows it
    question: u64,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl OpenHits {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Self { question: number, form, signed_in } = self;
        let mut desk = context.liaison_desk_without_token().await?;
        let request = ReportQuestionRequest { question: number, only_hits: true };
        let mut pages = desk.report_question(request).await?.into_inner();
        let (mut question, mut lines) = (Question::default(), Vec::new());
        while let Some(page) = pages.message().await? {
            question = page.question.unwrap_or(question);
            let hits = page.rows.into_iter().filter(|row| row.state() == AskedState::Hit);
            lines.extend(hits.map(|row| (row.line, row.text)));
        }
        if lines.is_empty() {
            let mut screen = context.screen();
            if !context.json {
                screen.line(say(context.lang, "Keine Treffer.", "No hits."))?;
            }
            screen.flush()?;
            return Ok(Exit::Done);
        }
        let purpose = question.purpose.clone().unwrap_or_default();
        let input = Input { name: question.source_name, lines };
        let begin = AskBegin {
            digest: input.digest(&purpose, false, number).to_vec(),
            purpose: Some(purpose),
            blind: false,
            source_name: input.name.clone(),
            hits_of: number,
        };
        ask::ask(context, &signed_in, Asking::Begin { begin, lines: input.lines }, &form).await
    }
}
