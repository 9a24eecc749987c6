//! Which targets a decision is about.

use meldeverbund_proto::node::v1::Selection;

use super::choice::{DueName, RoleName, StageName, Word};

/// All that is stated must fit.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct SelectionArgs {
    /// Targets of this case (Vorgangsnummer)
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NUMBER")]
    pub(in crate::cli) case: String,
    /// Targets of this hand-in
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "NUMBER")]
    hand_in: u64,
    /// Targets with a link on this host
    #[arg(long, default_value = "", hide_default_value = true, value_name = "HOST")]
    host: String,
    /// Targets at this stage
    #[arg(long, value_enum)]
    stage: Option<StageName>,
    /// Targets with this role of the agency
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// Targets with this due
    #[arg(long, value_enum)]
    due: Option<DueName>,
    /// This target; may be repeated
    #[arg(long = "target", value_name = "ID")]
    targets: Vec<String>,
    /// The target of this link in any spelling; may be repeated
    #[arg(long = "link", value_name = "LINK")]
    links: Vec<String>,
    /// All targets, as far as nothing else is stated
    #[arg(long)]
    all: bool,
}

impl SelectionArgs {
    pub(in crate::cli) fn into_selection(self) -> Selection {
        Selection {
            all: self.all,
            case_number: self.case,
            hand_in: self.hand_in,
            host: self.host,
            stage: self.stage.number(),
            role: self.role.number(),
            due: self.due.number(),
            links: self.links,
            target_ids: self.targets,
        }
    }
}
