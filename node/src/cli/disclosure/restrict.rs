//! `disclosure restrict`: what was released is not to be used any more.

use meldeverbund_proto::node::v1::RestrictDisclosureRequest;

use super::{
    field::FieldName,
    show::{print, to_json},
};
use crate::cli::{Exit, context::Context, error::CliError, signed_in::SignedIn};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Restrict {
    /// The disclosure's id
    disclosure: String,
    /// Which field; may be repeated [default: all that were released]
    #[arg(long = "field", value_enum)]
    restricted: Vec<FieldName>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Restrict {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = RestrictDisclosureRequest {
            disclosure_id: self.disclosure,
            fields: self.restricted.into_iter().map(FieldName::number).collect(),
            reason: self.reason,
        };
        let answer = context.liaison_desk(&self.signed_in).await?.restrict_disclosure(request).await?;
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
