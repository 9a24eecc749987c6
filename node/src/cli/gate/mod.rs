//! `gate`: what a grant needs: assessed, evidence secured, provider data, released. One verb, one file.

mod adopt;
mod assess;
mod confirm;
mod evidence;
mod provider_data;
mod release;
mod withdraw;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Gate {
    /// Assess and label: is it unlawful, and what is it?
    Assess(assess::Assess),
    /// Say that the evidence is secured; never the evidence itself
    Evidence(evidence::Evidence),
    /// Say what became of the data at the provider that lead to the uploader
    ProviderData(provider_data::ProviderData),
    /// Record the release by the competent authority, or why none is needed
    Release(release::Release),
    /// Confirm the agency's own record as its second officer
    Confirm(confirm::Confirm),
    /// Withdraw the agency's own record; of a release: revoke it
    Withdraw(withdraw::Withdraw),
    /// Take over gates that were set before the target changed hands
    Adopt(adopt::Adopt),
}

impl Gate {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Assess(verb) => verb.run(context).await,
            Self::Evidence(verb) => verb.run(context).await,
            Self::ProviderData(verb) => verb.run(context).await,
            Self::Release(verb) => verb.run(context).await,
            Self::Confirm(verb) => verb.run(context).await,
            Self::Withdraw(verb) => verb.run(context).await,
            Self::Adopt(verb) => verb.run(context).await,
        }
    }
}
