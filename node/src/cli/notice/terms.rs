//! The terms of a notice that is about to leave.

use meldeverbund_proto::v1;

use crate::cli::decide::choice::{ForceName, Word};

/// What a notice says of itself.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Terms {
    /// Whether it is a voluntary request or an order
    #[arg(long, value_enum, default_value_t = ForceName::Request)]
    force: ForceName,
    /// On what it rests: a code of the hub's list
    #[arg(long, value_name = "CODE")]
    legal_basis: String,
    /// For which other body
    #[arg(long, default_value = "", hide_default_value = true, value_name = "BODY")]
    on_behalf_of: String,
    /// Who got it
    #[arg(long, value_name = "NAME")]
    recipient: String,
    /// By which way: mail, form, platform, letter
    #[arg(long, value_name = "WAY")]
    channel: String,
    /// The file reference (BKAG § 25(3))
    #[arg(long, value_name = "REFERENCE")]
    file_reference: String,
}

impl Terms {
    /// The intent; the node fills in the fences.
    pub(in crate::cli) fn into_intend(self, kind: v1::NoticeKind) -> v1::Intend {
        v1::Intend {
            kind: kind.into(),
            force: self.force.number(),
            fences: Vec::new(),
            legal_basis: self.legal_basis,
            on_behalf_of: self.on_behalf_of,
            recipient: self.recipient,
            channel: self.channel,
            file_reference: self.file_reference,
        }
    }
}
