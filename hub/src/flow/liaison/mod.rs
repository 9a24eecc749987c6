//! Hit or no hit: liaison's questions, and who is told of them.
//!
//! What a question writes does not depend on its answer: one leaf and one row of the access log a batch ([`Ask`]). The answer is
//! read beside the writer, when the question is recorded ([`answer`]); who is concerned is told later, by a job ([`TellAsked`]).

mod answer;
mod ask;
mod look;
mod officer;
mod tell;
mod told;
mod wanted;

pub use answer::answer;
pub use ask::{Ask, Asked};
pub(super) use ask::{RECORDED, read_purpose};
pub use officer::Officer;
pub use tell::TellAsked;
pub(super) use told::asked as liaison_asked;
pub use wanted::Wanted;
