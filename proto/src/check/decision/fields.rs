//! What fields of decisions have in common.

use crate::{
    AgencyId, CommandId,
    check::{check_enum, check_text},
    ids::IdError,
    v1::Refusal,
};

pub(super) fn required(field: &str, value: &str, most_chars: usize) -> Result<(), Refusal> {
    if value.trim().is_empty() {
        return Err(Refusal::missing(field));
    }
    check_text(field, value, most_chars)
}

/// An enum that must have been chosen: 0 is never sent.
pub(super) fn chosen<E: TryFrom<i32>>(field: &str, value: i32) -> Result<E, Refusal> {
    if value == 0 { Err(Refusal::missing(field)) } else { check_enum(field, value) }
}

pub(super) fn instant(field: &str, at_us: i64) -> Result<(), Refusal> {
    if at_us == 0 { Err(Refusal::missing(field)) } else { optional_instant(field, at_us) }
}

pub(super) fn optional_instant(field: &str, at_us: i64) -> Result<(), Refusal> {
    if at_us < 0 { Err(Refusal::invalid(field, "lies before 1970")) } else { Ok(()) }
}

pub(super) fn id(field: &str, text: &str) -> Result<(), Refusal> {
    let id: Result<CommandId, IdError> = text.parse();
    id.map(drop).map_err(|error| Refusal::invalid(field, error.to_string()))
}

pub(super) fn optional_id(field: &str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() { Ok(()) } else { id(field, text) }
}

pub(super) fn agency(field: &str, text: &str) -> Result<(), Refusal> {
    let id: Result<AgencyId, IdError> = text.parse();
    id.map(drop).map_err(|error| Refusal::invalid(field, error.to_string()))
}
