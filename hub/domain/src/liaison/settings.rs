//! How much a liaison body may ask, for which purposes, and how long that is kept: the hub's configuration, `[liaison]`.

use meldeverbund_proto::limits::{PURPOSE_CODE_CHARS, SELECTORS_PER_QUERY};
use serde::Deserialize;

/// The longest the access log is kept, days: ten years. Longer is a slip of the pen.
pub const MOST_DAYS: u32 = 3_653;

/// The settings of liaison.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Codes of the purposes for which may be asked.
    pub purposes: Vec<String>,
    /// Selectors of an agency in a minute.
    pub selectors_per_minute: u32,
    /// Selectors of an agency in a day (UTC).
    pub selectors_per_day: u32,
    /// Selectors on one stream.
    pub selectors_per_stream: u32,
    /// Streams of questions that an agency may have open at one hub.
    pub streams: u32,
    /// How long the access log is kept, days.
    pub keep_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let purposes = ["prevention", "investigation", "deconfliction", "victim-protection", "coordination"];
        Self {
            purposes: purposes.map(str::to_owned).into(),
            // A hundred thousand at once is an ordinary question; a list that is walked is larger.
            selectors_per_minute: 120_000,
            selectors_per_day: 1_000_000,
            selectors_per_stream: 200_000,
            streams: 4,
            // BDSG § 76(4): until the end of the year after; two years are never less.
            keep_days: 730,
        }
    }
}

/// A setting cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A purpose's code.
    #[error("liaison.purposes: each code has 1 to {PURPOSE_CODE_CHARS} of the characters a-z, 0-9 and -")]
    Purpose,
    /// A limit below one full batch.
    #[error("liaison.selectors_per_…: must be at least {SELECTORS_PER_QUERY}, one batch")]
    Selectors,
    /// No stream at all.
    #[error("liaison.streams: must be at least 1")]
    Streams,
    /// No term, or one too long.
    #[error("liaison.keep_days: must be 1 to {MOST_DAYS}")]
    Days,
}

impl Settings {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_code =
            |code: &String| (1..=PURPOSE_CODE_CHARS).contains(&code.len()) && code.chars().all(letter);
        if !self.purposes.iter().all(is_code) {
            return Err(SettingsError::Purpose);
        }
        let least = u32::try_from(SELECTORS_PER_QUERY).expect("a small number");
        let limits = [self.selectors_per_minute, self.selectors_per_day, self.selectors_per_stream];
        if limits.into_iter().any(|limit| limit < least) {
            return Err(SettingsError::Selectors);
        }
        if self.streams == 0 {
            return Err(SettingsError::Streams);
        }
        if (1..=MOST_DAYS).contains(&self.keep_days) { Ok(()) } else { Err(SettingsError::Days) }
    }

    /// True if this is the code of a purpose.
    pub fn is_purpose(&self, code: &str) -> bool {
        self.purposes.iter().any(|known| known == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check()
        };
        assert_eq!(wrong(|s| s.purposes.push("Two Words".into())), Err(SettingsError::Purpose));
        assert_eq!(wrong(|s| s.purposes.push(String::new())), Err(SettingsError::Purpose));
        assert_eq!(wrong(|s| s.selectors_per_minute = 999), Err(SettingsError::Selectors));
        assert_eq!(wrong(|s| s.selectors_per_stream = 0), Err(SettingsError::Selectors));
        assert_eq!(wrong(|s| s.streams = 0), Err(SettingsError::Streams));
        assert_eq!(wrong(|s| s.keep_days = 0), Err(SettingsError::Days));
        assert_eq!(wrong(|s| s.keep_days = MOST_DAYS + 1), Err(SettingsError::Days));
    }
}
