//! Who may see what: one table.

use std::collections::BTreeSet;

use meldeverbund_people::Role;

/// A part of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Area {
    /// What is due, and totals.
    Overview,
    /// One target and its history.
    Target,
    /// Who asked, who saw, and who read that.
    Audit,
    /// Members, their certificates and keys.
    Agencies,
    /// Notices, by where they stand and by provider.
    Notices,
    /// Where the ledger stands, and whether it is whole.
    Ledger,
    /// What was counted.
    Figures,
    /// What of it is published.
    PublicFigures,
    /// The person's own sessions.
    Sessions,
    /// Pairs that may be one, and what was decided on them.
    Duplicates,
    /// Targets that are looked for.
    Search,
    /// Disputed responsibilities.
    Ownership,
    /// Holds.
    Holds,
    /// A prosecutor's own proceedings: reading, releasing, revoking, printing.
    Proceedings,
    /// Releases that wait for a second person: confirming and revoking them.
    Releases,
    /// Deciding on any of these.
    Decide,
}

/// Whether a page of an area is noted before somebody sees it (BDSG § 76).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// If a target stands on it: with those that do.
    WhatStandsThere,
    /// It is noted by the page itself, with a reason that the person states.
    ByItself,
}

impl Area {
    /// Its name in the log of views.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Target => "target",
            Self::Audit => "audit",
            Self::Agencies => "agencies",
            Self::Notices => "notices",
            Self::Ledger => "ledger",
            Self::Sessions => "sessions",
            Self::Duplicates => "duplicates",
            Self::Search => "search",
            Self::Ownership => "ownership",
            Self::Holds => "holds",
            Self::Proceedings => "proceedings",
            Self::Releases => "releases",
            Self::Decide => "decide",
            Self::Figures => "figures",
            Self::PublicFigures => "public figures",
        }
    }

    /// How what it shows is noted.
    pub(super) fn log(self) -> Log {
        match self {
            Self::Overview
            | Self::Target
            | Self::Notices
            | Self::Agencies
            | Self::Ledger
            | Self::Sessions
            | Self::Duplicates
            | Self::Search
            | Self::Ownership
            | Self::Holds
            | Self::Proceedings
            | Self::Releases
            | Self::Decide
            | Self::Figures
            | Self::PublicFigures => Log::WhatStandsThere,
            Self::Audit => Log::ByItself,
        }
    }

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
            Self::Target
            | Self::Duplicates
            | Self::Search
            | Self::Ownership
            | Self::Holds
            | Self::Notices
            | Self::Figures => &[Role::DeskOfficer, Role::Supervisor, Role::Auditor],
            // A session without a list of its own sees none, whatever its role.
            Self::Proceedings => &[Role::Prosecutor],
            // Whoever makes a release count answers for it. A prosecutor does that in the own proceedings.
            Self::Releases => &[Role::Supervisor],
            // Whoever publishes answers for it.
            Self::PublicFigures => &[Role::Supervisor],
            Self::Decide => &[Role::DeskOfficer, Role::Supervisor],
            Self::Audit => &[Role::Auditor, Role::DataProtectionOfficer],
            Self::Agencies => &[Role::Supervisor, Role::Operator],
            Self::Ledger => &[Role::Supervisor, Role::Auditor, Role::DataProtectionOfficer, Role::Operator],
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

    /// The columns of the table.
    const AREAS: [Area; 7] = [
        Area::Overview,
        Area::Target,
        Area::Notices,
        Area::Audit,
        Area::Agencies,
        Area::Ledger,
        Area::Sessions,
    ];

    #[test]
    fn every_role_and_every_area() {
        let table = [
            (Role::DeskOfficer, [true, true, true, false, false, false, true]),
            (Role::Supervisor, [true, true, true, false, true, true, true]),
            (Role::Prosecutor, [false, false, false, false, false, false, true]),
            (Role::Auditor, [true, true, true, true, false, true, true]),
            (Role::DataProtectionOfficer, [true, false, false, true, false, true, true]),
            (Role::Operator, [true, false, false, false, true, true, true]),
            (Role::LiaisonOfficer, [false, false, false, false, false, false, true]),
            (Role::Requester, [false, false, false, false, false, false, true]),
        ];
        holds(AREAS, table);
    }

    /// The desk's pages. Rows: roles. Columns: search, duplicates, ownership, holds, deciding on any of them.
    #[test]
    fn every_role_at_the_desk() {
        let table = [
            (Role::DeskOfficer, [true; 5]),
            (Role::Supervisor, [true; 5]),
            (Role::Prosecutor, [false; 5]),
            (Role::Auditor, [true, true, true, true, false]),
            (Role::DataProtectionOfficer, [false; 5]),
            (Role::Operator, [false; 5]),
            (Role::LiaisonOfficer, [false; 5]),
            (Role::Requester, [false; 5]),
        ];
        holds([Area::Search, Area::Duplicates, Area::Ownership, Area::Holds, Area::Decide], table);
    }

    /// Figures. Rows: roles. Columns: all of them, what is published.
    #[test]
    fn every_role_and_figures() {
        let table = [
            (Role::DeskOfficer, [true, false]),
            (Role::Supervisor, [true, true]),
            (Role::Prosecutor, [false; 2]),
            (Role::Auditor, [true, false]),
            (Role::DataProtectionOfficer, [false; 2]),
            (Role::Operator, [false; 2]),
            (Role::LiaisonOfficer, [false; 2]),
            (Role::Requester, [false; 2]),
        ];
        holds([Area::Figures, Area::PublicFigures], table);
    }

    /// Own proceedings, with everything that is done there.
    #[test]
    fn every_role_and_proceedings() {
        let table = Role::ALL.map(|role| (role, [role == Role::Prosecutor]));
        holds([Area::Proceedings], table);
    }

    /// The list of releases that wait for a second person, with what is done there.
    #[test]
    fn every_role_and_releases() {
        let table = Role::ALL.map(|role| (role, [role == Role::Supervisor]));
        holds([Area::Releases], table);
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
