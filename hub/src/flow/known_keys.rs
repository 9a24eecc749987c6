//! The agencies' statement keys as they were read last, so that signatures are verified before the lock is taken.
//!
//! What counts is what the registry says under the lock; a key that is not known here yet costs one verification there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use meldeverbund_proto::AgencyId;

use crate::store::{Connection, StatementKeyRow, StoreError};

/// Statement keys as they were read last. Cheap to clone; all clones share what was read.
#[derive(Debug, Clone, Default)]
pub struct StatementKeys(Arc<Mutex<HashMap<AgencyId, Arc<[StatementKeyRow]>>>>);

impl StatementKeys {
    /// Reads an agency's keys ahead of what it hands in.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn read(&self, connection: &mut Connection, agency: &AgencyId) -> Result<(), StoreError> {
        let keys = StatementKeyRow::of(connection, agency).await?;
        self.note(agency, &keys);
        Ok(())
    }

    /// Notes the agency's keys as they are now.
    pub(super) fn note(&self, agency: &AgencyId, keys: &[StatementKeyRow]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(agency).is_none_or(|known| **known != *keys) {
            known.insert(agency.clone(), keys.into());
        }
    }

    /// The agency's keys as they were read last.
    pub(super) fn of(&self, agency: &AgencyId) -> Arc<[StatementKeyRow]> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(agency).cloned().unwrap_or_default()
    }
}
