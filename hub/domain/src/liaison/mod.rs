//! What liaison bodies may learn, and how much they may ask.

mod content;
mod reportable;
mod settings;
mod signals;
mod spent;
mod visibility;
mod walk;

pub use content::HashKey;
pub use reportable::{Bound, Reportable, concerned, reportable};
pub use settings::{MOST_DAYS, Settings, SettingsError};
pub use signals::{Day, Signal, is_late, of_day};
pub use spent::{DAY_US, Spent};
pub use visibility::Visibility;
pub use walk::{Numbered, Walk};
