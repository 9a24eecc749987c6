//! What officers did and were told, with the time of one clock.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

/// A command on one target, as its officer saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) node: usize,
    pub(crate) target: String,
    /// The decision's name in the contract; `read_owner`: a question.
    pub(crate) what: &'static str,
    pub(crate) invoked_us: u64,
    /// None: nobody was told.
    pub(crate) returned_us: Option<u64>,
    /// The decision's number at the node, if it said one.
    pub(crate) decision: Option<u64>,
    pub(crate) told: Told,
}

/// What the officer was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing that is final.
    Nothing,
    Taken,
    /// The code, as the command line spells it.
    Refused(String),
    Owner(String),
}

/// A list that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandIn {
    pub(crate) node: usize,
    /// Its number at the node.
    pub(crate) number: u64,
    pub(crate) rows: usize,
    pub(crate) invoked_us: u64,
    /// When the officer was told the hub's answers; none: the officer did not wait so long.
    pub(crate) returned_us: Option<u64>,
}

/// Everybody's notes.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    begun: Instant,
    notes: Arc<Mutex<Notes>>,
}

/// All that happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) commands: Vec<Command>,
    pub(crate) handed_in: Vec<HandIn>,
    /// When the hub's clock was moved first.
    pub(crate) clock_moved_us: Option<u64>,
}

impl Recorder {
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now(), notes: Arc::default() }
    }

    /// The time since the run began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).expect("no run lasts so long")
    }

    pub(crate) fn command(&self, command: Command) {
        self.notes.lock().unwrap().commands.push(command);
    }

    pub(crate) fn hand_in(&self, hand_in: HandIn) {
        self.notes.lock().unwrap().handed_in.push(hand_in);
    }

    /// The hub's clock is moved now.
    pub(crate) fn clock_moves(&self) {
        let now_us = self.now_us();
        self.notes.lock().unwrap().clock_moved_us.get_or_insert(now_us);
    }

    /// Whether a grant was given: then all kinds of work are going on.
    pub(crate) fn has_a_grant(&self) -> bool {
        let granted = |command: &Command| command.what == "request_grant" && command.told == Told::Taken;
        self.notes.lock().unwrap().commands.iter().any(granted)
    }

    pub(crate) fn notes(&self) -> Notes {
        self.notes.lock().unwrap().clone()
    }
}
