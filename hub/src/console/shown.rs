//! How targets, pairs of them and releases are shown, whatever the page.

use meldeverbund_proto::v1::{GateState, TargetView};
use meldeverbund_web::{Defanged, Instant, Texts};

use super::target::word;
use crate::flow::{Likeness, Pair, ReleaseLine};

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
