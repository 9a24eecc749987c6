//! What people at the console see: noted before they see it, and erased on a term of its own (BDSG § 76).

mod erase;
mod note;
mod targets;

pub use erase::EraseViews;
pub use note::NoteView;
pub use targets::targets_in;
