//! `gate evidence`: the evidence is secured.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide, moment},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Evidence {
    #[command(flatten)]
    deciding: Deciding,
    /// When it was secured
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: i64,
    /// Who keeps it
    #[arg(long, value_name = "NAME")]
    custodian: String,
    /// SHA-256 of the evidence container, 64 hexadecimal digits
    #[arg(long, value_parser = sha256, value_name = "DIGITS")]
    sha256: Option<Sha256>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
}

impl Evidence {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::SecureEvidence(v1::SecureEvidence {
            secured_at_us: self.at,
            custodian: self.custodian,
            container_sha256: self.sha256.map(|digest| digest.to_vec()).unwrap_or_default(),
            reference: self.reference,
        });
        decide(context, self.deciding, decision).await
    }
}

/// A digest; a type of its own, because a list of bytes would be an option that may be repeated.
type Sha256 = [u8; 32];

fn sha256(digits: &str) -> Result<Sha256, String> {
    let bytes = hex::decode(digits).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| "is not 64 hexadecimal digits".to_owned())
}
