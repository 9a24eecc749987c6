//! I3, by the words of the promise: all gates, each by the body that can vouch for it; no hold, live or lapsed; nothing
//! contradicted; everybody else has consented or had its window.

use meldeverbund_domain::{Policy, life::Finding};

use super::{Firm, Oracle, Word};

impl Oracle {
    pub(crate) fn is_clear(&self, policy: &Policy, now_us: i64) -> bool {
        let accepted = matches!(self.firm, Firm::Accepted | Firm::Offered(..));
        accepted
            && self.one_sided == [false; 3]
            && self.is_assessed()
            && (0..2).all(|n| self.secured[n].iter().any(settled) && !self.to_adopt[n + 1])
            && self.is_released(now_us)
            && self.holds.is_empty()
            && self.nobody_may_object(policy, now_us)
    }

    fn is_assessed(&self) -> bool {
        let counting: Vec<_> = self.assessments.iter().filter(|word| settled(word) && !word.what.1).collect();
        let agree = counting.iter().all(|word| word.what.0 == counting[0].what.0);
        let own = counting.iter().find(|word| word.by == self.owner);
        let waits =
            self.assessments.iter().any(|word| word.by == self.owner && !word.what.1 && !settled(word));
        agree && !waits && own.is_some_and(|word| word.what.0 != Finding::NotUnlawful)
    }

    fn is_released(&self, now_us: i64) -> bool {
        let lasts = |word: &Word<Option<i64>>| word.what.is_none_or(|until| until > now_us);
        self.release.as_ref().is_some_and(|word| word.by == self.owner && settled(word) && lasts(word))
    }

    fn nobody_may_object(&self, policy: &Policy, now_us: i64) -> bool {
        let others = self.bound.iter().filter(|bound| bound.agency != self.owner);
        let mut silent = others.filter(|bound| !self.consented.contains(&bound.agency));
        silent.all(|bound| !policy.consent_required && bound.window.is_some_and(|end| end <= now_us))
    }
}

fn settled<T>(word: &Word<T>) -> bool {
    word.first_officer.is_none()
}
