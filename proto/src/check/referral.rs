//! The rules of a referral's fields.

use super::{check_enum, check_text};
use crate::{
    AgencyId, CanonicalLink,
    limits::{CONTENT_HASHES, NOTE_CHARS, PLACE_CHARS, PLATFORM_CHARS, REASON_CHARS, REFERENCE_CHARS},
    v1::{
        ContentHash, HandlingCode, HashAlgorithm, InformationGrade, NotifiedElsewhere, OffenceClass,
        Referral, Refusal, RefusalCode, SourceGrade,
    },
};

/// The Länder (ISO 3166-2:DE).
const LAENDER: [&str; 16] = [
    "DE-BB", "DE-BE", "DE-BW", "DE-BY", "DE-HB", "DE-HE", "DE-HH", "DE-MV", "DE-NI", "DE-NW", "DE-RP",
    "DE-SH", "DE-SL", "DE-SN", "DE-ST", "DE-TH",
];

/// Checks a referral and gives the canonical form of its link. The salt is the submission's matter.
///
/// # Errors
/// The first field that breaks its rule.
pub fn check_referral(referral: &Referral) -> Result<CanonicalLink, Refusal> {
    let Referral {
        link,
        salt: _,
        content_hashes,
        offence_class,
        found_where,
        found_at_us,
        urgency_reason,
        access_hint,
        notified_elsewhere,
        handling,
        hidden_from_liaison: _,
        source_grade,
        information_grade,
        note,
        proposed_owner,
        suspect_land,
        platform,
    } = referral;
    if link.is_empty() {
        return Err(Refusal::missing("link"));
    }
    let canonical =
        CanonicalLink::parse(link).map_err(|error| Refusal::at(error.code(), "link", error.to_string()))?;
    check_hashes(content_hashes)?;
    check_enum::<OffenceClass>("offence_class", *offence_class)?;
    check_text("found_where", found_where, PLACE_CHARS)?;
    check_time("found_at_us", *found_at_us)?;
    check_text("urgency_reason", urgency_reason, REASON_CHARS)?;
    check_text("access_hint", access_hint, PLACE_CHARS)?;
    if let Some(notified) = notified_elsewhere {
        check_notified(notified).map_err(|refusal| refusal.within("notified_elsewhere"))?;
    }
    check_enum::<HandlingCode>("handling", *handling)?;
    check_enum::<SourceGrade>("source_grade", *source_grade)?;
    check_enum::<InformationGrade>("information_grade", *information_grade)?;
    check_text("note", note, NOTE_CHARS)?;
    check_proposed(proposed_owner)?;
    check_land(suspect_land)?;
    check_text("platform", platform, PLATFORM_CHARS)?;
    Ok(canonical)
}

fn check_hashes(hashes: &[ContentHash]) -> Result<(), Refusal> {
    if hashes.len() > CONTENT_HASHES {
        let reason = format!("has more than {CONTENT_HASHES} entries");
        return Err(Refusal::at(RefusalCode::TooLarge, "content_hashes", reason));
    }
    for (i, ContentHash { algorithm, digest }) in hashes.iter().enumerate() {
        let field = |name: &str| format!("content_hashes[{i}].{name}");
        let bytes = match check_enum::<HashAlgorithm>(&field("algorithm"), *algorithm)? {
            HashAlgorithm::Unspecified => return Err(Refusal::missing(field("algorithm"))),
            HashAlgorithm::Sha256 => 32,
            HashAlgorithm::Sha1 => 20,
            HashAlgorithm::Md5 => 16,
        };
        if digest.len() != bytes {
            return Err(Refusal::invalid(field("digest"), format!("must be exactly {bytes} bytes")));
        }
    }
    Ok(())
}

pub(super) fn check_notified(notified: &NotifiedElsewhere) -> Result<(), Refusal> {
    let NotifiedElsewhere { by, at_us, reference } = notified;
    if by.is_empty() {
        return Err(Refusal::missing("by"));
    }
    check_text("by", by, REFERENCE_CHARS)?;
    check_time("at_us", *at_us)?;
    check_text("reference", reference, REFERENCE_CHARS)
}

