//! `notice`: notices to the provider. One verb, one file.

mod answer;
mod answers;
mod elsewhere;
mod export;
mod failed;
mod incident;
mod intend;
mod list;
mod recall;
mod remind;
mod resolve;
mod sent;
mod terms;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Notice {
    /// Say that a notice is about to leave; needs the hub
    Intend(intend::Intend),
    /// Intend a reminder in the same thread; needs the hub
    Remind(remind::Remind),
    /// Intend the recall of the notices of the thread; needs the hub
    Recall(recall::Recall),
    /// Intend notices and write them as files, one folder a provider; needs the hub
    Export(export::Export),
    /// Say that notices have left; needs the hub
    Sent(sent::Sent),
    /// Say that notices could not be sent; needs the hub
    Failed(failed::Failed),
    /// Say what became of notices that failed or are in doubt; needs the hub
    Resolve(resolve::Resolve),
    /// Record a notice that left without an intent
    Incident(incident::Incident),
    /// Record a notice that somebody sent outside this system
    Elsewhere(elsewhere::Elsewhere),
    /// Record what the provider answered
    Answer(answer::Answer),
    /// Record the answers of a form that a provider has filled in
    Answers(answers::Answers),
    /// List targets with a notice under way, failed or in doubt
    List(list::List),
}

impl Notice {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Intend(verb) => verb.run(context).await,
            Self::Remind(verb) => verb.run(context).await,
            Self::Recall(verb) => verb.run(context).await,
            Self::Export(verb) => verb.run(context).await,
            Self::Sent(verb) => verb.run(context).await,
            Self::Failed(verb) => verb.run(context).await,
            Self::Resolve(verb) => verb.run(context).await,
            Self::Incident(verb) => verb.run(context).await,
            Self::Elsewhere(verb) => verb.run(context).await,
            Self::Answer(verb) => verb.run(context).await,
            Self::Answers(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
        }
    }
}
