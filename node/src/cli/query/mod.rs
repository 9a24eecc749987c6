//! `query`: hit or no hit, openly or blind.

mod ask;
mod budget;
mod csv;
mod input;
mod list;
mod open_hits;
mod progress;
mod resume;
mod rows;
mod show;

use std::path::PathBuf;

use meldeverbund_proto::{node::v1::AskBegin, v1::Purpose};

use self::{ask::Asking, input::Input, rows::Form};
use super::{Exit, context::Context, error::CliError, signed_in::SignedIn};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Query {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    ask: Ask,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the questions that were asked here: who, why, when
    List(list::List),
    /// Show what became of each row of a question
    Show(show::Show),
    /// Go on with a question that broke off
    Resume(resume::Resume),
    /// Ask openly about the hits of a blind question
    OpenHits(open_hits::OpenHits),
    /// Tell how blind questions stand: legal basis, budget, sets
    Budget(budget::Budget),
}

/// What is asked, and why.
#[derive(Debug, clap::Args)]
struct Ask {
    /// Links in any spelling, or content hashes: `sha256:…`, `sha1:…`, `md5:…` or the bare digest
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// A list, one selector a line; `-` reads standard input
    #[arg(long = "file", value_name = "FILE", conflicts_with = "selectors")]
    list: Option<PathBuf>,
    #[command(flatten)]
    why: Why,
    /// Blind: the hub learns nothing of what is asked
    #[arg(long)]
    blind: bool,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    signed_in: SignedIn,
}

/// Why a liaison officer asks.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Why {
    /// The purpose: a code of the hub's list
    #[arg(long, required = true, value_name = "CODE")]
    purpose: Option<String>,
    /// Your own case
    #[arg(long = "case", required = true, value_name = "NUMBER")]
    own_case: Option<String>,
    /// Why, in words
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

impl Why {
    /// The purpose as the hub is told it.
    pub(super) fn purpose(self) -> Purpose {
        Purpose {
            code: self.purpose.unwrap_or_default(),
            case_number: self.own_case.unwrap_or_default(),
            reason: self.reason,
        }
    }
}

impl Query {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self.verb {
            Some(Verb::List(verb)) => verb.run(context).await,
            Some(Verb::Show(verb)) => verb.run(context).await,
            Some(Verb::Resume(verb)) => verb.run(context).await,
            Some(Verb::OpenHits(verb)) => verb.run(context).await,
            Some(Verb::Budget(verb)) => verb.run(context).await,
            None => self.ask.run(context).await,
        }
    }
}

impl Ask {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Self { selectors, list, why, blind, form, signed_in } = self;
        let purpose = why.purpose();
        let input = Input::read(selectors, list.as_deref(), context.lang)?;
        let begin = AskBegin {
            digest: input.digest(&purpose, blind, 0).to_vec(),
            purpose: Some(purpose),
            blind,
            source_name: input.name.clone(),
            hits_of: 0,
        };
        let asking = Asking::Begin { begin, lines: input.lines };
        ask::ask(context, &signed_in, asking, &form).await
    }
}
