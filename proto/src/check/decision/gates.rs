//! Gates: assessed, evidence, provider data, released.

use super::fields::{chosen, instant, optional_instant, required};
use crate::{
    check::{check_enum, check_text},
    limits::{NOTE_CHARS, PROSECUTOR_REFERENCE_CHARS, REASON_CHARS, REFERENCE_CHARS},
    v1::{
        AdoptGates, Assess, Confirm, Finding, GateKind, OffenceClass, ProviderDataState, Refusal, Release,
        ReleaseForm, ReleaseScope, SecureEvidence, SettleProviderData, WithdrawGate,
    },
};

pub(super) fn assess(assess: &Assess) -> Result<(), Refusal> {
    let Assess { finding, offence_class, means_of_collection, reference, automatic } = assess;
    let finding = chosen::<Finding>("finding", *finding)?;
    let class = check_enum::<OffenceClass>("offence_class", *offence_class)?;
    if finding == Finding::Unlawful && class == OffenceClass::Unspecified {
        return Err(Refusal::missing("offence_class"));
    }
    if !automatic {
        required("means_of_collection", means_of_collection, REASON_CHARS)?;
    }
    check_text("means_of_collection", means_of_collection, REASON_CHARS)?;
    check_text("reference", reference, REFERENCE_CHARS)
}

pub(super) fn secure_evidence(evidence: &SecureEvidence) -> Result<(), Refusal> {
    let SecureEvidence { secured_at_us, custodian, container_sha256, reference } = evidence;
    instant("secured_at_us", *secured_at_us)?;
    required("custodian", custodian, REFERENCE_CHARS)?;
    if !matches!(container_sha256.len(), 0 | 32) {
        return Err(Refusal::invalid("container_sha256", "must be exactly 32 bytes, or none"));
    }
    check_text("reference", reference, REFERENCE_CHARS)
}

pub(super) fn settle_provider_data(settle: &SettleProviderData) -> Result<(), Refusal> {
    let SettleProviderData { state, reference, reason } = settle;
    let state = chosen::<ProviderDataState>("state", *state)?;
    check_text("reference", reference, REFERENCE_CHARS)?;
    if state == ProviderDataState::NotNeeded {
        required("reason", reason, REASON_CHARS)?;
    }
    check_text("reason", reason, REASON_CHARS)
}

pub(super) fn release(release: &Release) -> Result<(), Refusal> {
    let Release {
        authority,
        person,
        prosecutor_reference,
        form,
        scope,
        until_us,
        conditions,
        not_needed_reason,
    } = release;
    if not_needed_reason.trim().is_empty() {
        required("authority", authority, REFERENCE_CHARS)?;
        required("person", person, REFERENCE_CHARS)?;
        chosen::<ReleaseForm>("form", *form)?;
        let scope = chosen::<ReleaseScope>("scope", *scope)?;
        if scope == ReleaseScope::Period && *until_us == 0 {
            return Err(Refusal::missing("until_us"));
        }
    }
    check_text("authority", authority, REFERENCE_CHARS)?;
    check_text("person", person, REFERENCE_CHARS)?;
    check_text("prosecutor_reference", prosecutor_reference, PROSECUTOR_REFERENCE_CHARS)?;
    check_enum::<ReleaseForm>("form", *form)?;
    check_enum::<ReleaseScope>("scope", *scope)?;
    optional_instant("until_us", *until_us)?;
    check_text("conditions", conditions, NOTE_CHARS)?;
    check_text("not_needed_reason", not_needed_reason, REASON_CHARS)
}

pub(super) fn confirm(Confirm { gate }: &Confirm) -> Result<(), Refusal> {
    chosen::<GateKind>("gate", *gate).map(drop)
}

