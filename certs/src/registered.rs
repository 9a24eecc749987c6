//! Public keys that stand for a name where an administration's PKI issues no URI names (DESIGN 7).

use std::{collections::HashMap, sync::Arc};

use tokio::sync::watch;

use crate::{Identity, KeyFingerprint};

/// The registered public keys; all clones share one list, which can be replaced while connections are live.
#[derive(Debug, Clone)]
pub struct RegisteredKeys(Arc<watch::Sender<HashMap<KeyFingerprint, Identity>>>);

impl RegisteredKeys {
    /// A list with these keys.
    pub fn new(keys: HashMap<KeyFingerprint, Identity>) -> Self {
        Self(Arc::new(watch::Sender::new(keys)))
    }

    /// Puts another list in place. Connections whose key no longer stands for the same name are cut.
    pub fn replace(&self, keys: HashMap<KeyFingerprint, Identity>) {
        self.0.send_replace(keys);
    }

    /// Whom this key stands for.
    pub fn find(&self, key: &KeyFingerprint) -> Option<Identity> {
        self.0.borrow().get(key).cloned()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<HashMap<KeyFingerprint, Identity>> {
        self.0.subscribe()
    }
}

impl Default for RegisteredKeys {
    fn default() -> Self {
        Self::new(HashMap::new())
    }
}
