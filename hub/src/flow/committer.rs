//! The one writer: groups commands into transactions.
//!
//! It has its own thread, and a caller who goes away never drops a transaction. Three lanes: a group takes every
//! interactive command that waits, and bulk commands for as long as its slice is open (`slice.rs`); a command that nobody waits for
//! begins one where nothing else does, or once it is overdue. A group that fails is undone and its commands are run one by
//! one; each is told only after its own commit.

use std::{
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{
    Command, Failure, Lane,
    bells::Bells,
    causes,
    job::{Attempt, Pending, Proofs},
    stand::refusal,
    waiting::{Behind, BoxedJob, Turn, Waiting},
};
use crate::{
    clock::{Clock, now_us},
    ledger::{Ledger, LedgerError, Standing},
    store::{Connection, Newest, Store, StoreError, Tx, faults::Armed},
};

/// Commands that wait in each lane before callers wait to hand theirs in.
const LANE_LENGTH: usize = 256;

/// Hands commands to the writer.
#[derive(Debug, Clone)]
pub(super) struct Committer {
    interactive: mpsc::Sender<BoxedJob>,
    bulk: mpsc::Sender<BoxedJob>,
    behind: mpsc::Sender<BoxedJob>,
    writable: watch::Receiver<bool>,
}

/// Comes when the writer has ended.
pub(super) type Ended = oneshot::Receiver<()>;

impl Committer {
    /// Starts the writer, on a thread of its own: everybody waits for it, and it for nobody who reads a large submission or
    /// sends a large answer. It ends, after all that was handed in, when the last handle is dropped.
    ///
    /// # Errors
    /// If its connection cannot be opened.
    pub(super) async fn start(
        store: &Store,
        ledger: Ledger,
        clock: Clock,
        bells: Bells,
        truncate: Arc<AtomicBool>,
    ) -> Result<(Self, Ended), StoreError> {
        let (interactive, interactive_jobs) = mpsc::channel(LANE_LENGTH);
        let (bulk, bulk_jobs) = mpsc::channel(LANE_LENGTH);
        let (behind, behind_jobs) = mpsc::channel(LANE_LENGTH);
        let (writable_sender, writable) = watch::channel(true);
        let mut writer = Writer {
            store: store.clone(),
            ledger,
            connection: None,
            newest: Newest::default(),
            clock,
            bells,
            truncate,
            writable: writable_sender,
        };
        let behind_jobs = Behind::new(behind_jobs);
        let (opening, opened) = oneshot::channel();
        let work = async move {
            let open = writer.connection().await.map(|_| ());
            let is_open = open.is_ok();
            if opening.send(open).is_ok() && is_open {
                writer.run(interactive_jobs, bulk_jobs, behind_jobs).await;
            }
        };
        let ended = on_a_thread(work).map_err(|error| StoreError::Engine(sqlx::Error::Io(error)))?;
        opened.await.unwrap_or(Err(StoreError::Stopped))?;
        Ok((Self { interactive, bulk, behind, writable }, ended))
    }

    /// Runs a command and waits for its commit.
    pub(super) async fn run<C: Command>(&self, command: C) -> Result<C::Verdict, Failure> {
        let (reply, verdict) = oneshot::channel();
        let lane = match command.lane() {
            Lane::Interactive => &self.interactive,
            Lane::Bulk => &self.bulk,
            Lane::Behind => &self.behind,
        };
        lane.send(Box::new(Pending::new(command, reply))).await.map_err(|_| StoreError::Stopped)?;
        verdict.await.unwrap_or(Err(Failure::Store(StoreError::Stopped)))
    }

    /// Whether the last transaction came through.
    pub(super) fn writable(&self) -> watch::Receiver<bool> {
        self.writable.clone()
    }
}

/// Does this work on a thread of its own, with a runtime of its own.
fn on_a_thread(work: impl Future<Output = ()> + Send + 'static) -> io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ending, ended) = oneshot::channel();
    let armed = Armed::here();
    thread::Builder::new().name("writer".to_owned()).spawn(move || {
        armed.share();
        runtime.block_on(work);
        // Nobody may wait for the end.
        let _ = ending.send(());
    })?;
    Ok(ended)
}

struct Writer {
    store: Store,
    ledger: Ledger,
    connection: Option<Connection>,
    newest: Newest,
    clock: Clock,
    bells: Bells,
    truncate: Arc<AtomicBool>,
    writable: watch::Sender<bool>,
}

impl Writer {
    async fn run(
        mut self,
        mut interactive: mpsc::Receiver<BoxedJob>,
        mut bulk: mpsc::Receiver<BoxedJob>,
        mut behind: Behind,
    ) {
        loop {
            let overdue = behind.overdue(Instant::now());
            let (first, lane) = if let Some(job) = overdue {
                (job, Lane::Behind)
            } else {
                tokio::select! {
                    biased;
                    Some(job) = interactive.recv() => (job, Lane::Interactive),
                    Some(job) = bulk.recv() => (job, Lane::Bulk),
                    Some(job) = behind.next() => (job, Lane::Behind),
                    else => break,
                }
            };
            self.checkpoint_if_asked().await;
            let waiting = Waiting { interactive: &mut interactive, bulk: &mut bulk, first: lane };
            let Err((group, error)) = self.commit(first, Some(waiting)).await else { continue };
            tracing::warn!(commands = group.len(), cause = %causes(&error), "transaction undone; its commands run one by one");
            let mut group = group.into_iter();
            while let Some(job) = group.next() {
                let Err((jobs, error)) = self.commit(job, None).await else { continue };
                let is_away = error.is_passing() && self.connection.is_none();
                self.give_up(jobs, error);
                if is_away {
                    let waiting = || interactive.try_recv().or_else(|_| bulk.try_recv()).ok();
                    group.by_ref().chain(std::iter::from_fn(waiting)).for_each(|job| self.send_away(job));
                }
            }
        }
    }

    /// The database is out of reach, and it took its time to find that out: who waits behind is told at once, and comes again.
    fn send_away(&self, job: BoxedJob) {
        metrics::counter!("meldeverbund_commands_failed_total").increment(1);
        job.fail(Failure::Store(StoreError::Late));
    }

    /// Runs a group in one transaction. On failure nothing of it is written, or (where COMMIT itself failed) whether it
    /// is written is not known; either way its commands can be run again: each has an id that it is known by.
    async fn commit(
        &mut self,
        first: BoxedJob,
        waiting: Option<Waiting<'_>>,
    ) -> Result<(), (Vec<BoxedJob>, StoreError)> {
        let now_us = now_us(&self.clock);
        let ledger = self.ledger.clone();
        // What a transaction knew that came to nothing is forgotten with it.
        let newest = mem::take(&mut self.newest);
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return Err((vec![first], error)),
        };
        let cures = first.cures();
        if !cures && let Err(failure) = sound(&ledger, connection).await {
            first.fail(failure);
            return Ok(());
        }
        let mut tx = match Tx::begin(connection, now_us).await {
            Ok(tx) => tx.with_newest(newest),
            Err(error) => {
                self.connection = None;
                return Err((vec![first], error));
            }
        };
        if !cures && let Err(failure) = taken(&ledger, &mut tx).await {
            if tx.roll_back().await.is_err() {
                self.connection = None;
            }
            first.fail(failure);
            return Ok(());
        }
        let mut group = vec![first];
        // What cures the ledger is alone: what comes behind it finds it cured, or not.
        let mut turn = waiting.filter(|_| !cures).map(|waiting| waiting.turn(Instant::now()));
        loop {
            let job = group.last_mut().expect("a group starts with one job, and jobs are only added");
            if let Attempt::Failed(error) = job.run(&mut tx).await {
                if tx.roll_back().await.is_err() {
                    self.connection = None;
                }
                return Err((group, error));
            }
            match turn.as_mut().and_then(Turn::next) {
                Some(job) => group.push(job),
                None => break,
            }
        }
        // A large write that fails is its command's failure and not the line's.
        if let Err(error) = tx.written().await {
            if tx.roll_back().await.is_err() {
                self.connection = None;
            }
            return Err((group, error));
        }
        // The commit point: what was written here is acknowledged below, and only here.
        let mut committed = match tx.commit().await {
            Ok(committed) => committed,
            Err(error) => {
                self.connection = None;
                return Err((group, error));
            }
        };
        self.newest = mem::take(&mut committed.newest);
        metrics::counter!("meldeverbund_commits_total").increment(1);
        metrics::counter!("meldeverbund_commands_total").increment(group.len() as u64);
        match ledger.committed(&committed) {
            Ok(signed) => {
                self.writable.send_replace(true);
                let proofs = Proofs { signed: &signed, tree: &committed.tree };
                group.into_iter().for_each(|job| job.tell(&proofs));
            }
            Err(error) => self.leave_unmarked(group, &error),
        }
        self.bells.ring(committed.told);
        Ok(())
    }

    /// What was written is durable, but a restore could make it unsaid: nobody is told before the mark says that it was.
    /// Who sends the same command again is answered once it does.
    fn leave_unmarked(&self, group: Vec<BoxedJob>, error: &LedgerError) {
        tracing::warn!(cause = %causes(error), commands = group.len(), "committed, and not told");
        self.writable.send_replace(false);
        metrics::counter!("meldeverbund_commands_failed_total").increment(group.len() as u64);
        group.into_iter().for_each(|job| job.fail(Failure::Ledger(LedgerError::Unmarked)));
    }

    fn give_up(&self, jobs: Vec<BoxedJob>, error: StoreError) {
        if error.is_passing() {
            self.writable.send_replace(false);
        }
        metrics::counter!("meldeverbund_commands_failed_total").increment(1);
        // A command that runs alone is alone in its group.
        if let Some(job) = jobs.into_iter().next() {
            job.fail(Failure::Store(error));
        }
    }

    /// The connection, a new one if the last one failed: it may hold a transaction that nobody can end.
    async fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.writer().await?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Empties the write-ahead log where the checkpoints beside the writer could not keep up.
    async fn checkpoint_if_asked(&mut self) {
        if !self.truncate.swap(false, Ordering::Relaxed) {
            return;
        }
        let Ok(connection) = self.connection().await else { return };
        if let Err(error) = Store::truncate_log(connection).await {
            tracing::warn!(cause = %causes(&error), "write-ahead log not emptied");
        }
    }
}

/// Refuses what would be written to a database that is behind what was signed.
async fn sound(ledger: &Ledger, connection: &mut Connection) -> Result<(), Failure> {
    if ledger.standing() == Standing::Sound {
        return Ok(());
    }
    // It may have been cured since: by a command line, with a new epoch.
    Ok(refusal(ledger.look_again(connection).await?)?)
}

/// Refuses what would be written onto a head that does not continue what was signed.
async fn taken(ledger: &Ledger, tx: &mut Tx<'_>) -> Result<(), Failure> {
    Ok(refusal(ledger.takes(tx).await?)?)
}
