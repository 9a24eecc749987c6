//! The daemon: store, desk and sync of one office, from start to drain.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Random},
    config::Config,
    desk::{Socket, SocketError},
    ledger::{KeyFileError, OwnKeys},
    liaison,
    node::Node,
    store::{Store, StoreError},
    sync::{self, Dial, TlsDial},
};

/// After the sync's own deadline, for the desk and the store.
const LAST_SECONDS: Duration = Duration::from_secs(2);

/// The daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made or used.
    #[error("{}: cannot be used: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another daemon runs on this folder.
    #[error("{}: another daemon runs on this folder", .0.display())]
    AlreadyRunning(PathBuf),
    /// The store cannot be opened.
    #[error("{}: {source}", path.display())]
    Store {
        /// The store's file.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// One of the office's own keys cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The desk's socket cannot be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// A daemon that has started: its socket is there, its store is open.
#[derive(Debug)]
pub struct Daemon {
    node: Arc<Node>,
    socket: Socket,
    stop: CancellationToken,
    _lock: File,
}

impl Daemon {
    /// Starts with the machine's clock and TLS by the configuration.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (clock, stop) = (Clock::system(), CancellationToken::new());
        let dial = TlsDial::new(config.clone(), clock.clone(), stop.clone());
        Self::start_with(config, dial, clock, Random::system(), stop).await
    }

    /// Starts with parts of the caller's choice; `stop` ends them, and [`run`](Self::run) cancels it.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_with(
        config: Config,
        dial: Arc<dyn Dial>,
        clock: Clock,
        random: Random,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        make_folder(&config.data_dir)
            .map_err(|source| StartError::Folder { path: config.data_dir.clone(), source })?;
        let lock = lock(&config.lock_path())?;
        let keys = OwnKeys::load_or_make(&config, &random)?;
        let path = config.store_path();
        let store = Store::open(&path, &config.agency, &clock, &random)
            .await
            .map_err(|source| StartError::Store { path, source })?;
        let socket = Socket::bind(&config.desk)?;
        tracing::info!(
            agency = %config.agency,
            instance = %store.instance_id(),
            version = env!("CARGO_PKG_VERSION"),
            "node.started"
        );
        let node = Node::new(config, store, keys, dial, clock, random);
        Ok(Self { node, socket, stop, _lock: lock })
    }

    /// What the daemon works on.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Works until `stop`, then drains: rows in hand are written, answers under way are awaited up to the deadline.
    ///
    /// # Errors
    /// If the desk cannot be served.
    pub async fn run(self, stop: CancellationToken) -> Result<(), SocketError> {
        let Self { node, socket, stop: parts, _lock: lock } = self;
        let ended = parts.clone().drop_guard();
        let sync = tokio::spawn(sync::run(Arc::clone(&node), stop.clone()));
        let _erasing = tokio::spawn(liaison::keep(Arc::clone(&node), stop.clone()));
        let mut desk = std::pin::pin!(socket.serve(Arc::clone(&node), stop.clone()));
        let served = tokio::select! {
            served = &mut desk => served,
            () = stop.cancelled() => {
                tracing::info!("node.draining");
                tokio::time::timeout(LAST_SECONDS, &mut desk).await.unwrap_or(Ok(()))
            }
        };
        // A desk that failed ends the node, too.
        stop.cancel();
        let drain = Duration::from_secs(node.config.sync.drain_s) + LAST_SECONDS;
        if tokio::time::timeout(drain, sync).await.is_err() {
            tracing::warn!("node.drain_deadline");
        }
        drop(ended);
        if tokio::time::timeout(LAST_SECONDS, node.store.close()).await.is_err() {
            tracing::warn!("node.store_busy_at_end");
        }
        drop(lock);
        tracing::info!("node.stopped");
        served
    }
}

/// Makes a folder that only its owner enters, unless it is there.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Takes the lock that one daemon holds; the kernel lets go of it however the daemon ends.
pub(crate) fn lock(path: &Path) -> Result<File, StartError> {
    let folder = |source| StartError::Folder { path: path.to_owned(), source };
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(folder)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StartError::AlreadyRunning(path.to_owned())),
        Err(error) => Err(folder(error.into())),
    }
}
