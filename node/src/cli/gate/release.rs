//! `gate release`: records the release.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{FormName, ScopeName, Word},
        decide, moment,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Release {
    #[command(flatten)]
    deciding: Deciding,
    /// The authority that decided
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    authority: String,
    /// The person who decided
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    person: String,
    /// The prosecutor's number (Aktenzeichen)
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NUMBER")]
    prosecutor_reference: String,
    /// In which form it was given
    #[arg(long, value_enum)]
    form: Option<FormName>,
    /// How far it reaches
    #[arg(long, value_enum)]
    scope: Option<ScopeName>,
    /// Until when it holds; a date includes its day
    #[arg(long, value_parser = moment::end, value_name = "TIME")]
    until: Option<i64>,
    /// Conditions
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    conditions: String,
    /// Why no release is needed
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REASON")]
    not_needed: String,
}

impl Release {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::Release(v1::Release {
            authority: self.authority,
            person: self.person,
            prosecutor_reference: self.prosecutor_reference,
            form: self.form.number(),
            scope: self.scope.number(),
            until_us: self.until.unwrap_or(0),
            conditions: self.conditions,
            not_needed_reason: self.not_needed,
        });
        decide(context, self.deciding, decision).await
    }
}
