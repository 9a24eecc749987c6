//! Texts for people, German and English side by side, so that neither is forgotten.

mod figures;
mod labels;
mod lang;
mod ledger;
mod liaison;
mod lifecycle;
mod refusals;

pub use figures::{bytes, count, duration, rate, time};
pub use labels::{
    case_at_hub, case_kind, case_state, line_cause, line_state, link_state, outcome, owner_basis, role,
    stage, verdict,
};
pub use lang::{Lang, say};
pub use ledger::{ledger_alarm, proof};
pub use liaison::{
    announcement_kind, announcement_state, asked_state, disclosure_field, disclosure_state, handling, no_hit,
};
pub use lifecycle::{GATES, answer, decision, due, due_verb, gate_state, responsibility, round_outcome};
pub use refusals::{refusal, refusal_code};
