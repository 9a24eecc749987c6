//! The bodies of the federation and what each kind may do.

use serde::{Deserialize, Serialize};

use meldeverbund_proto::{
    AgencyId,
    v1::{AgencyKind, Refusal, RefusalCode},
};

/// A registered agency's number in this hub's store; smaller than its id, and never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgencyNo(pub i64);

/// A registered agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its number.
    pub no: AgencyNo,
    /// Its id.
    pub id: AgencyId,
    /// The kind of body.
    pub kind: AgencyKind,
    /// Whether it is let in.
    pub state: AgencyState,
}

/// Whether an agency is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgencyState {
    /// It may do what its kind may do.
    Active,
    /// It may do nothing; what it owns stays its own until the members' agreement says otherwise.
    Suspended,
}

impl Agency {
    /// Says whether the agency may do anything at all.
    ///
    /// # Errors
    /// If it is suspended.
    pub fn admit(&self) -> Result<(), Refusal> {
        match self.state {
            AgencyState::Active => Ok(()),
            AgencyState::Suspended => Err(Refusal::of(
                RefusalCode::AgencySuspended,
                "this agency is suspended; ask the central office",
            )),
        }
    }

    /// Says whether the agency may ask hit or no hit.
    ///
    /// # Errors
    /// If it is suspended, or no liaison body: the others have their feeds.
    pub fn may_ask(&self) -> Result<(), Refusal> {
        self.admit()?;
        match self.kind {
            AgencyKind::Liaison => Ok(()),
            AgencyKind::StateOffice | AgencyKind::CentralOffice | AgencyKind::Unspecified => {
                Err(Refusal::of(RefusalCode::NotPermitted, "only a liaison body asks hit or no hit"))
            }
        }
    }

    /// Says whether the agency may be responsible for targets.
    ///
    /// # Errors
    /// As [`may_refer`](Self::may_refer).
    pub fn may_own(&self) -> Result<(), Refusal> {
        self.may_refer()
    }

    /// True for the central office.
    pub fn is_central(&self) -> bool {
        self.kind == AgencyKind::CentralOffice
    }

    /// Says whether the agency may keep cases and hand in referrals.
    ///
    /// # Errors
    /// If it is suspended, or a liaison body: those ask, they hand in nothing.
    pub fn may_refer(&self) -> Result<(), Refusal> {
        self.admit()?;
        match self.kind {
            AgencyKind::StateOffice | AgencyKind::CentralOffice => Ok(()),
            AgencyKind::Liaison | AgencyKind::Unspecified => Err(Refusal::of(
                RefusalCode::NotPermitted,
                "a liaison body keeps no cases and hands in no referrals",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_ask() {
        let agency = |kind, state| Agency { no: AgencyNo(1), id: "eu-europol".parse().unwrap(), kind, state };
        let code = |kind, state| agency(kind, state).may_ask().map_err(|refusal| refusal.code());
        assert_eq!(code(AgencyKind::Liaison, AgencyState::Active), Ok(()));
        assert_eq!(code(AgencyKind::Liaison, AgencyState::Suspended), Err(RefusalCode::AgencySuspended));
        for kind in [AgencyKind::StateOffice, AgencyKind::CentralOffice, AgencyKind::Unspecified] {
            assert_eq!(code(kind, AgencyState::Active), Err(RefusalCode::NotPermitted));
        }
    }

    #[test]
    fn who_may_refer() {
        let agency = |kind, state| Agency { no: AgencyNo(1), id: "de-nw-lka".parse().unwrap(), kind, state };
        let code = |kind, state| agency(kind, state).may_refer().map_err(|refusal| refusal.code());
        assert_eq!(code(AgencyKind::StateOffice, AgencyState::Active), Ok(()));
        assert_eq!(code(AgencyKind::CentralOffice, AgencyState::Active), Ok(()));
        assert_eq!(code(AgencyKind::Liaison, AgencyState::Active), Err(RefusalCode::NotPermitted));
        assert_eq!(code(AgencyKind::Unspecified, AgencyState::Active), Err(RefusalCode::NotPermitted));
        assert_eq!(code(AgencyKind::StateOffice, AgencyState::Suspended), Err(RefusalCode::AgencySuspended));
        assert_eq!(code(AgencyKind::Liaison, AgencyState::Suspended), Err(RefusalCode::AgencySuspended));
        assert_eq!(agency(AgencyKind::Liaison, AgencyState::Active).admit(), Ok(()));
        let suspended = agency(AgencyKind::CentralOffice, AgencyState::Suspended).admit();
        assert_eq!(suspended.unwrap_err().code(), RefusalCode::AgencySuspended);
    }
}
