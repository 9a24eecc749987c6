//! What of liaison waits for the central office: what bodies announced, details that are overdue, what looks like misuse.

use crate::{
    clock::now_us,
    flow::Hub,
    store::{Connection, LiaisonCounts, StoreError},
};

/// How much waits, as of now.
///
/// # Errors
/// If the database fails.
pub(crate) async fn waits(hub: &Hub, connection: &mut Connection) -> Result<LiaisonCounts, StoreError> {
    LiaisonCounts::read(connection, now_us(hub.clock())).await
}
