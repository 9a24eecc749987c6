//! Gates: who vouched for what, and where that is recorded.

use serde::{Deserialize, Serialize};

use crate::AgencyNo;

/// The four conditions of a grant that somebody has to set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Gates {
    /// Assessments, one an agency.
    pub assessments: Vec<Record<Assessment>>,
    /// Secured evidence, one record an agency.
    pub evidence: Vec<Record<Evidence>>,
    /// The provider's data, one record an agency.
    pub provider_data: Vec<Record<ProviderData>>,
    /// The owner's release.
    pub release: Option<Record<Release>>,
    /// Gates that were set under a former owner and wait to be adopted: assessed, evidence, provider data.
    pub unadopted: [bool; 3],
    /// Gates that not both of two merged targets had, or that were set for a whole that was split since: they wait until the
    /// owner sets or adopts them for what the target is now.
    pub one_sided: [bool; 3],
}

/// One agency's record of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<T> {
    /// Whose it is: only that agency changes it (I8).
    pub by: AgencyNo,
    /// The ledger's leaf with its texts.
    pub leaf: i64,
    /// What it says.
    pub what: T,
    /// Whether a second officer is needed.
    pub second: Second,
}

/// The second officer of a record (four-eyes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Second {
    /// None is needed, or it has confirmed.
    Settled,
    /// Another officer than this one of the same agency must confirm.
    Awaited {
        /// Who made the record.
        first: String,
    },
}

/// What an assessment found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The finding.
    pub finding: Finding,
    /// True: a program suggests it; it never counts.
    pub automatic: bool,
}

/// Unlawful, and as what, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// An offence; the number of the contract's `OffenceClass`.
    Unlawful(i32),
    /// None.
    NotUnlawful,
}

/// The evidence is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence;

/// The provider's data are requested, preserved or not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderData;

/// The takedown is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Until when, microseconds since 1970 UTC; none: without an end.
    pub until_us: Option<i64>,
    /// That time has passed, and who is concerned was told.
    #[serde(default)]
    pub run_out: bool,
}

impl<T> Record<T> {
    /// True if no second officer is awaited.
    pub fn is_settled(&self) -> bool {
        self.second == Second::Settled
    }
}

impl Gates {
    /// True if a record of the agency stands.
    pub fn has_record_of(&self, agency: AgencyNo) -> bool {
        self.assessments.iter().any(|record| record.by == agency)
            || self.evidence.iter().any(|record| record.by == agency)
            || self.provider_data.iter().any(|record| record.by == agency)
            || self.release.iter().any(|record| record.by == agency)
    }

    /// True if two assessments that count differ.
    pub fn contradict(&self) -> bool {
        let mut findings = self.assessments.iter().filter(|record| record.counts()).map(|r| r.what.finding);
        let first = findings.next();
        findings.any(|finding| Some(finding) != first)
    }
}

impl Record<Assessment> {
    /// True if it is a person's, and confirmed where that is needed.
    pub fn counts(&self) -> bool {
        !self.what.automatic && self.is_settled()
    }
}
