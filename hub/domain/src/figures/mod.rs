//! Figures: what is counted, how, and what of it may be published.
//!
//! Every number is a sum of contributions that [`Fold`] makes of the ledger's leaves, one after the other, each in a month and for
//! an agency, a host and a class. What stands (owned, waiting, held) is counted as comings and goings: its number at the end of a
//! month is the sum of all months up to it. So one fold makes every figure, and the same fold over the same leaves makes the same.

mod counts;
mod fact;
mod figure;
mod fold;
mod month;
mod public;
mod sheet;
mod target;

pub use counts::{Counts, Grouping, Key};
pub use fact::{Act, Change, Fact, What, class_name, class_number};
pub use figure::{Ended, Figure, Place, Seat, Spell, Wait};
pub use fold::Fold;
pub use month::Month;
pub use public::{DEFAULT_THRESHOLD, LEAST_THRESHOLD, PublicRow, Published, publish};
pub use sheet::{Line, Measure, Sheet};
pub use target::{Hold, Merged, Pending, TargetState};

#[cfg(test)]
mod tests;
