//! What the fold remembers of a target between leaves.

use meldeverbund_proto::v1::Stage;
use serde::{Deserialize, Serialize};

use super::figure::{Seat, Wait};

/// A target, as far as figures care. Field names are short because there is one for each target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TargetState {
    /// Who is responsible.
    #[serde(rename = "o")]
    pub owner: String,
    /// The host.
    #[serde(rename = "h")]
    pub host: String,
    /// Its registrable domain; empty: as the host.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// The number of the contract's `OffenceClass`.
    #[serde(rename = "c", default, skip_serializing_if = "is_default")]
    pub class: i32,
    /// The newest round.
    #[serde(rename = "r")]
    pub round: u32,
    /// The number of the contract's `Stage`.
    #[serde(rename = "s")]
    pub stage: i32,
    /// Whether nobody has to answer for the ownership.
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    pub firm: bool,
    /// Whether who is responsible has withdrawn: the rules name the next round's owner.
    #[serde(rename = "w", default, skip_serializing_if = "is_default")]
    pub owner_withdrew: bool,
    /// The holds that stand.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Whether a notice is under way.
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    pub under_way: bool,
    /// Notices of open rounds whose outcome is not known.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// Whether the round's first notice was counted.
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    pub notified: bool,
    /// When it was found gone, microseconds since 1970 UTC.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub gone_us: Option<i64>,
    /// Whether the last round that ended did so because it was gone.
    #[serde(rename = "e", default, skip_serializing_if = "is_default")]
    pub was_gone: bool,
    /// Of which target it is another name.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub into: Option<i64>,
    /// Its other names, with what has to be known to take them apart again.
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Merged>,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The decision that placed it.
    #[serde(rename = "i")]
    pub id: u128,
    /// Whose it is.
    #[serde(rename = "b")]
    pub by: String,
    /// The leaf that says so.
    #[serde(rename = "l")]
    pub leaf: i64,
}

/// A first notice whose outcome is open. Its outcome counts where it was counted itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Of which target: a notice follows its target into another and out of it.
    #[serde(rename = "t")]
    pub of: i64,
    /// When it left, microseconds since 1970 UTC.
    #[serde(rename = "s")]
    pub sent_us: i64,
    /// Where the provider has its seat.
    #[serde(rename = "p")]
    pub seat: Seat,
    /// Who was responsible.
    #[serde(rename = "o")]
    pub owner: String,
    /// The host, as figures group it.
    #[serde(rename = "h")]
    pub host: String,
    /// The class.
    #[serde(rename = "c")]
    pub class: i32,
}

/// Another name of a target, and the holds of both before that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The name.
    #[serde(rename = "t")]
    pub target: i64,
    /// Of which it was made a name; that may be a name itself since.
    #[serde(rename = "i")]
    pub into: i64,
    /// The leaf.
    #[serde(rename = "l")]
    pub leaf: i64,
    /// Ids of its own holds.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<u128>,
    /// Ids of the other's.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub whole: Vec<u128>,
}

impl TargetState {
    /// The host as figures group it: what somebody has registered, an address, an onion service.
    pub fn group(&self) -> &str {
        if self.domain.is_empty() { &self.host } else { &self.domain }
    }

    /// Where the takedown stands.
    pub fn stage(&self) -> Stage {
        Stage::try_from(self.stage).unwrap_or_default()
    }

    /// Whether its newest round is open; a name has none.
    pub fn is_open(&self) -> bool {
        self.into.is_none() && !matches!(self.stage(), Stage::Closed | Stage::Unspecified)
    }

    /// What it waits for; none: it is closed, or another name.
    pub fn wait(&self) -> Option<Wait> {
        self.is_open().then(|| match self.stage() {
            _ if !self.holds.is_empty() => Wait::Held,
            _ if !self.firm => Wait::Owner,
            Stage::Cleared => Wait::Grant,
            Stage::Granted => Wait::Dispatch,
            Stage::Notified => Wait::Provider,
            Stage::Referred | Stage::Closed | Stage::Unspecified => Wait::Conditions,
        })
    }
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