fn check_proposed(agency_id: &str) -> Result<(), Refusal> {
    let good = agency_id.is_empty() || agency_id.parse::<AgencyId>().is_ok();
    if good {
        Ok(())
    } else {
        Err(Refusal::invalid("proposed_owner", "is not an agency id such as de-by-lka"))
    }
}

/// True for a Land as in ISO 3166-2, `DE-NW`.
pub fn is_land(text: &str) -> bool {
    LAENDER.contains(&text)
}

fn check_land(land: &str) -> Result<(), Refusal> {
    if land.is_empty() || is_land(land) {
        Ok(())
    } else {
        Err(Refusal::invalid("suspect_land", "is not a Land as in ISO 3166-2, DE-NW"))
    }
}

fn check_time(field: &str, at_us: i64) -> Result<(), Refusal> {
    if at_us < 0 { Err(Refusal::invalid(field, "lies before 1970")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Referral {
        Referral { link: "https://files.example/a".into(), ..Referral::default() }
    }

    #[test]
    fn each_field_is_named_when_it_breaks_its_rule() {
        assert!(check_referral(&good()).is_ok());
        let hash = |algorithm: HashAlgorithm, bytes| ContentHash {
            algorithm: algorithm.into(),
            digest: vec![1; bytes],
        };
        type Broken<'a> = (Box<dyn Fn(&mut Referral)>, &'a str, RefusalCode);
        let broken: Vec<Broken> = vec![
            (Box::new(|r| r.link.clear()), "link", RefusalCode::FieldMissing),
            (Box::new(|r| r.link = "gopher://files.example/".into()), "link", RefusalCode::LinkScheme),
            (
                Box::new(move |r| r.content_hashes = vec![hash(HashAlgorithm::Md5, 16); 9]),
                "content_hashes",
                RefusalCode::TooLarge,
            ),
            (
                Box::new(move |r| r.content_hashes = vec![hash(HashAlgorithm::Unspecified, 16)]),
                "content_hashes[0].algorithm",
                RefusalCode::FieldMissing,
            ),
            (
                Box::new(move |r| r.content_hashes = vec![hash(HashAlgorithm::Sha256, 20)]),
                "content_hashes[0].digest",
                RefusalCode::FieldInvalid,
            ),
            (Box::new(|r| r.offence_class = 77), "offence_class", RefusalCode::FieldInvalid),
            (Box::new(|r| r.found_where = "x".repeat(PLACE_CHARS + 1)), "found_where", RefusalCode::TooLarge),
            (Box::new(|r| r.found_at_us = -1), "found_at_us", RefusalCode::FieldInvalid),
            (
                Box::new(|r| r.urgency_reason = "x".repeat(REASON_CHARS + 1)),
                "urgency_reason",
                RefusalCode::TooLarge,
            ),
            (Box::new(|r| r.access_hint = "QUJD".repeat(100)), "access_hint", RefusalCode::ContentForbidden),
            (
                Box::new(|r| r.notified_elsewhere = Some(NotifiedElsewhere::default())),
                "notified_elsewhere.by",
                RefusalCode::FieldMissing,
            ),
            (Box::new(|r| r.handling = 77), "handling", RefusalCode::FieldInvalid),
            (Box::new(|r| r.source_grade = 77), "source_grade", RefusalCode::FieldInvalid),
            (Box::new(|r| r.information_grade = 77), "information_grade", RefusalCode::FieldInvalid),
            (Box::new(|r| r.note = "data:text/plain,hello".into()), "note", RefusalCode::ContentForbidden),
            (Box::new(|r| r.proposed_owner = "LKA NRW".into()), "proposed_owner", RefusalCode::FieldInvalid),
            (Box::new(|r| r.suspect_land = "NW".into()), "suspect_land", RefusalCode::FieldInvalid),
            (Box::new(|r| r.platform = "x".repeat(PLATFORM_CHARS + 1)), "platform", RefusalCode::TooLarge),
        ];
        for (breaks, field, code) in broken {
            let mut referral = good();
            breaks(&mut referral);
            let refusal = check_referral(&referral).unwrap_err();
            assert_eq!((refusal.field.as_str(), refusal.code()), (field, code));
        }
    }
}
