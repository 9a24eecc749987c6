//! Hit or no hit: liaison's questions, and who is told of them.
//!
//! What a question writes does not depend on its answer: one leaf and one row of the access log a batch ([`Ask`]). The answer is
//! read beside the writer, when the question is recorded ([`answer`]); who is concerned is told later, by a job ([`TellAsked`]).

mod access;
mod announce;
mod announced;
mod answer;
mod ask;
mod disclosure;
mod look;
mod officer;
mod place_hold;
pub(super) mod question;
mod signal;
mod tell;
mod told;
#[cfg(feature = "console")]
mod waits;
mod walked;
mod wanted;

pub(super) use access::NoteRead;
pub use access::{EraseLog, Search, read_access_log};
pub use announce::{Announce, AnswerAnnouncement};
pub(super) use announced::announced;
pub use announced::announcements_of;
use announced::list_length;
pub use answer::answer;
pub use ask::{Ask, Asked};
pub(super) use disclosure::changed as disclosure_changed;
pub use disclosure::{
    AnswerDisclosure, RequestDisclosure, RestrictDisclosure, SeeToDisclosures, Stepped, disclosure_now,
    disclosure_requested, disclosures_asked, disclosures_of,
};
pub use officer::Officer;
pub use place_hold::{AskedHold, PlaceAskedHold, SEEN_TO};
pub use signal::LookAtSignal;
pub use tell::TellAsked;
pub(super) use told::asked as liaison_asked;
#[cfg(feature = "console")]
pub(crate) use waits::waits;
pub use wanted::Wanted;
