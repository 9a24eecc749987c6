//! `hold place`: not yet.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{HoldReasonName, Word},
        decide, moment,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Place {
    #[command(flatten)]
    deciding: Deciding,
    /// Why not yet
    #[arg(long = "reason", value_enum)]
    hold_reason: HoldReasonName,
    /// The authority that decided
    #[arg(long, value_name = "NAME")]
    authority: String,
    /// Until when; a date includes its day
    #[arg(long, value_parser = moment::end, value_name = "TIME")]
    until: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
    /// A note; required with the reason `other`
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    note: String,
    /// For which other body
    #[arg(long, default_value = "", hide_default_value = true, value_name = "BODY")]
    on_behalf_of: String,
}

impl Place {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::PlaceHold(v1::PlaceHold {
            reason: self.hold_reason.number(),
            authority: self.authority,
            until_us: self.until.unwrap_or(0),
            reference: self.reference,
            note: self.note,
            on_behalf_of: self.on_behalf_of,
        });
        decide(context, self.deciding, decision).await
    }
}
