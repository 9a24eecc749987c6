//! The hub as its callers see it: commands go in, verdicts come out, feeds ring.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use meldeverbund_domain::AgencyNo;
use rand::RngExt as _;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    Command, Failure, Lane, Leases, LiveInstances, Policies, PutLedgerKey, StatementKeys, Verdict, Views,
    bells::Bells,
    causes, checkpoint,
    committer::{Committer, Ended},
};
use crate::{
    clock::{Clock, now_us},
    ledger::{Ledger, LedgerError, LedgerFiles, Standing},
    store::{Connection, LedgerKeyRow, Reader, Store, StoreError},
};

/// Large commands that look ahead at once: they keep up with the one writer, and leave readers to everybody else.
const LOOKING: usize = 2;

/// How long one may take to look ahead, its turn included. Where that is not enough, the database has other troubles.
const LOOK_PATIENCE: Duration = Duration::from_secs(1);

/// The hub cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("the database")]
    Store(#[from] StoreError),
    /// The ledger's key or its high-water mark.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger's first key could not be put in office.
    #[error("the ledger's key is not in office")]
    Key(#[source] Failure),
}

/// A running hub without its network side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Store,
    ledger: Ledger,
    clock: Clock,
    committer: Committer,
    bells: Bells,
    instances: LiveInstances,
    policies: Policies,
    statement_keys: StatementKeys,
    leases: Leases,
    looking: Arc<Semaphore>,
}

/// What has to end before the process may.
#[derive(Debug)]
pub struct HubTasks {
    writer: Ended,
    checkpoints: JoinHandle<()>,
    stop: CancellationToken,
    store: Store,
}

impl Hub {
    /// Starts writer and checkpoints on an open store. A ledger without a key gets its first.
    ///
    /// # Errors
    /// If the writing connection cannot be opened, or the ledger's files cannot be used.
    pub async fn start(
        store: Store,
        clock: Clock,
        files: &LedgerFiles,
    ) -> Result<(Self, HubTasks), StartError> {
        let ledger = Ledger::open(files, &mut *store.reader().await?).await?;
        let (hub, tasks) = Self::start_with(store, clock, ledger).await?;
        let known = !LedgerKeyRow::all(&mut *hub.store.reader().await?).await?.is_empty();
        if known || hub.ledger.standing() != Standing::Sound {
            return Ok((hub, tasks));
        }
        let put = PutLedgerKey::new(&hub.ledger, rand::rng().random());
        match hub.run(put).await {
            Ok(_) => Ok((hub, tasks)),
            Err(failure) => {
                drop(hub);
                tasks.end().await;
                Err(StartError::Key(failure))
            }
        }
    }

    /// Starts writer and checkpoints on an open store and its ledger.
    ///
    /// # Errors
    /// If the writing connection cannot be opened.
    pub async fn start_with(
        store: Store,
        clock: Clock,
        ledger: Ledger,
    ) -> Result<(Self, HubTasks), StartError> {
        let truncate = Arc::new(AtomicBool::new(false));
        let bells = Bells::default();
        let stop = CancellationToken::new();
        let (committer, writer) =
            Committer::start(&store, ledger.clone(), clock.clone(), bells.clone(), Arc::clone(&truncate))
                .await?;
        let checkpoints = tokio::spawn(checkpoint::run(store.clone(), truncate, stop.clone()));
        let tasks = HubTasks { writer, checkpoints, stop, store: store.clone() };
        Ok((
            Self {
                store,
                ledger,
                clock,
                committer,
                bells,
                instances: LiveInstances::default(),
                policies: Policies::default(),
                statement_keys: StatementKeys::default(),
                leases: Leases::new(rand::rng().random()),
                looking: Arc::new(Semaphore::new(LOOKING)),
            },
            tasks,
        ))
    }

    /// Runs a command; the verdict is durable when it comes.
    ///
    /// # Errors
    /// If the rules refuse it or the database fails.
    pub async fn run<C: Command>(&self, mut command: C) -> Result<C::Verdict, Failure> {
        self.look_ahead(&mut command).await;
        let mut verdict = self.committer.run(command).await?;
        // Leaves of an earlier commit: their receipt is looked up beside the writer, and is of the newest checkpoint.
        if let Some(leaves) = verdict.unproven() {
            let receipt = self.ledger.receipt(&mut *self.reader().await?, leaves).await?;
            verdict.attach(receipt);
        }
        Ok(verdict)
    }

    /// Lets a large command look ahead. Without that the writer looks himself, and says what is wrong.
    async fn look_ahead<C: Command>(&self, command: &mut C) {
        if command.lane() != Lane::Bulk || !*self.committer.writable().borrow() {
            return;
        }
        let looked = async {
            let _turn = self.looking.acquire().await;
            command.look_ahead(&self.store).await
        };
        if let Ok(Err(error)) = tokio::time::timeout(LOOK_PATIENCE, looked).await {
            tracing::debug!(cause = %causes(&error), "not looked ahead");
        }
    }

    /// The ledger that the commands write.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A connection that reads everything that was acknowledged before.
    ///
    /// # Errors
    /// If none is free in time.
    pub async fn reader(&self) -> Result<Reader, Failure> {
        Ok(self.store.reader().await?)
    }

    /// A connection that reads one state of the database, everything that was acknowledged before in it: what is read in
    /// several statements fits together, whatever is committed between them.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn still(&self) -> Result<Connection, Failure> {
        Ok(self.store.snapshot().await?)
    }

    /// The agencies' statement keys as they were read last.
    pub fn statement_keys(&self) -> &StatementKeys {
        &self.statement_keys
    }

    /// The store, for what only reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The hub's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Rings whenever the agency's feed has grown.
    pub fn bell(&self, agency: AgencyNo) -> watch::Receiver<()> {
        self.bells.listen(agency)
    }

    /// All bells.
    pub(super) fn bells(&self) -> &Bells {
        &self.bells
    }

    /// The policy in force.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Shows targets to agencies, as of now.
    pub fn views(&self) -> Views {
        Views::new(self.store.target_ids().clone(), self.policies.clone(), now_us(&self.clock))
    }

    /// Which nodes' stores are connected.
    pub fn instances(&self) -> &LiveInstances {
        &self.instances
    }

    /// Which jobs this process does.
    pub fn leases(&self) -> &Leases {
        &self.leases
    }

    /// Whether the last write came through.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.committer.writable()
    }
}

impl HubTasks {
    /// Ends the tasks: what was handed in is written first. Every [`Hub`] must be dropped by then.
    pub async fn end(self) {
        self.stop.cancel();
        // One that panicked has said so; there is nothing to wait for.
        let _ = self.writer.await;
        let _ = self.checkpoints.await;
        self.store.close().await;
        // A tidy end leaves one file; where that fails, the next start does the same from the log.
        if let Ok(mut writer) = self.store.writer().await {
            let _ = Store::truncate_log(&mut writer).await;
        }
    }
}
