//! What was agreed on blind questions: how long an epoch's key is in office, and how much may be asked.

mod budget;
mod settings;

pub use budget::Budget;
pub use settings::{MOST_DAYS, MOST_HOURS, Settings, SettingsError};
