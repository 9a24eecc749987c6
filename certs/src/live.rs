//! The connections that are live, so that a decision against a certificate reaches them too.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use meldeverbund_proto::AgencyId;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_util::sync::CancellationToken;

use crate::Peer;

/// Why a live connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CutReason {
    /// The peer's certificate was revoked.
    #[error("connection cut: the peer's certificate was revoked")]
    Revoked,
    /// The peer's certificate ran out (or its authority's revocation list did, where that counts).
    #[error("connection cut: the peer's certificate is no longer valid")]
    Expired,
    /// The trust anchor was removed, or the name no longer stands.
    #[error("connection cut: the peer is no longer trusted")]
    NoLongerTrusted,
    /// The connection reached its greatest age.
    #[error("connection cut: it reached its greatest age")]
    TooOld,
    /// The operator asked for it, for instance because the agency was suspended.
    #[error("connection cut: closed by the operator")]
    Closed,
}

impl CutReason {
    /// One word of a closed list, for logs and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::NoLongerTrusted => "no-longer-trusted",
            Self::TooOld => "too-old",
            Self::Closed => "closed",
        }
    }
}

/// The way to end one connection, with a reason.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    token: CancellationToken,
    reason: OnceLock<CutReason>,
}

impl Cut {
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    pub(crate) fn reason(&self) -> Option<CutReason> {
        self.reason.get().copied()
    }
}

/// What is needed to look at a connection's peer again.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) peer: Arc<Peer>,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) cut: Cut,
}

impl Entry {
    /// Cuts the connection; the first reason stays.
    pub(crate) fn cut(&self, reason: CutReason) {
        if self.cut.reason.set(reason).is_ok() {
            let Peer { agency, node, serial, .. } = &*self.peer;
            metrics::counter!("meldeverbund_tls_connections_cut_total", "reason" => reason.label())
                .increment(1);
            tracing::info!(%agency, %node, %serial, reason = reason.label(), "live connection cut");
        }
        self.cut.token.cancel();
    }
}

/// All live connections of one side.
#[derive(Default)]
pub(crate) struct Live(Mutex<Connections>);

#[derive(Default)]
struct Connections {
    next: u64,
    entries: HashMap<u64, Arc<Entry>>,
    per_agency: HashMap<AgencyId, usize>,
}

/// One place among the live connections, free again when this is dropped.
pub(crate) struct Place {
    live: Arc<Live>,
    id: u64,
    pub(crate) entry: Arc<Entry>,
}

/// The agency already has as many connections as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the agency already has its {limit} connections")]
pub struct TooManyConnections {
    /// The limit.
    pub limit: usize,
}

impl Live {
    pub(crate) fn enter(self: &Arc<Self>, entry: Entry, limit: usize) -> Result<Place, TooManyConnections> {
        let mut connections = self.lock();
        let agency = &entry.peer.agency;
        let count = connections.per_agency.get(agency).copied().unwrap_or(0);
        if count >= limit {
            return Err(TooManyConnections { limit });
        }
        connections.per_agency.insert(agency.clone(), count + 1);
        let id = connections.next;
        connections.next += 1;
        let entry = Arc::new(entry);
        connections.entries.insert(id, Arc::clone(&entry));
        Ok(Place { live: Arc::clone(self), id, entry })
    }

    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.values().cloned().collect()
    }

    pub(crate) fn per_agency(&self) -> HashMap<AgencyId, usize> {
        self.lock().per_agency.clone()
    }

    fn leave(&self, id: u64) {
        let mut connections = self.lock();
        let Some(entry) = connections.entries.remove(&id) else { return };
        if let Some(count) = connections.per_agency.get_mut(&entry.peer.agency) {
            *count -= 1;
            if *count == 0 {
                connections.per_agency.remove(&entry.peer.agency);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // Each change is complete before the next can panic, so a poisoned map is still right.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("connections", &self.lock().entries.len()).finish()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.live.leave(self.id);
    }
}
