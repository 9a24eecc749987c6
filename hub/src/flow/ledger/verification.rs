//! The whole ledger verified because somebody asks: one run at a time at each hub, beside whoever works, and not for ever.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    clock::now_us,
    flow::{Hub, causes},
    ledger::{
        LedgerError, LedgerFiles,
        verify::{Fault, Verified, verify},
    },
    store::Store,
};

/// A run that takes longer is given up: it reads one state of the database, and what is written meanwhile cannot be tidied up.
/// Beyond some ten million leaves the command line is the place, at night.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Faults that are told to people; a broken tree makes every leaf behind it wrong.
const TOLD: usize = 20;

/// The runs of one hub. Cheap to clone; a run ends when the last clone is gone.
#[derive(Debug, Clone, Default)]
pub struct Verifications(Arc<Runs>);

#[derive(Debug, Default)]
struct Runs {
    known: Arc<Mutex<Known>>,
    /// Ends a run that is under way with what asked for it.
    stop: Mutex<Option<DropGuard>>,
}

/// What is known of runs here.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Since when one is under way, microseconds since 1970 UTC.
    pub since_us: Option<i64>,
    /// The last one that ended.
    pub last: Option<Ended>,
}

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// When it began, microseconds since 1970 UTC.
    pub begun_us: i64,
    /// When it ended.
    pub ended_us: i64,
    /// Who asked for it.
    pub by: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Everything was read.
    Read {
        /// What was looked at.
        verified: Verified,
        /// What is wrong: the first of it.
        faults: Vec<Fault>,
        /// How much is wrong.
        count: usize,
    },
    /// It took too long.
    TooLong,
    /// The database or a file could not be read. Why stands in the log.
    Failed,
}

impl Verifications {
    /// What is known.
    pub fn known(&self) -> Known {
        self.0.known().clone()
    }

    /// Begins a run, unless one is under way; whether it did.
    pub fn begin(&self, hub: &Hub, by: String) -> bool {
        let begun_us = now_us(hub.clock());
        {
            let mut known = self.0.known();
            if known.since_us.is_some() {
                return false;
            }
            known.since_us = Some(begun_us);
        }
        let stop = CancellationToken::new();
        *self.0.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone().drop_guard());
        // Neither the hub nor these runs: who ends them does not wait for this one.
        let (store, files, clock) = (hub.store().clone(), hub.ledger().files().clone(), hub.clock().clone());
        let known = Arc::clone(&self.0.known);
        tokio::spawn(async move {
            let Some(outcome) = stop.run_until_cancelled(outcome(store, files)).await else { return };
            let ended = Ended { begun_us, ended_us: now_us(&clock), by, outcome };
            *lock(&known) = Known { since_us: None, last: Some(ended) };
        });
        true
    }
}

impl Runs {
    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    // Each change is one assignment, so a poisoned one is still right.
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn outcome(store: Store, files: LedgerFiles) -> Outcome {
    match tokio::time::timeout(LONGEST, read(store, files)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            tracing::warn!(cause = %causes(&error), "the ledger could not be verified");
            Outcome::Failed
        }
        Err(_) => Outcome::TooLong,
    }
}

async fn read(store: Store, files: LedgerFiles) -> Result<Outcome, LedgerError> {
    let (mut faults, mut count) = (Vec::new(), 0);
    let mut tell = |fault: Fault| {
        if fault.is_notice() {
            return;
        }
        count += 1;
        if faults.len() < TOLD {
            faults.push(fault);
        }
    };
    let verified = verify(&store, &files, &mut tell).await?;
    Ok(Outcome::Read { verified, faults, count })
}
