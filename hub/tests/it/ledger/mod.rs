//! The ledger over real TLS: receipts, witnesses, files, restores, keys, two hubs, and who would notice what.

mod ahead;
pub(crate) mod epochs;
mod files;
mod keys;
mod receipts;
mod reconciled;
mod revoked;
mod rotated;
mod tamper;
mod two_hubs;
mod witness;

use meldeverbund_hub::{
    ledger::{
        LedgerFiles,
        verify::{Fault, Verified, verify},
    },
    store::{LeafRow, Store},
};
use meldeverbund_proto::{
    leaf::Digest,
    note::{Checkpoint, Note, VerifierKey},
    v1::{SubmissionAccepted, ledger_service_client::LedgerServiceClient},
};
use tonic::transport::Channel;
use tower::Service as _;

use crate::harness::{Federation, Office, verify_receipt};

/// Verifies the whole ledger; nothing is wrong.
pub(crate) async fn whole(store: &Store, files: &LedgerFiles) -> Verified {
    let (verified, faults) = faults(store, files).await;
    assert_eq!(faults, []);
    verified
}

/// Verifies the whole ledger; what is wrong.
pub(crate) async fn faults(store: &Store, files: &LedgerFiles) -> (Verified, Vec<Fault>) {
    let mut faults = Vec::new();
    let verified = verify(store, files, &mut |fault| faults.push(fault)).await.unwrap();
    (verified, faults)
}

impl Federation {
    /// Verifies the whole ledger; nothing is wrong.
    pub(crate) async fn whole(&self) -> Verified {
        whole(self.server.hub().store(), &self.config.ledger_files()).await
    }

    pub(crate) fn vkeys(&self) -> Vec<VerifierKey> {
        self.server.hub().ledger().vkeys()
    }

    /// Hashes of leaves, from what the database says that they commit to.
    pub(crate) async fn leaf_hashes(&self, first: u64, count: u64) -> Vec<Digest> {
        let mut reader = self.server.hub().reader().await.unwrap();
        let rows = LeafRow::range(&mut reader, first, count).await.unwrap();
        rows.iter().map(|row| row.leaf().unwrap().hash()).collect()
    }

    /// Verifies the receipt of a submission, and gives the checkpoint that it is of.
    pub(crate) async fn proven(&self, accepted: &SubmissionAccepted) -> Checkpoint {
        let leaves = self.leaf_hashes(accepted.first_leaf_index, accepted.leaf_count).await;
        verify_receipt(accepted.receipt.clone(), &leaves, &self.vkeys());
        checkpoint(&accepted.receipt.as_ref().unwrap().checkpoint)
    }
}

impl Office {
    fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    /// GETs a file of the ledger: status and body.
    async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let request = http::Request::get(format!("/ledger/{path}")).body(tonic::body::Body::empty()).unwrap();
        let mut channel = self.channel.clone();
        futures::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
        let answer = channel.call(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), 1 << 20).await.unwrap();
        (status, body.to_vec())
    }
}

fn checkpoint(note: &str) -> Checkpoint {
    note.parse::<Note>().unwrap().text().parse().unwrap()
}
