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
    /// What was counted.
    Figures,
    /// What of it is published.
    PublicFigures,
    /// The person's own sessions.
    Sessions,
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
            Self::Target | Self::Figures => &[Role::DeskOfficer, Role::Supervisor, Role::Auditor],
            // Whoever publishes answers for it.
            Self::PublicFigures => &[Role::Supervisor],
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

    #[test]
    fn every_role_and_every_area() {
        let table = [
            (Role::DeskOfficer, [true, true, true, false, true]),
            (Role::Supervisor, [true, true, true, true, true]),
            (Role::Prosecutor, [false, false, false, false, true]),
            (Role::Auditor, [true, true, true, false, true]),
            (Role::DataProtectionOfficer, [true, false, false, false, true]),
            (Role::Operator, [true, false, false, false, true]),
            (Role::LiaisonOfficer, [false, false, false, false, true]),
            (Role::Requester, [false, false, false, false, true]),
        ];
        assert_eq!(table.map(|(role, _)| role), Role::ALL);
        for (role, may) in table {
            let roles = BTreeSet::from([role]);
            assert_eq!(
                [Area::Overview, Area::Target, Area::Figures, Area::PublicFigures, Area::Sessions]
                    .map(|area| area.is_open_to(&roles)),
                may
            );
        }
        assert!(!Area::Sessions.is_open_to(&BTreeSet::new()));
        assert!(Area::Target.is_open_to(&BTreeSet::from([Role::Operator, Role::Auditor])));
    }
}
