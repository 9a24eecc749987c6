//! The statement "this link, in this case, this classification".

use super::{enum_number, number_enum, required};
use crate::{
    AgencyId, CommandId,
    canon::{CanonError, Reader, Writer},
    leaf::Salt,
    v1::{
        ContentHash, HandlingCode, HashAlgorithm, InformationGrade, NotifiedElsewhere, OffenceClass,
        Referral, SourceGrade,
    },
};

/// A referral as an agency states it: who, under which submission and case, and the message itself.
///
/// Tags: 1 agency, 2 submission (16 bytes), 3 position in it, 4 case number, 5 link, 6 content hash (repeated: algorithm,
/// 1 byte, and digest), 7 offence class, 8 found where, 9 found at (µs), 10 urgency, 11 access hint, 12 to 14 notified
/// elsewhere (by, at in µs, reference), 15 handling, 16 hidden from liaison (1), 17 source grade, 18 information
/// grade, 19 note, 20 proposed owner, 21 suspect's Land, 22 platform.
#[derive(Debug, Clone, Copy)]
pub struct ReferralStatement<'a> {
    /// Who states it.
    pub agency: &'a AgencyId,
    /// The submission it came in.
    pub submission: CommandId,
    /// Its place in the submission, from 0.
    pub position: u32,
    /// The case.
    pub case_number: &'a str,
    /// What is stated; the salt is not part of the statement, it blinds it.
    pub referral: &'a Referral,
}

