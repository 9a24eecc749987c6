//! How the line to the hub stands, and why.

use meldeverbund_proto::{
    node::v1::{HubLineCause, HubLineState},
    v1::{Refusal, WhoAmIResponse},
};

/// The line to the hub.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How it stands.
    pub state: HubLineState,
    /// Since when.
    pub since_us: i64,
    /// What keeps it down, and in words.
    pub trouble: Option<Trouble>,
    /// When the next try comes.
    pub next_try_us: Option<i64>,
    /// When the hub last answered anything.
    pub last_answer_us: Option<i64>,
    /// How the hub sees this node.
    pub who_am_i: Option<WhoAmIResponse>,
    /// How far this clock is ahead of the hub's.
    pub clock_ahead_us: i64,
}

/// What keeps the line down.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// The cause.
    pub cause: HubLineCause,
    /// In words; never a link.
    pub detail: String,
    /// The hub's refusal, if that is the cause.
    pub refusal: Option<Refusal>,
}

impl Line {
    /// Before the first try.
    pub fn new(now_us: i64) -> Self {
        Self {
            state: HubLineState::Connecting,
            since_us: now_us,
            trouble: None,
            next_try_us: None,
            last_answer_us: None,
            who_am_i: None,
            clock_ahead_us: 0,
        }
    }

    /// The line is up.
    pub fn up(&mut self, now_us: i64, who_am_i: WhoAmIResponse, clock_ahead_us: i64) {
        self.enter(HubLineState::Connected, now_us);
        self.trouble = None;
        self.next_try_us = None;
        self.last_answer_us = Some(now_us);
        self.who_am_i = Some(who_am_i);
        self.clock_ahead_us = clock_ahead_us;
    }

    /// The line is down until `next_try_us`; `since_us` stays where it was down before.
    pub fn down(&mut self, now_us: i64, trouble: Trouble, next_try_us: i64) {
        let state = if trouble.refusal.is_some() { HubLineState::Refused } else { HubLineState::Down };
        self.enter(state, now_us);
        self.trouble = Some(trouble);
        self.next_try_us = Some(next_try_us);
    }

    fn enter(&mut self, state: HubLineState, now_us: i64) {
        if self.state != state {
            self.state = state;
            self.since_us = now_us;
        }
    }

    /// The hub answered; what it held up goes on.
    pub fn answered(&mut self, now_us: i64) {
        self.last_answer_us = Some(now_us);
        self.trouble = None;
        self.next_try_us = None;
    }

    /// The line is up, but the hub asks to wait until `next_try_us`.
    pub fn hold(&mut self, trouble: Trouble, next_try_us: i64) {
        self.trouble = Some(trouble);
        self.next_try_us = Some(next_try_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_counts_from_the_first_failure() {
        let trouble = Trouble { cause: HubLineCause::Unreachable, detail: String::new(), refusal: None };
        let mut line = Line::new(1);
        line.down(10, trouble.clone(), 15);
        line.down(20, trouble, 25);
        assert_eq!((line.state, line.since_us, line.next_try_us), (HubLineState::Down, 10, Some(25)));
        line.up(30, WhoAmIResponse::default(), 0);
        assert_eq!((line.state, line.since_us, line.trouble), (HubLineState::Connected, 30, None));
    }
}
