//! Holds: not yet.

use serde::{Deserialize, Serialize};

use crate::AgencyNo;

/// A hold's id: that of the decision that placed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HoldId(pub u128);

/// A hold that nobody has lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose it is.
    pub by: AgencyNo,
    /// The ledger's leaf with its reason.
    pub leaf: i64,
    /// Until when, microseconds since 1970 UTC.
    pub until_us: i64,
    /// True: the sweep has recorded that it ran out. It keeps blocking.
    pub lapsed: bool,
}

impl Hold {
    /// True if it has run out, whether or not the sweep has seen it.
    pub fn is_lapsed(&self, now_us: i64) -> bool {
        self.lapsed || self.until_us <= now_us
    }
}