impl ReferralStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        let r = self.referral;
        let mut writer = Writer::new(buffer);
        writer
            .text(1, self.agency.as_str())
            .bytes(2, self.submission.as_bytes())
            .number(3, self.position.into())
            .text(4, self.case_number)
            .text(5, &r.link);
        for hash in &r.content_hashes {
            let mut value = vec![u8::try_from(hash.algorithm).unwrap_or(0)];
            value.extend_from_slice(&hash.digest);
            writer.bytes(6, &value);
        }
        writer
            .number(7, enum_number(r.offence_class))
            .text(8, &r.found_where)
            .number(9, r.found_at_us.cast_unsigned())
            .text(10, &r.urgency_reason)
            .text(11, &r.access_hint);
        if let Some(notified) = &r.notified_elsewhere {
            writer
                .text(12, &notified.by)
                .number(13, notified.at_us.cast_unsigned())
                .text(14, &notified.reference);
        }
        writer
            .number(15, enum_number(r.handling))
            .number(16, r.hidden_from_liaison.into())
            .number(17, enum_number(r.source_grade))
            .number(18, enum_number(r.information_grade))
            .text(19, &r.note)
            .text(20, &r.proposed_owner)
            .text(21, &r.suspect_land)
            .text(22, &r.platform);
    }

    /// Reads a statement back: its case number and the referral, with the salt that was kept beside it.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of a referral statement.
    pub fn decode(record: &[u8], salt: &Salt) -> Result<(String, Referral), CanonError> {
        let mut reader = Reader::new(record);
        reader.text(1)?;
        required(2, reader.array::<16>(2)?)?;
        reader.number(3)?;
        let case_number = reader.text(4)?;
        let mut referral =
            Referral { link: reader.text(5)?, salt: salt.as_bytes().to_vec(), ..Referral::default() };
        while let Some(value) = reader.bytes(6)? {
            let (&algorithm, digest) = value.split_first().ok_or(CanonError::Value(6))?;
            let algorithm = number_enum::<HashAlgorithm>(6, algorithm.into())?;
            referral.content_hashes.push(ContentHash { algorithm, digest: digest.to_vec() });
        }
        referral.offence_class = number_enum::<OffenceClass>(7, reader.number(7)?)?;
        referral.found_where = reader.text(8)?;
        referral.found_at_us = reader.number(9)?.cast_signed();
        referral.urgency_reason = reader.text(10)?;
        referral.access_hint = reader.text(11)?;
        let by = reader.text(12)?;
        let at_us = reader.number(13)?.cast_signed();
        let reference = reader.text(14)?;
        referral.notified_elsewhere = (!by.is_empty()).then_some(NotifiedElsewhere { by, at_us, reference });
        referral.handling = number_enum::<HandlingCode>(15, reader.number(15)?)?;
        referral.hidden_from_liaison = match reader.number(16)? {
            0 => false,
            1 => true,
            _ => return Err(CanonError::Value(16)),
        };
        referral.source_grade = number_enum::<SourceGrade>(17, reader.number(17)?)?;
        referral.information_grade = number_enum::<InformationGrade>(18, reader.number(18)?)?;
        referral.note = reader.text(19)?;
        referral.proposed_owner = reader.text(20)?;
        referral.suspect_land = reader.text(21)?;
        referral.platform = reader.text(22)?;
        reader.end()?;
        Ok((case_number, referral))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Referral {
        Referral {
            link: "http://files.example/a?b=c".into(),
            salt: vec![9; 32],
            content_hashes: vec![ContentHash {
                algorithm: HashAlgorithm::Md5.into(),
                digest: vec![0xab; 16],
            }],
            offence_class: OffenceClass::Stgb184b.into(),
            found_where: "forum.test, thread 7".into(),
            found_at_us: 1_795_305_600_000_000,
            urgency_reason: "abuse going on".into(),
            access_hint: "second folder".into(),
            notified_elsewhere: Some(NotifiedElsewhere {
                by: "hotline".into(),
                at_us: 5,
                reference: "H-1".into(),
            }),
            handling: HandlingCode::H2.into(),
            hidden_from_liaison: true,
            source_grade: SourceGrade::B.into(),
            information_grade: InformationGrade::InformationGrade3.into(),
            note: "n".into(),
            ..Referral::default()
        }
    }

    fn encoded(referral: &Referral) -> Vec<u8> {
        let agency = "de-nw-lka".parse().unwrap();
        let submission = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let mut buffer = Vec::new();
        let case_number = "ST/0123456/2026";
        ReferralStatement { agency: &agency, submission, position: 3, case_number, referral }
            .encode(&mut buffer);
        buffer
    }

    #[test]
    fn golden_bytes_both_ways() {
        let bytes = encoded(&full());
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/referral-statement-v1.hex").trim());
        let salt = Salt::from_random([9; 32]);
        assert_eq!(ReferralStatement::decode(&bytes, &salt), Ok(("ST/0123456/2026".into(), full())));
    }

    /// What came later is left out where it is empty, so that older statements keep their bytes.
    #[test]
    fn whom_it_proposes_and_what_names_an_owner_go_behind() {
        let mut referral = full();
        referral.proposed_owner = "de-by-lka".into();
        referral.suspect_land = "DE-BY".into();
        referral.platform = "forum-7".into();
        let (plain, bytes) = (encoded(&full()), encoded(&referral));
        let behind = bytes.strip_prefix(&plain[..]).unwrap();
        assert_eq!(behind, b"\x14\0\0\0\x09de-by-lka\x15\0\0\0\x05DE-BY\x16\0\0\0\x07forum-7");
        let salt = Salt::from_random([9; 32]);
        assert_eq!(ReferralStatement::decode(&bytes, &salt).unwrap().1, referral);
    }

    #[test]
    fn every_field_changes_the_statement() {
        let plain = encoded(&full());
        let changes: [fn(&mut Referral); 16] = [
            |r| r.link.push('x'),
            |r| r.content_hashes[0].digest[0] ^= 1,
            |r| r.offence_class = OffenceClass::Stgb184c.into(),
            |r| r.found_where.push('x'),
            |r| r.found_at_us += 1,
            |r| r.urgency_reason.push('x'),
            |r| r.access_hint.push('x'),
            |r| r.notified_elsewhere = None,
            |r| r.handling = HandlingCode::H3.into(),
            |r| r.hidden_from_liaison = false,
            |r| r.source_grade = SourceGrade::A.into(),
            |r| r.information_grade = InformationGrade::InformationGrade4.into(),
            |r| r.note.clear(),
            |r| r.proposed_owner = "de-by-lka".into(),
            |r| r.suspect_land = "DE-BY".into(),
            |r| r.platform = "forum-7".into(),
        ];
        for change in changes {
            let mut referral = full();
            change(&mut referral);
            let bytes = encoded(&referral);
            assert_ne!(bytes, plain);
            let salt = Salt::from_random([9; 32]);
            assert_eq!(ReferralStatement::decode(&bytes, &salt).unwrap().1, referral);
        }
    }
}
