//! Who may see what: one table.

use std::collections::BTreeSet;

use meldeverbund_people::Role;

/// A part of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// What is due, and totals.
    Overview,
    /// One target and its history.
    Target,
    /// The person's own sessions.
    Sessions,
    /// Pairs that may be one, and what was decided on them.
    Duplicates,
    /// Disputed responsibilities.
    Ownership,
    /// Holds.
    Holds,
    /// Deciding on any of these.
    Decide,
}

impl Area {
    /// The roles that may see it; any one of them is enough.
    pub(super) fn roles(self) -> &'static [Role] {
        match self {
            Self::Overview => &[
                Role::DeskOfficer,
                Role::Supervisor,
                Role::Auditor,
                Role::DataProtectionOfficer,
                Role::Operator,
            ],
            // Operators run machines, and the data protection role reads the access log: neither needs a target.
            Self::Target | Self::Duplicates | Self::Ownership | Self::Holds => {
                &[Role::DeskOfficer, Role::Supervisor, Role::Auditor]
            }
            Self::Decide => &[Role::DeskOfficer, Role::Supervisor],
            Self::Sessions => &Role::ALL,
        }
    }

    pub(super) fn is_open_to(self, roles: &BTreeSet<Role>) -> bool {
        self.roles().iter().any(|role| roles.contains(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: roles. Columns: overview, target and search, sessions.
    #[test]
    fn every_role_and_every_area() {
        let table = [
            (Role::DeskOfficer, [true, true, true]),
            (Role::Supervisor, [true, true, true]),
            (Role::Prosecutor, [false, false, true]),
            (Role::Auditor, [true, true, true]),
            (Role::DataProtectionOfficer, [true, false, true]),
            (Role::Operator, [true, false, true]),
            (Role::LiaisonOfficer, [false, false, true]),
            (Role::Requester, [false, false, true]),
        ];
        holds([Area::Overview, Area::Target, Area::Sessions], table);
    }

    /// The desk's pages. Rows: roles. Columns: duplicates, ownership, holds, deciding on any of them.
    #[test]
    fn every_role_at_the_desk() {
        let table = [
            (Role::DeskOfficer, [true, true, true, true]),
            (Role::Supervisor, [true, true, true, true]),
            (Role::Prosecutor, [false; 4]),
            (Role::Auditor, [true, true, true, false]),
            (Role::DataProtectionOfficer, [false; 4]),
            (Role::Operator, [false; 4]),
            (Role::LiaisonOfficer, [false; 4]),
            (Role::Requester, [false; 4]),
        ];
        holds([Area::Duplicates, Area::Ownership, Area::Holds, Area::Decide], table);
    }

    fn holds<const N: usize>(areas: [Area; N], table: [(Role, [bool; N]); 8]) {
        assert_eq!(table.map(|(role, _)| role), Role::ALL);
        for (role, may) in table {
            let roles = BTreeSet::from([role]);
            assert_eq!(areas.map(|area| area.is_open_to(&roles)), may, "{role}");
        }
    }

    #[test]
    fn one_role_of_several_is_enough_and_none_opens_nothing() {
        assert!(!Area::Sessions.is_open_to(&BTreeSet::new()));
        assert!(Area::Target.is_open_to(&BTreeSet::from([Role::Operator, Role::Auditor])));
    }
}
