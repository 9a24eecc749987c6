//! The officers' desk: the local API on the node's Unix socket, one call per file.

mod acknowledge_alarm;
mod case_row;
mod close_case;
mod decide;
mod decision_row;
mod error;
mod explain_target;
mod export_ledger;
mod follow_hand_in;
mod gather_targets;
mod hand_in_row;
mod inclusion;
mod liaison;
mod link_row;
mod list_cases;
mod list_decisions;
mod list_links;
mod list_targets;
mod officer;
mod open_case;
mod prove_link;
mod refer;
mod report_decision;
mod report_hand_in;
mod resend;
mod selection;
mod service;
mod show_leaf;
mod show_ledger;
mod show_link;
mod socket;
mod status;
mod watch;

pub use error::{DOMAIN, DeskError};
pub use liaison::LiaisonDesk;
pub use officer::{Caller, Officers};
pub use service::Desk;
pub use socket::{Socket, SocketError};

pub(crate) use case_row::case_row;
pub(crate) use decision_row::decision_row;
pub(crate) use hand_in_row::hand_in_row;
pub(crate) use status::{parked_event, refused_submission};