pub(super) fn withdraw(WithdrawGate { gate, reason }: &WithdrawGate) -> Result<(), Refusal> {
    chosen::<GateKind>("gate", *gate)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn adopt(AdoptGates { gates }: &AdoptGates) -> Result<(), Refusal> {
    gates.iter().try_for_each(|gate| chosen::<GateKind>("gates", *gate).map(drop))
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Rules, *};
    use crate::v1::{RefusalCode as Code, decide_request::Decision};

    #[test]
    fn assessments() {
        let good = Assess {
            finding: Finding::Unlawful.into(),
            offence_class: OffenceClass::Stgb184b.into(),
            means_of_collection: "patrol".into(),
            reference: String::new(),
            automatic: false,
        };
        let rules = Rules::new(good, Decision::Assess);
        rules.takes(|one| (one.finding, one.offence_class) = (Finding::NotUnlawful.into(), 0));
        rules.takes(|one| (one.automatic, one.means_of_collection) = (true, String::new()));
        rules.refuses("assess.finding", Code::FieldMissing, |one| one.finding = 0);
        rules.refuses("assess.finding", Code::FieldInvalid, |one| one.finding = 77);
        rules.refuses("assess.offence_class", Code::FieldMissing, |one| one.offence_class = 0);
        rules.refuses("assess.offence_class", Code::FieldInvalid, |one| one.offence_class = 77);
        let means = "assess.means_of_collection";
        rules.refuses(means, Code::FieldMissing, |one| one.means_of_collection = " ".into());
        rules.too_long(means, REASON_CHARS, |one| &mut one.means_of_collection);
        rules.too_long("assess.reference", REFERENCE_CHARS, |one| &mut one.reference);
    }

    #[test]
    fn evidence() {
        let good = SecureEvidence { secured_at_us: 1, custodian: "K".into(), ..SecureEvidence::default() };
        let rules = Rules::new(good, Decision::SecureEvidence);
        rules.takes(|one| one.container_sha256 = vec![1; 32]);
        rules.refuses("secure_evidence.secured_at_us", Code::FieldMissing, |one| one.secured_at_us = 0);
        rules.refuses("secure_evidence.secured_at_us", Code::FieldInvalid, |one| one.secured_at_us = -1);
        rules.refuses("secure_evidence.custodian", Code::FieldMissing, |one| one.custodian.clear());
        rules.too_long("secure_evidence.custodian", REFERENCE_CHARS, |one| &mut one.custodian);
        for size in [1, 31, 33] {
            rules.refuses("secure_evidence.container_sha256", Code::FieldInvalid, |one| {
                one.container_sha256 = vec![1; size];
            });
        }
        rules.too_long("secure_evidence.reference", REFERENCE_CHARS, |one| &mut one.reference);
    }

    #[test]
    fn provider_data() {
        let good = SettleProviderData {
            state: ProviderDataState::Requested.into(),
            ..SettleProviderData::default()
        };
        let rules = Rules::new(good, Decision::SettleProviderData);
        rules.refuses("settle_provider_data.state", Code::FieldMissing, |one| one.state = 0);
        rules.refuses("settle_provider_data.state", Code::FieldInvalid, |one| one.state = 77);
        rules.refuses("settle_provider_data.reason", Code::FieldMissing, |one| {
            one.state = ProviderDataState::NotNeeded.into();
        });
        rules.too_long("settle_provider_data.reference", REFERENCE_CHARS, |one| &mut one.reference);
        rules.too_long("settle_provider_data.reason", REASON_CHARS, |one| &mut one.reason);
    }

    #[test]
    fn releases() {
        let good = Release {
            authority: "StA".into(),
            person: "OStAin Beispiel".into(),
            form: ReleaseForm::Written.into(),
            scope: ReleaseScope::Links.into(),
            ..Release::default()
        };
        let rules = Rules::new(good, Decision::Release);
        rules.takes(|one| *one = Release { not_needed_reason: "danger".into(), ..Release::default() });
        rules.takes(|one| (one.scope, one.until_us) = (ReleaseScope::Period.into(), 5));
        rules.refuses("release.authority", Code::FieldMissing, |one| one.authority.clear());
        rules.refuses("release.authority", Code::FieldMissing, |one| {
            (one.authority, one.not_needed_reason) = (String::new(), " ".into());
        });
        rules.too_long("release.authority", REFERENCE_CHARS, |one| &mut one.authority);
        rules.refuses("release.person", Code::FieldMissing, |one| one.person.clear());
        rules.too_long("release.person", REFERENCE_CHARS, |one| &mut one.person);
        let reference = "release.prosecutor_reference";
        rules.too_long(reference, PROSECUTOR_REFERENCE_CHARS, |one| &mut one.prosecutor_reference);
        rules.refuses("release.form", Code::FieldMissing, |one| one.form = 0);
        rules.refuses("release.form", Code::FieldInvalid, |one| one.form = 77);
        rules.refuses("release.scope", Code::FieldMissing, |one| one.scope = 0);
        rules.refuses("release.scope", Code::FieldInvalid, |one| one.scope = 77);
        rules.refuses("release.until_us", Code::FieldMissing, |one| one.scope = ReleaseScope::Period.into());
        rules.refuses("release.until_us", Code::FieldInvalid, |one| one.until_us = -1);
        rules.too_long("release.conditions", NOTE_CHARS, |one| &mut one.conditions);
        rules.too_long("release.not_needed_reason", REASON_CHARS, |one| &mut one.not_needed_reason);
        // What is stated has its form, needed or not.
        rules.refuses("release.form", Code::FieldInvalid, |one| {
            (one.not_needed_reason, one.form) = ("danger".into(), 77);
        });
    }

    #[test]
    fn second_officers_withdrawals_and_adoptions() {
        let gate = GateKind::Released.into();
        let rules = Rules::new(Confirm { gate }, Decision::Confirm);
        rules.refuses("confirm.gate", Code::FieldMissing, |one| one.gate = 0);
        rules.refuses("confirm.gate", Code::FieldInvalid, |one| one.gate = 77);
        let rules = Rules::new(WithdrawGate { gate, reason: "r".into() }, Decision::WithdrawGate);
        rules.refuses("withdraw_gate.gate", Code::FieldMissing, |one| one.gate = 0);
        rules.refuses("withdraw_gate.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("withdraw_gate.reason", REASON_CHARS, |one| &mut one.reason);
        let rules = Rules::new(AdoptGates { gates: Vec::new() }, Decision::AdoptGates);
        rules.takes(|one| one.gates = vec![GateKind::Assessed.into(), GateKind::Evidence.into()]);
        rules.refuses("adopt_gates.gates", Code::FieldMissing, |one| one.gates = vec![0]);
        rules.refuses("adopt_gates.gates", Code::FieldInvalid, |one| one.gates = vec![77]);
    }
}
