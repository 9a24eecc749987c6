//! Targets, pairs of them and releases, as pages show them; pairs, as forms name them.

use std::collections::BTreeSet;

use meldeverbund_proto::{
    TargetId,
    v1::{GateState, TargetView},
};
use meldeverbund_web::{Defanged, Instant, Texts};

use super::target::word;
use crate::flow::{Likeness, Pair, ReleaseLine, Seen};

/// A pair that somebody chose, and how far it had come then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) one: TargetId,
    pub(super) other: TargetId,
    pub(super) seen: Seen,
}

/// How a target is shown, and what was released of it, wherever it stands.
pub(super) struct Shown<'s>(pub(super) Texts<'s>);

impl Shown<'_> {
    pub(super) fn stage(&self, view: &TargetView) -> String {
        self.0.say(&format!("stage-{}", word(view.stage().as_str_name(), "STAGE_")))
    }

    pub(super) fn owner(&self, view: &TargetView) -> String {
        let firm = word(view.responsibility().as_str_name(), "RESPONSIBILITY_");
        let basis = word(view.owner_basis().as_str_name(), "OWNER_BASIS_");
        let [firm, basis] = [format!("responsibility-{firm}"), format!("basis-{basis}")];
        format!("{} · {} · {}", view.owner_agency_id, self.0.say(&firm), self.0.say(&basis))
    }

    pub(super) fn holds(&self, view: &TargetView) -> Vec<String> {
        let one = |hold: &meldeverbund_proto::v1::HoldView| {
            let until = Instant::from_micros(hold.until_us).map(|at| at.to_string()).unwrap_or_default();
            let lapsed =
                if hold.lapsed { format!(" · {}", self.0.say("hold-lapsed")) } else { String::new() };
            format!("{} {} {until}{lapsed}", hold.agency_id, self.0.say("until"))
        };
        view.holds.iter().map(one).collect()
    }

    /// Where the takedown is beyond its stage: what a merge meets.
    pub(super) fn notices(&self, view: &TargetView) -> String {
        match &view.intent {
            Some(intent) if intent.failed => self.0.say("pair-notice-failed"),
            Some(intent) if intent.in_doubt => self.0.say("pair-notice-in-doubt"),
            Some(_) => self.0.say("pair-notice-under-way"),
            None => view.notices.to_string(),
        }
    }

    pub(super) fn gates(&self, view: &TargetView) -> String {
        let set = view.gates().filter(|gate| *gate == GateState::Set).count();
        format!("{set} / 4")
    }

    /// Links as they were found, defanged; none: redacted.
    pub(super) fn links(&self, links: &[Option<String>]) -> Vec<String> {
        let shown = |link: &Option<String>| match link {
            Some(link) => Defanged(link).to_string(),
            None => self.0.say("link-redacted"),
        };
        links.iter().map(shown).collect()
    }

    /// Where a release stands.
    pub(super) fn released(&self, release: &ReleaseLine) -> String {
        self.0.say(&format!("proceeding-release-{}", word(release.state.as_str_name(), "GATE_STATE_")))
    }

    /// When a release ends; none: it has no end.
    pub(super) fn until(&self, release: &ReleaseLine) -> Option<Instant> {
        release.until_us.and_then(Instant::from_micros)
    }

    pub(super) fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }

    pub(super) fn reason(&self, likeness: &Likeness) -> String {
        self.0.say(match likeness {
            Likeness::HostRule => "likeness-host-rule",
            Likeness::ContentSha256 => "likeness-content",
            Likeness::ContentWeak => "likeness-content-weak",
            Likeness::NearAddress => "likeness-near-address",
        })
    }

    /// What a check box of the pair says: which, and how far it had come when it was looked at.
    pub(super) fn value(&self, pair: &Pair) -> String {
        format!("{}.{}.{}", pair.one.id, pair.other.id, pair.seen)
    }
}

/// The pairs that a form's check boxes name, each once.
pub(super) fn choices<'s>(boxes: impl Iterator<Item = &'s str>) -> Vec<Choice> {
    let mut once = BTreeSet::new();
    let read = boxes.filter_map(|text| {
        let mut parts = text.splitn(3, '.');
        let mut id = || parts.next()?.parse::<TargetId>().ok();
        let (one, other) = (id()?, id()?);
        Some(Choice { one, other, seen: parts.next()?.parse().ok()? })
    });
    read.filter(|choice| once.insert((*choice.one.as_bytes(), *choice.other.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_box_names_a_pair_and_what_was_seen_of_it() {
        let [one, other] = ["018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"];
        let text = format!("{one}.{other}.3-0-7");
        let read = choices([&*text, &*text, "x.y.1-2-3", "", &format!("{one}.{other}")].into_iter());
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].one.to_string(), read[0].seen),
            (one.to_owned(), Seen { one: 3, other: 0, rejected: 7 })
        );
    }
}
