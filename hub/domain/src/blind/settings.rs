//! The hub's configuration, `[blind]`.

use std::num::NonZeroU32;

use meldeverbund_proto::limits::{REASON_CHARS, SELECTORS_PER_QUERY};
use serde::Deserialize;

use crate::calendar::HOUR_US;

/// The longest that an epoch's key is in office, days: what was withdrawn or hidden leaves the set with the next one.
pub const MOST_DAYS: u32 = 366;

/// The longest that a key is evaluated after the next took office, hours.
pub const MOST_HOURS: u32 = 24 * 31;

/// The settings of blind questions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The legal basis; empty: blind questions are off.
    pub legal_basis: String,
    /// How long an epoch's key is in office before the next one is made, days.
    pub epoch_days: u32,
    /// How long a key is still evaluated after the next took office, hours: questions under way end under theirs.
    pub overlap_hours: u32,
    /// How often what is new comes to the set, seconds.
    pub increments_s: NonZeroU32,
    /// How many elements an agency may have evaluated in a day (UTC).
    pub elements_per_day: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            legal_basis: String::new(),
            epoch_days: 30,
            overlap_hours: 48,
            // Rarer than referrals come, so that an increment does not tell of one of them.
            increments_s: NonZeroU32::new(900).expect("not 0"),
            // Ten thousand a day would take three years to walk ten million guesses.
            elements_per_day: 10_000,
        }
    }
}

/// A setting cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The legal basis.
    #[error("blind.legal_basis: at most {REASON_CHARS} characters, and none of them a control character")]
    LegalBasis,
    /// The epoch.
    #[error("blind.epoch_days: must be 1 to {MOST_DAYS}")]
    Epoch,
    /// The overlap.
    #[error("blind.overlap_hours: must be 1 to {MOST_HOURS}, and shorter than an epoch")]
    Overlap,
    /// A budget below one full batch.
    #[error("blind.elements_per_day: must be at least {SELECTORS_PER_QUERY}, one batch")]
    Elements,
}

impl Settings {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        let basis = &self.legal_basis;
        if basis.chars().count() > REASON_CHARS || basis.contains(char::is_control) {
            return Err(SettingsError::LegalBasis);
        }
        if !(1..=MOST_DAYS).contains(&self.epoch_days) {
            return Err(SettingsError::Epoch);
        }
        // At most two keys are evaluated at a time.
        if !(1..=MOST_HOURS).contains(&self.overlap_hours) || self.overlap_us() >= self.epoch_us() {
            return Err(SettingsError::Overlap);
        }
        let least = u32::try_from(SELECTORS_PER_QUERY).expect("a small number");
        if self.elements_per_day < least { Err(SettingsError::Elements) } else { Ok(()) }
    }

    /// Whether blind questions may be asked.
    pub fn is_on(&self) -> bool {
        !self.legal_basis.trim().is_empty()
    }

    /// How long an epoch's key is in office, microseconds.
    pub fn epoch_us(&self) -> i64 {
        i64::from(self.epoch_days) * 24 * HOUR_US
    }

    /// How long a key is still evaluated, microseconds.
    pub fn overlap_us(&self) -> i64 {
        i64::from(self.overlap_hours) * HOUR_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert!(!Settings::default().is_on());
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check()
        };
        assert_eq!(wrong(|s| s.legal_basis = "x".repeat(201)), Err(SettingsError::LegalBasis));
        assert_eq!(wrong(|s| s.legal_basis = "a\nb".into()), Err(SettingsError::LegalBasis));
        assert_eq!(wrong(|s| s.epoch_days = 0), Err(SettingsError::Epoch));
        assert_eq!(wrong(|s| s.epoch_days = MOST_DAYS + 1), Err(SettingsError::Epoch));
        assert_eq!(wrong(|s| s.overlap_hours = 0), Err(SettingsError::Overlap));
        assert_eq!(wrong(|s| s.overlap_hours = MOST_HOURS + 1), Err(SettingsError::Overlap));
        assert_eq!(wrong(|s| (s.epoch_days, s.overlap_hours) = (2, 48)), Err(SettingsError::Overlap));
        assert_eq!(wrong(|s| s.elements_per_day = 999), Err(SettingsError::Elements));
        let on = Settings { legal_basis: "BKAG § 33".into(), ..Settings::default() };
        assert!(on.is_on() && on.check().is_ok());
    }
}
