//! What liaison bodies may learn, and how much they may ask.

mod content;
mod reportable;
mod settings;
mod spent;
mod visibility;

pub use content::HashKey;
pub use reportable::{Bound, Reportable, concerned, reportable};
pub use settings::{MOST_DAYS, Settings, SettingsError};
pub use spent::Spent;
pub use visibility::Visibility;
