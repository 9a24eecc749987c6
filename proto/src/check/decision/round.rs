//! Answers, looks, outcomes, complaints, and the next round.

use super::fields::{chosen, instant, required};
use crate::{
    check::check_text,
    limits::{REASON_CHARS, REFERENCE_CHARS},
    v1::{
        AnswerCode, CheckResult, CloseRound, Outcome, Refusal, ReopenRound, ReportAnswer, ReportCheck,
        ReportComplaint, SettleComplaint,
    },
};

pub(super) fn answer(
    ReportAnswer { answer, answered_at_us, reference }: &ReportAnswer,
) -> Result<(), Refusal> {
    chosen::<AnswerCode>("answer", *answer)?;
    instant("answered_at_us", *answered_at_us)?;
    check_text("reference", reference, REFERENCE_CHARS)
}

pub(super) fn check(ReportCheck { result, checked_at_us, means }: &ReportCheck) -> Result<(), Refusal> {
    chosen::<CheckResult>("result", *result)?;
    instant("checked_at_us", *checked_at_us)?;
    required("means", means, REFERENCE_CHARS)
}

pub(super) fn close(CloseRound { outcome, reason }: &CloseRound) -> Result<(), Refusal> {
    chosen::<Outcome>("outcome", *outcome)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn complain(
    ReportComplaint { by, received_at_us, reference }: &ReportComplaint,
) -> Result<(), Refusal> {
    required("by", by, REFERENCE_CHARS)?;
    instant("received_at_us", *received_at_us)?;
    check_text("reference", reference, REFERENCE_CHARS)
}

pub(super) fn settle(SettleComplaint { upheld: _, reason }: &SettleComplaint) -> Result<(), Refusal> {
    required("reason", reason, REASON_CHARS)
}

pub(super) fn reopen(ReopenRound { seen_at_us, means }: &ReopenRound) -> Result<(), Refusal> {
    instant("seen_at_us", *seen_at_us)?;
    required("means", means, REFERENCE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Rules, *};
    use crate::v1::{RefusalCode as Code, decide_request::Decision};

    #[test]
    fn answers_and_looks() {
        let good =
            ReportAnswer { answer: AnswerCode::NotOurs.into(), answered_at_us: 1, reference: String::new() };
        let rules = Rules::new(good, Decision::ReportAnswer);
        rules.refuses("report_answer.answer", Code::FieldMissing, |one| one.answer = 0);
        rules.refuses("report_answer.answer", Code::FieldInvalid, |one| one.answer = 77);
        rules.refuses("report_answer.answered_at_us", Code::FieldMissing, |one| one.answered_at_us = 0);
        rules.refuses("report_answer.answered_at_us", Code::FieldInvalid, |one| one.answered_at_us = -1);
        rules.too_long("report_answer.reference", REFERENCE_CHARS, |one| &mut one.reference);

        let good = ReportCheck { result: CheckResult::Gone.into(), checked_at_us: 1, means: "HEAD".into() };
        let rules = Rules::new(good, Decision::ReportCheck);
        rules.refuses("report_check.result", Code::FieldMissing, |one| one.result = 0);
        rules.refuses("report_check.result", Code::FieldInvalid, |one| one.result = 77);
        rules.refuses("report_check.checked_at_us", Code::FieldMissing, |one| one.checked_at_us = 0);
        rules.refuses("report_check.means", Code::FieldMissing, |one| one.means.clear());
        rules.too_long("report_check.means", REFERENCE_CHARS, |one| &mut one.means);
    }

    #[test]
    fn outcomes_complaints_and_sightings() {
        let rules = Rules::new(
            CloseRound { outcome: Outcome::Gone.into(), reason: "r".into() },
            Decision::CloseRound,
        );
        rules.refuses("close_round.outcome", Code::FieldMissing, |one| one.outcome = 0);
        rules.refuses("close_round.outcome", Code::FieldInvalid, |one| one.outcome = 77);
        rules.refuses("close_round.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("close_round.reason", REASON_CHARS, |one| &mut one.reason);

        let good = ReportComplaint { by: "uploader".into(), received_at_us: 1, reference: String::new() };
        let rules = Rules::new(good, Decision::ReportComplaint);
        rules.refuses("report_complaint.by", Code::FieldMissing, |one| one.by.clear());
        rules.too_long("report_complaint.by", REFERENCE_CHARS, |one| &mut one.by);
        rules.refuses("report_complaint.received_at_us", Code::FieldMissing, |one| one.received_at_us = 0);
        rules.too_long("report_complaint.reference", REFERENCE_CHARS, |one| &mut one.reference);

        let good = SettleComplaint { upheld: true, reason: "r".into() };
        let rules = Rules::new(good, Decision::SettleComplaint);
        rules.takes(|one| one.upheld = false);
        rules.refuses("settle_complaint.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("settle_complaint.reason", REASON_CHARS, |one| &mut one.reason);

        let rules = Rules::new(ReopenRound { seen_at_us: 1, means: "patrol".into() }, Decision::ReopenRound);
        rules.refuses("reopen_round.seen_at_us", Code::FieldMissing, |one| one.seen_at_us = 0);
        rules.refuses("reopen_round.means", Code::FieldMissing, |one| one.means.clear());
        rules.too_long("reopen_round.means", REFERENCE_CHARS, |one| &mut one.means);
    }
}
