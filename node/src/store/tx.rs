//! One transaction; its queries stand with their entities.

use std::future::Future;

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::StoreError;

/// A transaction: a consistent look, or a write that becomes durable as a whole.
#[derive(Debug)]
pub struct Tx(pub(super) Transaction<'static, Sqlite>);

impl Tx {
    pub(super) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

#[cfg(test)]
impl Tx {
    /// Makes a write by hand durable.
    pub(super) async fn commit(self) {
        self.0.commit().await.unwrap();
    }
}

/// What one transaction writes: a value, so that it can be handed to the writer's task.
pub trait Write: Send + Sync + 'static {
    /// What the caller learns.
    type Out: Send + 'static;

    /// Writes; an error undoes all of it.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out, StoreError>> + Send;
}
