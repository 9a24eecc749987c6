//! Grants and notices.

use super::fields::{chosen, id, instant, optional_instant, required};
use crate::{
    check::{check_text, referral::check_notified},
    limits::{CARD_CHARS, PLATFORM_CHARS, REASON_CHARS, REFERENCE_CHARS},
    v1::{
        Intend, NoticeForce, NoticeKind, Refusal, ReportElsewhere, ReportFailed, ReportIncident, ReportSent,
        ResolveIntent, ReturnGrant,
    },
};

pub(super) fn give_back(ReturnGrant { reason }: &ReturnGrant) -> Result<(), Refusal> {
    check_text("reason", reason, REASON_CHARS)
}

pub(super) fn intend(intend: &Intend, targets: usize) -> Result<(), Refusal> {
    let Intend { kind, force, fences, legal_basis, on_behalf_of, recipient, channel, file_reference } =
        intend;
    chosen::<NoticeKind>("kind", *kind)?;
    chosen::<NoticeForce>("force", *force)?;
    if fences.len() != targets {
        return Err(Refusal::invalid("fences", "must have one entry per target"));
    }
    required("legal_basis", legal_basis, PLATFORM_CHARS)?;
    check_text("on_behalf_of", on_behalf_of, REFERENCE_CHARS)?;
    required("recipient", recipient, CARD_CHARS)?;
    required("channel", channel, PLATFORM_CHARS)?;
    required("file_reference", file_reference, REFERENCE_CHARS)
}

pub(super) fn sent(ReportSent { intent_id, sent_at_us, reference }: &ReportSent) -> Result<(), Refusal> {
    id("intent_id", intent_id)?;
    instant("sent_at_us", *sent_at_us)?;
    check_text("reference", reference, REFERENCE_CHARS)
}

