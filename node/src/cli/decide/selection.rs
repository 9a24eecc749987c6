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
    /// The selection as it is typed, so that the next verb can be told with it.
    pub(in crate::cli) fn words(&self) -> String {
        let mut words = Vec::new();
        let mut add = |flag: &str, value: &str| {
            if !value.is_empty() {
                words.push(format!("--{flag} {}", quoted(value)));
            }
        };
        add("case", &self.case);
        add("hand-in", &if self.hand_in == 0 { String::new() } else { self.hand_in.to_string() });
        add("host", &self.host);
        add("role", &name(self.role));
        self.targets.iter().for_each(|target| add("target", target));
        self.links.iter().for_each(|link| add("link", link));
        if self.all || words.is_empty() {
            words.push("--all".to_owned());
        }
        words.join(" ")
    }

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

fn name<W: clap::ValueEnum>(word: Option<W>) -> String {
    word.and_then(|word| word.to_possible_value())
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c)) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
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

    /// Stage and due change with what was just done: the next verb would find nothing.
    #[test]
    fn a_selection_in_words() {
        let typed =
            ["verb", "--case", "7 Js 1/26", "--stage", "granted", "--role", "owner", "--target", "a'b"];
        let line = Line::parse_from(typed);
        assert_eq!(line.selection.words(), "--case '7 Js 1/26' --role owner --target 'a'\\''b'");
        let line = Line::parse_from(["verb", "--stage", "granted", "--due", "send-notice"]);
        assert_eq!(line.selection.words(), "--all");
    }
}
