//! The rules of a case's fields.

use super::{check_enum, check_text, date::is_day};
use crate::{
    CaseNumber,
    limits::{PROSECUTOR_REFERENCE_CHARS, REASON_CHARS, UNIT_CHARS},
    v1::{Case, CaseKind, Refusal},
};

/// Checks a case and gives its number.
///
/// # Errors
/// The first field that breaks its rule.
pub fn check_case(case: &Case) -> Result<CaseNumber, Refusal> {
    let Case { number, unit, kind, review_on, delete_on, prosecutor_reference } = case;
    let number: CaseNumber = number.parse().map_err(|error: crate::text::TextError| error.at("number"))?;
    check_text("unit", unit, UNIT_CHARS)?;
    if check_enum::<CaseKind>("kind", *kind)? == CaseKind::Unspecified {
        return Err(Refusal::missing("kind"));
    }
    for (field, day) in [("review_on", review_on), ("delete_on", delete_on)] {
        if !day.is_empty() && !is_day(day) {
            return Err(Refusal::invalid(field, "must be a day that exists, YYYY-MM-DD"));
        }
    }
    check_text("prosecutor_reference", prosecutor_reference, PROSECUTOR_REFERENCE_CHARS)?;
    Ok(number)
}

/// Checks why a case is closed.
///
/// # Errors
/// If it breaks the rule of its field.
pub fn check_close_reason(reason: &str) -> Result<(), Refusal> {
    check_text("reason", reason, REASON_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::RefusalCode;

    fn good() -> Case {
        Case {
            number: "ST/1/26".into(),
            kind: CaseKind::Proceedings.into(),
            review_on: "2028-01-01".into(),
            ..Case::default()
        }
    }

    #[test]
    fn each_field_is_named_when_it_breaks_its_rule() {
        assert_eq!(check_case(&good()).unwrap().as_str(), "ST/1/26");
        type Broken<'a> = (fn(&mut Case), &'a str, RefusalCode);
        let broken: [Broken; 7] = [
            (|c| c.number.clear(), "number", RefusalCode::FieldMissing),
            (|c| c.number.push('\n'), "number", RefusalCode::FieldInvalid),
            (|c| c.unit = "x".repeat(65), "unit", RefusalCode::TooLarge),
            (|c| c.kind = 0, "kind", RefusalCode::FieldMissing),
            (|c| c.kind = 99, "kind", RefusalCode::FieldInvalid),
            (|c| c.delete_on = "31.12.2028".into(), "delete_on", RefusalCode::FieldInvalid),
            (|c| c.prosecutor_reference = "\u{7}".into(), "prosecutor_reference", RefusalCode::FieldInvalid),
        ];
        for (breaks, field, code) in broken {
            let mut case = good();
            breaks(&mut case);
            let refusal = check_case(&case).unwrap_err();
            assert_eq!((refusal.field.as_str(), refusal.code()), (field, code));
        }
    }
}
