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

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use meldeverbund_proto::v1::{DueKind, Role, Stage};

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        selection: SelectionArgs,
    }

    fn selection(line: &str) -> Selection {
        let line = Line::try_parse_from(["verb"].into_iter().chain(line.split_whitespace())).unwrap();
        line.selection.into_selection()
    }

    #[test]
    fn each_flag_says_one_thing() {
        let nothing = Selection::default();
        assert_eq!(selection(""), nothing, "so that the desk refuses it");
        for (line, meant) in [
            ("--all", Selection { all: true, ..nothing.clone() }),
            ("--case 1/26", Selection { case_number: "1/26".into(), ..nothing.clone() }),
            ("--hand-in 7", Selection { hand_in: 7, ..nothing.clone() }),
            ("--host h.example", Selection { host: "h.example".into(), ..nothing.clone() }),
            ("--stage granted", Selection { stage: Stage::Granted.into(), ..nothing.clone() }),
            ("--role co-interested", Selection { role: Role::CoInterested.into(), ..nothing.clone() }),
            ("--due follow-up", Selection { due: DueKind::FollowUp.into(), ..nothing.clone() }),
            ("--link a --link b", Selection { links: vec!["a".into(), "b".into()], ..nothing.clone() }),
            ("--target a --target b", Selection { target_ids: vec!["a".into(), "b".into()], ..nothing }),
        ] {
            assert_eq!(selection(line), meant, "{line}");
        }
    }
}
