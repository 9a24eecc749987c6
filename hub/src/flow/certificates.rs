//! Which certificates nodes show, so that somebody sees what runs out before it does.

use std::time::SystemTime;

use meldeverbund_certs::Peer;

use super::{Command, Failure, Lane};
use crate::store::{CertificateRow, Tx};

/// Notes the certificates of those who are connected.
#[derive(Debug)]
pub struct NoteCertificates(Vec<CertificateRow>);

impl NoteCertificates {
    /// What these have shown.
    pub fn new<'p>(peers: impl IntoIterator<Item = &'p Peer>) -> Self {
        let mut rows: Vec<_> = peers.into_iter().map(row).collect();
        let key = |row: &CertificateRow| (row.agency_id.clone(), row.node.clone(), row.serial.clone());
        rows.sort_by_key(key);
        rows.dedup_by_key(|row| key(row));
        Self(rows)
    }
}

fn row(peer: &Peer) -> CertificateRow {
    let end = peer.not_after.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    CertificateRow {
        agency_id: peer.agency.to_string(),
        node: peer.node.to_string(),
        serial: peer.serial.to_string(),
        public_key: peer.public_key.to_string(),
        not_after_us: i64::try_from(end.as_micros()).unwrap_or(i64::MAX),
        // Both are given where it is written.
        first_seen_us: 0,
        seen_at_us: 0,
    }
}

impl Command for NoteCertificates {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        for row in &self.0 {
            // Whoever is not registered learns that with its first call.
            tx.note_certificate(row).await?;
        }
        Ok(())
    }
}
