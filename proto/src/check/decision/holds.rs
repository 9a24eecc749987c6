//! Holds and objection windows.

use super::fields::{agency, chosen, optional_id, optional_instant, required};
use crate::{
    check::check_text,
    limits::{NOTE_CHARS, REASON_CHARS, REFERENCE_CHARS},
    v1::{Consent, HoldReason, LiftHold, PlaceHold, Refusal, RenewHold},
};

pub(super) fn place(hold: &PlaceHold) -> Result<(), Refusal> {
    let PlaceHold { reason, authority, until_us, reference, note, on_behalf_of } = hold;
    let reason = chosen::<HoldReason>("reason", *reason)?;
    required("authority", authority, REFERENCE_CHARS)?;
    optional_instant("until_us", *until_us)?;
    check_text("reference", reference, REFERENCE_CHARS)?;
    if reason == HoldReason::Other {
        required("note", note, NOTE_CHARS)?;
    }
    check_text("note", note, NOTE_CHARS)?;
    check_text("on_behalf_of", on_behalf_of, REFERENCE_CHARS)
}

pub(super) fn renew(RenewHold { hold_id, until_us, reason }: &RenewHold) -> Result<(), Refusal> {
    optional_id("hold_id", hold_id)?;
    optional_instant("until_us", *until_us)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn lift(LiftHold { hold_id, reason }: &LiftHold) -> Result<(), Refusal> {
    optional_id("hold_id", hold_id)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn consent(Consent { agency_id, reason }: &Consent) -> Result<(), Refusal> {
    if !agency_id.is_empty() {
        agency("agency_id", agency_id)?;
        required("reason", reason, REASON_CHARS)?;
    }
    check_text("reason", reason, REASON_CHARS)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Rules, *};
    use crate::v1::{RefusalCode as Code, decide_request::Decision};

    #[test]
    fn holds() {
        let good =
            PlaceHold { reason: HoldReason::Victim.into(), authority: "StA".into(), ..PlaceHold::default() };
        let rules = Rules::new(good, Decision::PlaceHold);
        rules.takes(|one| (one.reason, one.note) = (HoldReason::Other.into(), "why".into()));
        rules.refuses("place_hold.reason", Code::FieldMissing, |one| one.reason = 0);
        rules.refuses("place_hold.reason", Code::FieldInvalid, |one| one.reason = 77);
        rules.refuses("place_hold.authority", Code::FieldMissing, |one| one.authority.clear());
        rules.too_long("place_hold.authority", REFERENCE_CHARS, |one| &mut one.authority);
        rules.refuses("place_hold.until_us", Code::FieldInvalid, |one| one.until_us = -1);
        rules.too_long("place_hold.reference", REFERENCE_CHARS, |one| &mut one.reference);
        rules.refuses("place_hold.note", Code::FieldMissing, |one| one.reason = HoldReason::Other.into());
        rules.too_long("place_hold.note", NOTE_CHARS, |one| &mut one.note);
        rules.too_long("place_hold.on_behalf_of", REFERENCE_CHARS, |one| &mut one.on_behalf_of);
    }

    #[test]
    fn renewals_and_lifts() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let rules = Rules::new(RenewHold { reason: "r".into(), ..RenewHold::default() }, Decision::RenewHold);
        rules.takes(|one| one.hold_id = id.into());
        rules.refuses("renew_hold.hold_id", Code::FieldInvalid, |one| one.hold_id = "1".into());
        rules.refuses("renew_hold.until_us", Code::FieldInvalid, |one| one.until_us = -1);
        rules.refuses("renew_hold.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("renew_hold.reason", REASON_CHARS, |one| &mut one.reason);
        let rules = Rules::new(LiftHold { hold_id: id.into(), reason: "r".into() }, Decision::LiftHold);
        rules.refuses("lift_hold.hold_id", Code::FieldInvalid, |one| one.hold_id = "1".into());
        rules.refuses("lift_hold.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("lift_hold.reason", REASON_CHARS, |one| &mut one.reason);
    }

    #[test]
    fn consents() {
        let rules = Rules::new(Consent::default(), Decision::Consent);
        rules.takes(|one| (one.agency_id, one.reason) = ("de-by-lka".into(), "asked by telephone".into()));
        rules.refuses("consent.agency_id", Code::FieldInvalid, |one| one.agency_id = "LKA".into());
        rules.refuses("consent.reason", Code::FieldMissing, |one| one.agency_id = "de-by-lka".into());
        rules.too_long("consent.reason", REASON_CHARS, |one| &mut one.reason);
    }
}
