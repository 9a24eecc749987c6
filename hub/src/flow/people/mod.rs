//! People who are signed in: sessions begin, are used and end, the same on one hub or five.
//!
//! A session is no decision and no leaf; who did what in it is.

mod begin_session;
mod end_sessions;
mod log_out;
mod session;
mod touch_session;

pub use begin_session::{BeginSession, Begun};
pub use end_sessions::{EndSession, EndSessionsOfPerson};
pub use log_out::LogOut;
pub use session::{Session, SessionLimits, session, sessions_of};
pub use touch_session::TouchSession;
