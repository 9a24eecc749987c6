//! The hub as its callers see it: commands go in, verdicts come out, feeds ring.

use std::sync::{Arc, atomic::AtomicBool};

use meldeverbund_domain::AgencyNo;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    Command, Failure, LiveInstances, Policies, StatementKeys, Views, bells::Bells, checkpoint,
    committer::Committer,
};
use crate::{
    clock::{Clock, now_us},
    store::{Reader, Store, StoreError},
};

/// A running hub without its network side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Store,
    clock: Clock,
    committer: Committer,
    bells: Bells,
    instances: LiveInstances,
    policies: Policies,
    statement_keys: StatementKeys,
}

/// What has to end before the process may.
#[derive(Debug)]
pub struct HubTasks {
    writer: JoinHandle<()>,
    checkpoints: JoinHandle<()>,
    stop: CancellationToken,
    store: Store,
}

impl Hub {
    /// Starts writer and checkpoints on an open store.
    ///
    /// # Errors
    /// If the writing connection cannot be opened.
    pub async fn start(store: Store, clock: Clock) -> Result<(Self, HubTasks), StoreError> {
        let truncate = Arc::new(AtomicBool::new(false));
        let bells = Bells::default();
        let stop = CancellationToken::new();
        let connection = store.writer().await?;
        let (committer, writer) =
            Committer::start(&store, connection, clock.clone(), bells.clone(), Arc::clone(&truncate));
        let checkpoints = tokio::spawn(checkpoint::run(store.clone(), truncate, stop.clone()));
        let tasks = HubTasks { writer, checkpoints, stop, store: store.clone() };
        Ok((
            Self {
                store,
                clock,
                committer,
                bells,
                instances: LiveInstances::default(),
                policies: Policies::default(),
                statement_keys: StatementKeys::default(),
            },
            tasks,
        ))
    }

    /// Runs a command; the verdict is durable when it comes.
    ///
    /// # Errors
    /// If the rules refuse it or the database fails.
    pub async fn run<C: Command>(&self, command: C) -> Result<C::Verdict, Failure> {
        self.committer.run(command).await
    }

    /// A connection that reads everything that was acknowledged before.
    ///
    /// # Errors
    /// If none is free in time.
    pub async fn reader(&self) -> Result<Reader, Failure> {
        Ok(self.store.reader().await?)
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

    /// Whether the last write came through.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.committer.writable()
    }
}

impl HubTasks {
    /// Ends the tasks: what was handed in is written first. Every [`Hub`] must be dropped by then.
    pub async fn end(self) {
        self.stop.cancel();
        // A panicked task has said so; there is nothing to wait for.
        let _ = self.writer.await;
        let _ = self.checkpoints.await;
        self.store.close().await;
        // A tidy end leaves one file; where that fails, the next start does the same from the log.
        if let Ok(mut writer) = self.store.writer().await {
            let _ = Store::truncate_log(&mut writer).await;
        }
    }
}
