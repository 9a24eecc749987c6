//! `disclosure request`: asks the owner of a hit.

use meldeverbund_proto::node::v1::RequestDisclosureRequest;
use serde_json::json;

use super::field::FieldName;
use crate::{
    cli::{Exit, context::Context, error::CliError, json, signed_in::SignedIn},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Request {
    /// The question's number, as `query list` shows it
    question: u64,
    /// The row of the hit, as `query show` shows it
    row: u64,
    /// What is wanted; may be repeated [default: what the owner can give]
    #[arg(long = "field", value_enum)]
    fields: Vec<FieldName>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Request {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = RequestDisclosureRequest {
            question: self.question,
            row: self.row,
            fields: self.fields.into_iter().map(FieldName::number).collect(),
            reason: self.reason,
        };
        let mut desk = context.liaison_desk(&self.signed_in).await?;
        let answer = desk.request_disclosure(request).await?.into_inner();
        let (lang, mut screen) = (context.lang, context.screen());
        if context.json {
            screen.json(&json!({
                "disclosure": answer.disclosure_id,
                "asked": answer.agency.as_ref().map(json::agency),
                "due_at": json::time(answer.due_at_us),
            }))?;
        } else {
            let (id, due) = (&answer.disclosure_id, text::time(lang, answer.due_at_us));
            let unnamed = say(
                lang,
                "Die Behörde, die der Treffer nicht nennt,",
                "The agency that the hit does not name",
            );
            let name = answer.agency.as_ref().map_or(unnamed, |agency| agency.name.as_str());
            screen.line(say(
                lang,
                format!("{name} wird gefragt, Antwort bis {due}: meldeverbund-node disclosure show {id}"),
                format!("{name} is asked, to answer by {due}: meldeverbund-node disclosure show {id}"),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
