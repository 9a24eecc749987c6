//! `disclosure`: details of a hit, asked for by a liaison body and released by the owner field by field.

mod answer;
mod field;
mod list;
mod request;
mod restrict;
mod show;

use meldeverbund_proto::v1::AgencyCard;

pub(super) use self::{list::waiting_lines, show::to_json};
use super::{Exit, context::Context, error::CliError, work::name};
use crate::text::{Lang, say};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Disclosure {
    /// Ask the owner of a hit for details
    Request(request::Request),
    /// List disclosures, what is due first first
    List(list::List),
    /// Show a disclosure with what was released
    Show(show::Show),
    /// Release fields, or refuse
    Answer(answer::Answer),
    /// Restrict what was released: it is not to be used any more
    Restrict(restrict::Restrict),
}

impl Disclosure {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Request(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
            Self::Show(verb) => verb.run(context).await,
            Self::Answer(verb) => verb.run(context).await,
            Self::Restrict(verb) => verb.run(context).await,
        }
    }
}

/// Who is asked; a hit under H3 names nobody.
fn asked_name(lang: Lang, id: &str, agencies: &[AgencyCard]) -> String {
    if id.is_empty() { say(lang, "(nicht genannt)", "(not named)").to_owned() } else { name(id, agencies) }
}
