//! `own`: who is responsible. One verb, one file.

mod accept;
mod answer_offer;
mod consent;
mod decline;
mod dispute;
mod list;
mod offer;
mod withdraw;
mod withdraw_dispute;
mod withdraw_offer;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Own {
    /// Accept the proposed ownership; needs the hub
    Accept(accept::Accept),
    /// Decline the proposed ownership: the next rule names the owner; needs the hub
    Decline(decline::Decline),
    /// Offer the ownership to another agency (Abgabe); needs the hub
    Offer(offer::Offer),
    /// Take or refuse an offer (Übernahme); needs the hub
    AnswerOffer(answer_offer::AnswerOffer),
    /// Take an offer back; needs the hub
    WithdrawOffer(withdraw_offer::WithdrawOffer),
    /// Say that another agency is responsible; needs the hub
    Dispute(dispute::Dispute),
    /// Take the agency's own dispute back; needs the hub
    WithdrawDispute(withdraw_dispute::WithdrawDispute),
    /// Withdraw the agency's own case (--case), or all of them, from the targets
    Withdraw(withdraw::Withdraw),
    /// Consent as a co-interested agency
    Consent(consent::Consent),
    /// List targets whose ownership waits for an answer
    List(list::List),
}

impl Own {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Accept(verb) => verb.run(context).await,
            Self::Decline(verb) => verb.run(context).await,
            Self::Offer(verb) => verb.run(context).await,
            Self::AnswerOffer(verb) => verb.run(context).await,
            Self::WithdrawOffer(verb) => verb.run(context).await,
            Self::Dispute(verb) => verb.run(context).await,
            Self::WithdrawDispute(verb) => verb.run(context).await,
            Self::Withdraw(verb) => verb.run(context).await,
            Self::Consent(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
        }
    }
}
