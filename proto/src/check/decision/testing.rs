//! How the tests of this folder say what is taken and what is refused.

use super::check_decision;
use crate::v1::{DecideRequest, Refusal, RefusalCode, decide_request::Decision};

/// A good message of one kind, and how it becomes a decision.
pub(super) struct Rules<T>(T, fn(T) -> Decision);

impl<T: Clone> Rules<T> {
    pub(super) fn new(good: T, decision: fn(T) -> Decision) -> Self {
        let rules = Self(good, decision);
        rules.takes(|_| {});
        rules
    }

    pub(super) fn takes(&self, change: impl Fn(&mut T)) {
        assert_eq!(self.check(change).err(), None);
    }

    pub(super) fn refuses(&self, field: &str, code: RefusalCode, change: impl Fn(&mut T)) {
        let refusal = self.check(change).unwrap_err();
        assert_eq!((refusal.field.as_str(), refusal.code()), (field, code));
    }

    /// The text has at most so many characters, and is nothing but words.
    pub(super) fn too_long(&self, field: &str, most: usize, text: fn(&mut T) -> &mut String) {
        self.takes(|one| *text(one) = "ä".repeat(most));
        self.refuses(field, RefusalCode::TooLarge, |one| *text(one) = "ä".repeat(most + 1));
        self.refuses(field, RefusalCode::ContentForbidden, |one| *text(one) = "data:a/b,c".into());
    }

    fn check(&self, change: impl Fn(&mut T)) -> Result<(), Refusal> {
        let mut one = self.0.clone();
        change(&mut one);
        check_decision(&request(self.1(one))).map(drop)
    }
}

/// A good request for this decision.
pub(super) fn request(decision: Decision) -> DecideRequest {
    DecideRequest {
        officer: "KHKin Beispiel".into(),
        target_ids: vec!["00000000-0000-4000-8000-000000000001".into()],
        decision: Some(decision),
        ..DecideRequest::default()
    }
}
