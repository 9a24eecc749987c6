//! Every field of a referral, from German and English tables.

use meldeverbund_proto::v1::{
    ContentHash, HandlingCode, HashAlgorithm, InformationGrade, NotifiedElsewhere, OffenceClass, Referral,
    SourceGrade,
};

use crate::{referrals, rows};

/// 21.11.2026 14:05 in Germany.
const FOUND_AT_US: i64 = 1_795_266_300_000_000;

/// What the tables below say.
fn full() -> Referral {
    let hash =
        |algorithm: HashAlgorithm, digest: Vec<u8>| ContentHash { algorithm: algorithm.into(), digest };
    Referral {
        link: "https://filehost-03.example/d/a1?x=1;y=2".into(),
        salt: Vec::new(),
        content_hashes: vec![
            hash(HashAlgorithm::Sha256, vec![0xab; 32]),
            hash(HashAlgorithm::Sha1, vec![0xcd; 20]),
            hash(HashAlgorithm::Md5, vec![0xef; 16]),
        ],
        offence_class: OffenceClass::Stgb184b.into(),
        found_where: "Forum „Brücke“, Thema 12".into(),
        found_at_us: FOUND_AT_US,
        urgency_reason: "Missbrauch dauert an".into(),
        access_hint: "Passwort: grün;blau".into(),
        notified_elsewhere: Some(NotifiedElsewhere {
            by: "Hotline".into(),
            at_us: FOUND_AT_US + 60_000_000,
            reference: "HL-2026/17".into(),
        }),
        handling: HandlingCode::H2.into(),
        hidden_from_liaison: true,
        source_grade: SourceGrade::B.into(),
        information_grade: InformationGrade::InformationGrade3.into(),
        note: "zwei Zeilen, \"so\"".into(),
        proposed_owner: "de-by-lka".into(),
        suspect_land: "DE-BY".into(),
        platform: "brett-7".into(),
    }
}

/// A table with every field, as German Excel writes it.
pub(crate) fn german() -> String {
    let (sha256, sha1, md5) = ("AB".repeat(32), "CD".repeat(20), "EF".repeat(16));
    format!(
        "Vorgang;Link;SHA-256;SHA-1;MD5;Delikt;Fundort;Fundzeit;Eilgrund;Zugangshinweis;Gemeldet durch;Gemeldet am;\
         Meldezeichen;Handhabung;Verborgen;4x4;Zuständigkeitsvorschlag;Bundesland;Plattform;Bemerkung\r\n\
         ST/0123456/2026;\"https://filehost-03.example/d/a1?x=1;y=2\";{sha256};{sha1};{md5};§ 184b StGB;\
         Forum „Brücke“, Thema 12;21.11.2026 14:05;Missbrauch dauert an;\"Passwort: grün;blau\";Hotline;\
         21.11.2026 14:06;HL-2026/17;H2;ja;B3;DE-BY-LKA;Bayern;brett-7;\"zwei Zeilen,\n\"\"so\"\"\"\r\n"
    )
}

#[test]
fn a_german_table_with_every_field() {
    let rows = rows(german());
    assert_eq!(rows.len(), 1);
    let draft = rows[0].outcome.as_ref().unwrap();
    assert_eq!(draft.case_number(), Some("ST/0123456/2026"));
    assert_eq!(draft.referral(), &full());
    assert_eq!(rows[0].line, 2);
}

#[test]
fn an_english_table_with_every_field_in_another_order() {
    let (sha256, sha1, md5) = ("ab".repeat(32), "cd".repeat(20), "ef".repeat(16));
    let table = format!(
        "note,information_grade,Source grading,hidden,Handling code,notified_reference,notified_at,Reported by,\
         access_hint,Urgency,found at,found_where,offence,hashes,Proposed agency,Suspect's Land,platform,URL\n\
         \"zwei Zeilen, \"\"so\"\"\",3,b,yes,h2,HL-2026/17,2026-11-21T13:06:00Z,Hotline,Passwort: grün;blau,\
         Missbrauch dauert an,2026-11-21T14:05+01:00,\"Forum „Brücke“, Thema 12\",stgb_184b,\
         sha256:{sha256} sha1:{sha1} md5:{md5},de-by-lka,DE-BY,brett-7,https://filehost-03.example/d/a1?x=1;y=2\n"
    );
    assert_eq!(referrals(table), [full()]);
}

#[test]
fn empty_fields_are_not_stated() {
    let header =
        "Link;Delikt;Fundzeit;Handhabung;Verborgen;Eilgrund;4x4;Hash;Gemeldet durch;Gemeldet am;Bemerkung";
    let table = format!("{header}\nhttps://filehost-03.example/d/a1;;;;;;;;;; \n");
    let bare = Referral { link: "https://filehost-03.example/d/a1".into(), ..Referral::default() };
    assert_eq!(referrals(table), std::slice::from_ref(&bare));
    assert_eq!(referrals("Link;Eilgrund;Verborgen\nhttps://filehost-03.example/d/a1;nein;-\n"), [bare]);
}

#[test]
fn the_salt_is_the_only_thing_missing() {
    let draft = rows(german()).remove(0).outcome.unwrap();
    assert_eq!(draft.clone().into_referral([7; 32]), Referral { salt: vec![7; 32], ..full() });
    assert!(meldeverbund_proto::check::check_referral(draft.referral()).is_ok());
}

#[test]
fn neither_drafts_nor_errors_print_what_they_hold() {
    let draft = rows(german()).remove(0).outcome.unwrap();
    assert_eq!(format!("{draft:?}"), "Draft(..)");
    // One wrong value a row, each of them recognisable.
    let table = "Link;Vorgang;SHA-256;Delikt;Fundzeit;Eilgrund;Gemeldet am;Handhabung;Verborgen;4x4;proposed_owner;suspect_land\n\
                 geheim-1;;;;;;;;;\n\
                 https://h.example/geheim 2;;;;;;;;;\n\
                 gopher://geheim.example/3;;;;;;;;;\n\
                 https://h.example/;GEHEIM\u{7};;;;;;;;\n\
                 https://h.example/;;geheim;;;;;;;\n\
                 https://h.example/;;;geheim;;;;;;\n\
                 https://h.example/;;;;geheim;;;;;\n\
                 https://h.example/;;;;;;geheim;;;\n\
                 https://h.example/;;;;;;;geheim;;\n\
                 https://h.example/;;;;;;;;geheim;\n\
                 https://h.example/;;;;;;;;;geheim\n\
                 https://h.example/;;;;;;;;;;;;geheim\n\
                 https://h.example/;;;;;;;;;;geheim amt\n\
                 https://h.example/;;;;;;;;;;;geheim\n\
                 https://h.example/;\"geheim\"geheim\n";
    let rows = rows(table);
    assert_eq!(rows.len(), 15);
    for row in rows {
        let error = row.outcome.unwrap_err();
        let refusal = error.to_problem().refusal.unwrap();
        for text in [error.to_string(), format!("{error:?}"), format!("{refusal:?}")] {
            assert!(!text.to_lowercase().contains("geheim"), "line {}: {text}", row.line);
        }
    }
}
