//! What the members agreed on: terms, second officers, legal bases, and the rules of ownership.

use meldeverbund_proto::AgencyId;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::HOUR_US,
    conditions::Gate,
    rules::{Ownership, Rule},
};

/// The policy in force. Every field has a default, so that a hub works without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Who owns what.
    pub ownership: Ownership,
    /// How long everybody has.
    pub terms: Terms,
    /// Gates for which a second officer must confirm.
    pub four_eyes: Vec<GateName>,
    /// True: silence is no consent (BKAG § 25(4)).
    pub consent_required: bool,
    /// Codes of the legal bases that a notice may rest on.
    pub legal_bases: Vec<String>,
    /// What was agreed on liaison bodies.
    pub liaison: Liaison,
}

/// What was agreed on liaison bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Liaison {
    /// Hours to answer a disclosure that a liaison body asks for; then the central office sees to it.
    pub disclosure_hours: u32,
    /// Agencies that do not wish to be told of questions about targets that another agency owns.
    pub silent: Vec<AgencyId>,
}

/// A gate's name in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateName {
    /// Assessed and labelled.
    Assessed,
    /// Evidence secured.
    Evidence,
    /// Provider data.
    ProviderData,
    /// Released.
    Released,
}

/// Terms. Hours are clock hours, days are 24 hours, working days are the Land's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// Hours to accept or decline a proposed ownership.
    pub accept_hours: u32,
    /// Hours to answer an offer; then it is void.
    pub offer_hours: u32,
    /// Hours until a dispute is escalated.
    pub dispute_hours: u32,
    /// Working days of an objection window.
    pub window_working_days: u32,
    /// Days of a hold that names no end.
    pub hold_days: u32,
    /// Hours of a grant.
    pub grant_hours: u32,
    /// Minutes from an intent until it is in doubt.
    pub intent_minutes: u32,
    /// Hours of a provider's silence until the owner is asked to follow up.
    pub silence_hours: u32,
    /// Hours until what a suspended agency owns falls to the fallback.
    pub suspended_hours: u32,
}

/// The longest term of a hold, days: 18 months (COM(2022) 209, Art. 48 and 49).
pub const HOLD_MOST_DAYS: u32 = 548;

impl Default for Policy {
    fn default() -> Self {
        Self {
            ownership: Ownership::default(),
            terms: Terms::default(),
            four_eyes: Vec::new(),
            consent_required: false,
            legal_bases: ["dsa-16", "dsa-9", "police-law", "stpo"].map(str::to_owned).into(),
            liaison: Liaison::default(),
        }
    }
}

impl Default for Liaison {
    fn default() -> Self {
        Self { disclosure_hours: 48, silent: Vec::new() }
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            accept_hours: 72,
            offer_hours: 72,
            dispute_hours: 120,
            window_working_days: 3,
            hold_days: 90,
            grant_hours: 48,
            intent_minutes: 60,
            silence_hours: 48,
            suspended_hours: 72,
        }
    }
}

impl Policy {
    /// True if the gate needs a second officer.
    pub fn needs_second(&self, gate: Gate) -> bool {
        self.four_eyes.iter().any(|name| Gate::from(*name) == gate)
    }

    /// True if only the referral itself could name another owner than the agency that hands it in: neither host nor
    /// platform need be looked at.
    pub fn names_by_referral_alone(&self) -> bool {
        let rules = &self.ownership;
        let otherwise_first = rules.rules.contains(&Rule::FirstSeised);
        otherwise_first
            && rules.lead_cases.is_empty()
            && rules.providers.is_empty()
            && rules.agreements.is_empty()
    }

    /// The fallback that the members' agreement names; none: the central office.
    pub fn fallback(&self) -> Option<&AgencyId> {
        self.ownership.fallback.as_ref()
    }
}

impl From<GateName> for Gate {
    fn from(name: GateName) -> Self {
        match name {
            GateName::Assessed => Self::Assessed,
            GateName::Evidence => Self::Evidence,
            GateName::ProviderData => Self::ProviderData,
            GateName::Released => Self::Released,
        }
    }
}

/// Hours as microseconds.
pub fn hours_us(hours: u32) -> i64 {
    i64::from(hours) * HOUR_US
}

/// Days as microseconds.
pub(crate) fn days_us(days: u32) -> i64 {
    i64::from(days) * 24 * HOUR_US
}

/// Minutes as microseconds.
pub(crate) fn minutes_us(minutes: u32) -> i64 {
    i64::from(minutes) * (HOUR_US / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../../docs/lifecycle.md");

    #[test]
    fn the_guide_tells_the_default_terms() {
        let Terms {
            accept_hours,
            offer_hours,
            dispute_hours,
            window_working_days,
            hold_days,
            grant_hours,
            intent_minutes,
            silence_hours,
            suspended_hours,
        } = Terms::default();
        let rows = [
            ("accept_hours", accept_hours),
            ("offer_hours", offer_hours),
            ("dispute_hours", dispute_hours),
            ("window_working_days", window_working_days),
            ("hold_days", hold_days),
            ("grant_hours", grant_hours),
            ("intent_minutes", intent_minutes),
            ("silence_hours", silence_hours),
            ("suspended_hours", suspended_hours),
        ];
        for (name, value) in rows {
            let told = GUIDE.matches(&format!("| `{name}` | {value} |")).count();
            assert_eq!(told, 1, "docs/lifecycle.md says `{name}` {value}");
        }
        assert!(GUIDE.contains(&format!("no hold is longer than {HOLD_MOST_DAYS} days")));
    }

    #[test]
    fn units() {
        assert_eq!(minutes_us(60), hours_us(1));
        assert_eq!(hours_us(24), days_us(1));
        assert_eq!(days_us(1), 86_400_000_000);
    }

    #[test]
    fn only_the_referral_itself_names_another_owner_where_no_rule_looks_elsewhere() {
        let agency = "agency = 'de-nw-lka'\nmatter.platform = 'forum'";
        for (text, alone) in [
            ("", true),
            ("[ownership]\nrules = ['first-seised']", true),
            // The fallback may own what nobody is seised with.
            ("[ownership]\nrules = ['proposed']", false),
            (&format!("[[ownership.lead_cases]]\n{agency}"), false),
            (&format!("[[ownership.agreements]]\n{agency}\nreference = 'GA 1/26'"), false),
            ("[[ownership.providers]]\nname = 'Hoster'\nhosts = ['hoster.example']", false),
        ] {
            let policy: Policy = toml::from_str(text).unwrap();
            assert_eq!(policy.names_by_referral_alone(), alone, "{text}");
        }
    }

    #[test]
    fn four_eyes_are_asked_for_gate_by_gate() {
        let names = [GateName::Assessed, GateName::Evidence, GateName::ProviderData, GateName::Released];
        for (name, gate) in names.into_iter().zip(Gate::ALL) {
            let policy = Policy { four_eyes: vec![name], ..Policy::default() };
            let needed = Gate::ALL.into_iter().filter(|one| policy.needs_second(*one));
            assert_eq!(needed.collect::<Vec<_>>(), [gate]);
        }
    }
}
