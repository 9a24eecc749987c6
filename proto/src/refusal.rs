//! Refusals: a closed code, the field to blame, a sentence for people, and when to try again.
//!
//! A refusal never repeats the value that it refuses: refusals are logged, values are not.

use crate::v1::{Refusal, RefusalCode, TargetRecord};

impl Refusal {
    /// A refusal that blames one field.
    pub fn at(code: RefusalCode, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), field: field.into(), reason: reason.into(), retry_after_ms: 0 }
    }

    /// A refusal that blames no field.
    pub fn of(code: RefusalCode, reason: impl Into<String>) -> Self {
        Self::at(code, "", reason)
    }

    /// A required field is absent.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::at(RefusalCode::FieldMissing, field, "is required")
    }

    /// A field does not have the form that its description asks for.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::at(RefusalCode::FieldInvalid, field, reason)
    }

    /// The same refusal with a hint when to try again.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = ms;
        self
    }

    /// The same refusal seen from one level up: `link` becomes `referrals[3].link`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field =
            if self.field.is_empty() { parent.to_owned() } else { format!("{parent}.{}", self.field) };
        self
    }
}

impl TargetRecord {
    /// Whether the decision took effect on the target that it records. Of a target that a decision names by two ids, one record says what
    /// became of it; the other has nothing but its id.
    pub fn took_effect(&self) -> bool {
        self.refusal() == RefusalCode::Unspecified && !self.owner_agency_id.is_empty()
    }
}

impl RefusalCode {
    /// True if the same command may succeed later without anybody changing it.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Unavailable
                | Self::Internal
                | Self::InstanceCloned
                | Self::NotReconciled
                | Self::BudgetSpent
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_seen_from_one_level_up() {
        let refusal = Refusal::missing("link").within("referrals[3]");
        assert_eq!(refusal.field, "referrals[3].link");
        assert_eq!(
            Refusal::of(RefusalCode::CaseClosed, "is closed").within("case_number").field,
            "case_number"
        );
    }
}
