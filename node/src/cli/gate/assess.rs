//! `gate assess`: assesses and labels.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{FindingName, OffenceName, Word},
        decide,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Assess {
    #[command(flatten)]
    deciding: Deciding,
    /// What was found
    #[arg(long, value_enum)]
    finding: FindingName,
    /// The offence; required if it is unlawful
    #[arg(long, value_enum)]
    offence: Option<OffenceName>,
    /// By which means the information was collected
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    means: String,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
    /// A program suggests it; it never counts as the assessment
    #[arg(long)]
    automatic: bool,
}

impl Assess {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::Assess(v1::Assess {
            finding: self.finding.number(),
            offence_class: self.offence.number(),
            means_of_collection: self.means,
            reference: self.reference,
            automatic: self.automatic,
        });
        decide(context, self.deciding, decision).await
    }
}
