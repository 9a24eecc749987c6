//! Where a target's notice stands, for lists: it follows from the life and says nothing else.

use super::{Life, Takedown, Trouble};

/// Where a target's notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum NoticeStanding {
    /// It is leaving the house.
    UnderWay = 1,
    /// Its sender says that it could not be sent.
    Failed = 2,
    /// Nobody knows whether it left.
    InDoubt = 3,
    /// It has left, and the provider is silent.
    Silent = 4,
    /// It has left, and the provider has answered, or nothing is waited for.
    Answered = 5,
}

impl NoticeStanding {
    /// All of them: what a person has to see to first.
    pub const ALL: [Self; 5] = [Self::Failed, Self::InDoubt, Self::UnderWay, Self::Silent, Self::Answered];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Failed => "failed",
            Self::InDoubt => "in-doubt",
            Self::Silent => "silent",
            Self::Answered => "answered",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

impl Life {
    /// Where the newest notice of the round stands, and the time by which such notices are ordered, microseconds since 1970 UTC:
    /// of one under way when it is in doubt, of others since when they stand so. None: there is none, or the round has ended.
    pub fn notice(&self) -> Option<(NoticeStanding, i64)> {
        match &self.takedown {
            Takedown::UnderWay(intent) => Some((NoticeStanding::UnderWay, intent.doubt_us)),
            Takedown::Unresolved(intent, Trouble::Failed) => Some((NoticeStanding::Failed, intent.since_us)),
            Takedown::Unresolved(intent, Trouble::InDoubt) => {
                Some((NoticeStanding::InDoubt, intent.doubt_us))
            }
            Takedown::Notified => {
                let last_us = self.thread.last().map_or(0, |notice| notice.sent_us);
                Some(match self.silent_since_us {
                    Some(since_us) => (NoticeStanding::Silent, since_us),
                    None => (NoticeStanding::Answered, last_us),
                })
            }
            Takedown::Open | Takedown::Granted(_) | Takedown::Closed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::{Intent, IntentId, Notice, NoticeKind};

    #[test]
    fn a_notice_stands_as_its_takedown_does() {
        let intent = Intent { id: IntentId(1), sender: 2, kind: NoticeKind::First, since_us: 3, doubt_us: 9 };
        let life = |takedown| Life { takedown, ..Life::default() };
        assert_eq!(life(Takedown::Open).notice(), None);
        assert_eq!(life(Takedown::Closed { outcome: 1 }).notice(), None);
        assert_eq!(life(Takedown::UnderWay(intent)).notice(), Some((NoticeStanding::UnderWay, 9)));
        let unresolved = |trouble| life(Takedown::Unresolved(intent, trouble)).notice();
        assert_eq!(unresolved(Trouble::Failed), Some((NoticeStanding::Failed, 3)));
        assert_eq!(unresolved(Trouble::InDoubt), Some((NoticeStanding::InDoubt, 9)));
        let sent = Notice { kind: NoticeKind::First, leaf: 1, sent_us: 5 };
        let notified = Life { thread: vec![sent], silent_since_us: Some(6), ..life(Takedown::Notified) };
        assert_eq!(notified.notice(), Some((NoticeStanding::Silent, 6)));
        let answered = Life { silent_since_us: None, ..notified };
        assert_eq!(answered.notice(), Some((NoticeStanding::Answered, 5)));
    }

    #[test]
    fn names_are_read_back() {
        for standing in NoticeStanding::ALL {
            assert_eq!(NoticeStanding::from_name(standing.name()), Some(standing));
        }
        assert_eq!(NoticeStanding::from_name("sent"), None);
    }
}
