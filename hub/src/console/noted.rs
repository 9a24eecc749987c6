//! What was noted of late: a page that reads itself anew does not fill the log of views.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use meldeverbund_proto::TargetId;

use super::access::Area;

/// For so long an entry says that its session sees these targets on this page. Short enough that an entry tells when; long
/// enough that a page open beside an import is an entry every ten minutes, instead of one every two seconds.
pub(super) const TERM_US: i64 = 10 * 60 * 1_000_000;

/// Entries that are remembered, each of a page's length at most. What is forgotten is only noted again.
const MOST: usize = 10_000;

/// A session, the page, and the targets on it.
pub(super) type View = ([u8; 32], Option<Area>, Vec<TargetId>);

/// Views that this hub has noted, and when. Another hub, and this one after it began anew, notes them again.
#[derive(Default)]
pub(super) struct Noted(Mutex<HashMap<View, i64>>);

impl Noted {
    /// Whether the log has an entry that speaks for this view at this time.
    pub(super) fn covers(&self, view: &View, now_us: i64) -> bool {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(view).is_some_and(|at_us| lasts(*at_us, now_us))
    }

    /// The view stands in the log, with a time that is not before this one.
    pub(super) fn remember(&self, view: View, at_us: i64) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MOST {
            noted.retain(|_, noted_us| lasts(*noted_us, at_us));
        }
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(view, at_us);
    }
}

/// An entry from after now is of a clock that was set back: it speaks for nothing.
fn lasts(at_us: i64, now_us: i64) -> bool {
    (at_us..at_us.saturating_add(TERM_US)).contains(&now_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(session: u8, n: u128) -> View {
        ([session; 32], Some(Area::Target), vec![TargetId::from_bytes(n.to_be_bytes())])
    }

    #[test]
    fn an_entry_speaks_for_its_view_alone_and_for_its_term() {
        let noted = Noted::default();
        noted.remember(view(1, 1), 5);
        assert!(noted.covers(&view(1, 1), 5) && noted.covers(&view(1, 1), 4 + TERM_US));
        assert!(!noted.covers(&view(1, 1), 5 + TERM_US), "its term is over");
        assert!(!noted.covers(&view(1, 1), 4), "the clock was set back");
        let (session, _, targets) = view(1, 1);
        let more = [targets.clone(), view(1, 2).2].concat();
        let others = [
            view(2, 1),
            view(1, 2),
            (session, Some(Area::Holds), targets),
            (session, Some(Area::Target), more),
        ];
        assert!(others.iter().all(|other| !noted.covers(other, 5)));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let noted = Noted::default();
        for n in 0..=MOST {
            noted.remember(view(1, n as u128), 5);
        }
        assert!(!noted.covers(&view(1, 0), 5) && noted.covers(&view(1, MOST as u128), 5));
        assert!(noted.0.lock().unwrap().len() <= MOST);
    }
}
