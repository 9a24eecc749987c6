//! The liaison part of the desk, one call per file.

mod announce;
mod answer_disclosure;
mod ask;
mod call;
mod list_announcements;
mod list_disclosures;
mod list_liaison_asked;
mod list_questions;
mod report_question;
mod request_disclosure;
mod restrict_disclosure;
mod role;
mod rows;
mod service;
mod show_blind;
mod step;

pub use service::LiaisonDesk;

pub(super) use role::office;