pub(super) fn failed(ReportFailed { intent_id, reason }: &ReportFailed) -> Result<(), Refusal> {
    id("intent_id", intent_id)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn resolve(resolve: &ResolveIntent) -> Result<(), Refusal> {
    let ResolveIntent { intent_id, was_sent: _, sent_at_us, reason } = resolve;
    id("intent_id", intent_id)?;
    optional_instant("sent_at_us", *sent_at_us)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn incident(incident: &ReportIncident) -> Result<(), Refusal> {
    let ReportIncident { sent_at_us, recipient, reference, reason } = incident;
    instant("sent_at_us", *sent_at_us)?;
    required("recipient", recipient, CARD_CHARS)?;
    check_text("reference", reference, REFERENCE_CHARS)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn elsewhere(ReportElsewhere { notified }: &ReportElsewhere) -> Result<(), Refusal> {
    let notified = notified.as_ref().ok_or_else(|| Refusal::missing("notified"))?;
    check_notified(notified).map_err(|refusal| refusal.within("notified"))
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Rules, *};
    use crate::v1::{NotifiedElsewhere, RefusalCode as Code, decide_request::Decision};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn grants_and_intents() {
        let rules = Rules::new(ReturnGrant::default(), Decision::ReturnGrant);
        rules.too_long("return_grant.reason", REASON_CHARS, |one| &mut one.reason);

        let good = Intend {
            kind: NoticeKind::First.into(),
            force: NoticeForce::Request.into(),
            fences: vec![7],
            legal_basis: "dsa-16".into(),
            on_behalf_of: String::new(),
            recipient: "abuse@host.example".into(),
            channel: "mail".into(),
            file_reference: "1/26".into(),
        };
        let rules = Rules::new(good, Decision::Intend);
        rules.refuses("intend.kind", Code::FieldMissing, |one| one.kind = 0);
        rules.refuses("intend.kind", Code::FieldInvalid, |one| one.kind = 77);
        rules.refuses("intend.force", Code::FieldMissing, |one| one.force = 0);
        rules.refuses("intend.force", Code::FieldInvalid, |one| one.force = 77);
        for fences in [vec![], vec![1, 2]] {
            rules.refuses("intend.fences", Code::FieldInvalid, |one| one.fences.clone_from(&fences));
        }
        rules.refuses("intend.legal_basis", Code::FieldMissing, |one| one.legal_basis.clear());
        rules.too_long("intend.legal_basis", PLATFORM_CHARS, |one| &mut one.legal_basis);
        rules.too_long("intend.on_behalf_of", REFERENCE_CHARS, |one| &mut one.on_behalf_of);
        rules.refuses("intend.recipient", Code::FieldMissing, |one| one.recipient.clear());
        rules.too_long("intend.recipient", CARD_CHARS, |one| &mut one.recipient);
        rules.refuses("intend.channel", Code::FieldMissing, |one| one.channel.clear());
        rules.too_long("intend.channel", PLATFORM_CHARS, |one| &mut one.channel);
        rules.refuses("intend.file_reference", Code::FieldMissing, |one| one.file_reference.clear());
        rules.too_long("intend.file_reference", REFERENCE_CHARS, |one| &mut one.file_reference);
    }

    #[test]
    fn what_became_of_an_intent() {
        let good = ReportSent { intent_id: ID.into(), sent_at_us: 1, reference: String::new() };
        let rules = Rules::new(good, Decision::ReportSent);
        rules.refuses("report_sent.intent_id", Code::FieldInvalid, |one| one.intent_id.clear());
        rules.refuses("report_sent.sent_at_us", Code::FieldMissing, |one| one.sent_at_us = 0);
        rules.refuses("report_sent.sent_at_us", Code::FieldInvalid, |one| one.sent_at_us = -1);
        rules.too_long("report_sent.reference", REFERENCE_CHARS, |one| &mut one.reference);

        let good = ReportFailed { intent_id: ID.into(), reason: "r".into() };
        let rules = Rules::new(good, Decision::ReportFailed);
        rules.refuses("report_failed.intent_id", Code::FieldInvalid, |one| one.intent_id.clear());
        rules.refuses("report_failed.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("report_failed.reason", REASON_CHARS, |one| &mut one.reason);

        let good = ResolveIntent { intent_id: ID.into(), reason: "r".into(), ..ResolveIntent::default() };
        let rules = Rules::new(good, Decision::ResolveIntent);
        rules.takes(|one| one.was_sent = true);
        rules.refuses("resolve_intent.intent_id", Code::FieldInvalid, |one| one.intent_id.clear());
        rules.refuses("resolve_intent.sent_at_us", Code::FieldInvalid, |one| one.sent_at_us = -1);
        rules.refuses("resolve_intent.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("resolve_intent.reason", REASON_CHARS, |one| &mut one.reason);
    }

    #[test]
    fn what_left_without_an_intent() {
        let good = ReportIncident {
            sent_at_us: 1,
            recipient: "abuse@host.example".into(),
            reference: String::new(),
            reason: "r".into(),
        };
        let rules = Rules::new(good, Decision::ReportIncident);
        rules.refuses("report_incident.sent_at_us", Code::FieldMissing, |one| one.sent_at_us = 0);
        rules.refuses("report_incident.recipient", Code::FieldMissing, |one| one.recipient.clear());
        rules.too_long("report_incident.recipient", CARD_CHARS, |one| &mut one.recipient);
        rules.too_long("report_incident.reference", REFERENCE_CHARS, |one| &mut one.reference);
        rules.refuses("report_incident.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("report_incident.reason", REASON_CHARS, |one| &mut one.reason);

        let notified = NotifiedElsewhere { by: "hotline".into(), at_us: 0, reference: String::new() };
        let rules = Rules::new(ReportElsewhere { notified: Some(notified) }, Decision::ReportElsewhere);
        rules.refuses("report_elsewhere.notified", Code::FieldMissing, |one| one.notified = None);
        rules.refuses("report_elsewhere.notified.by", Code::FieldMissing, |one| {
            one.notified = Some(NotifiedElsewhere::default());
        });
    }
}
