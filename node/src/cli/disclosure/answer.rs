//! `disclosure answer`: field by field, or a refusal.

use meldeverbund_proto::{node::v1::AnswerDisclosureRequest, v1::DisclosedValue};

use super::{
    field::released,
    show::{print, to_json},
};
use crate::cli::{Exit, context::Context, error::CliError, signed_in::SignedIn};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Answer {
    /// The disclosure's id
    disclosure: String,
    /// What is released: `FIELD=TEXT`; may be repeated. Fields: case-number, prosecutor-reference, officer, offence-class,
    /// found-where, found-at, content-hashes, notices, uploader, note
    #[arg(long, value_parser = released, value_name = "FIELD=TEXT", required_unless_present = "refuse_disclosure")]
    release: Vec<DisclosedValue>,
    /// Refuse, and why
    #[arg(long = "refuse", value_name = "TEXT", conflicts_with = "release")]
    refuse_disclosure: Option<String>,
    /// What is said beside what is released
    #[arg(long = "note", default_value = "", hide_default_value = true, value_name = "TEXT")]
    beside: String,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Answer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = AnswerDisclosureRequest {
            disclosure_id: self.disclosure,
            values: self.release,
            reason: self.refuse_disclosure.unwrap_or(self.beside),
        };
        let answer = context.liaison_desk(&self.signed_in).await?.answer_disclosure(request).await?;
        let disclosure = answer.into_inner().disclosure.unwrap_or_default();
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&disclosure))?;
        } else {
            print(&mut screen, context.lang, &disclosure, &[])?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
