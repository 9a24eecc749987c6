//! The rules of the messages' fields, the same at the node (before it accepts) and at the hub (before it believes).

mod case;
mod date;
mod decision;
mod referral;

pub use case::{check_case, check_close_reason};
pub use decision::{check_decision, decision_by_number, decision_name, decision_number};
pub use referral::{check_referral, is_land};

use crate::{text, v1::Refusal};

/// Checks an optional text field.
fn check_text(field: &str, value: &str, most_chars: usize) -> Result<(), Refusal> {
    text::check(value, most_chars).map_err(|error| error.at(field))
}

/// Checks that an enum's number is one that this version knows.
fn check_enum<E: TryFrom<i32>>(field: &str, value: i32) -> Result<E, Refusal> {
    E::try_from(value).map_err(|_| Refusal::invalid(field, "is not a value that this version knows"))
}
