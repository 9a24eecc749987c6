//! What may stand in a note.

use super::NoteError;

/// Lines without control characters, each of them ended.
pub(super) fn check(text: &str) -> Result<(), NoteError> {
    let control = |b: u8| b < 0x20 && b != b'\n';
    if text.ends_with('\n') && !text.bytes().any(control) { Ok(()) } else { Err(NoteError::Text) }
}
