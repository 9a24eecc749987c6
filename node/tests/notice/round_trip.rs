//! What is written here, the import of another office reads.

use std::io::Cursor;

use meldeverbund_node::{
    import::{Format, Source, Unit, open},
    notice::{Item, Sender},
};
use meldeverbund_proto::v1::{HashAlgorithm, OffenceClass, Referral};
use serde_json::Value as Json;

use crate::{FOUND_AT_US, file, hash, item, order, sender};

const NAME: &str = "notice.xarf.json";

fn items() -> Vec<Item> {
    vec![
        Item {
            content_hashes: vec![
                hash(HashAlgorithm::Sha256, 1),
                hash(HashAlgorithm::Sha256, 2),
                hash(HashAlgorithm::Sha1, 3),
                hash(HashAlgorithm::Md5, 4),
            ],
            access_hint: "Kennwort: \"grün\"; Ordner \\neu".into(),
            ..item(1, "https://h.example/a?b=\"c\"")
        },
        Item { offence_class: OffenceClass::Stgb184c, ..item(2, "http://h.example:8080/ä") },
        Item { offence_class: OffenceClass::Stgb176e, round: 7, ..item(3, "ftp://u:p@h.example/c") },
    ]
}

#[test]
fn reports_come_back_as_referrals() {
    let reports = file(items(), &sender(), NAME);
    let import = open(Source::reader(Cursor::new(reports)), &Default::default()).unwrap();
    assert_eq!((import.format(), import.unit()), (Format::Xarf, Unit::Report));
    let read: Vec<Referral> = import.map(|row| row.unwrap().outcome.unwrap().into_unsalted()).collect();
    let wanted: Vec<Referral> = items()
        .into_iter()
        .map(|item| Referral {
            link: item.link,
            content_hashes: item.content_hashes,
            offence_class: item.offence_class.into(),
            found_at_us: FOUND_AT_US,
            access_hint: item.access_hint,
            ..Referral::default()
        })
        .collect();
    let sorted = |mut all: Vec<Referral>| {
        all.iter_mut()
            .for_each(|one| one.content_hashes.sort_by_key(|hash| (hash.algorithm, hash.digest.clone())));
        all
    };
    assert_eq!(sorted(read), sorted(wanted));
}

/// Of the schemas of XARF 4.2.0: xarf-core, content-base, content-csam, content-csem.
#[test]
fn reports_have_what_the_schemas_require_and_nothing_that_is_forbidden() {
    for sender in [sender(), order()] {
        let text = file(items(), &sender, NAME);
        let reports: Vec<Json> = serde_json::from_str(&text).unwrap();
        assert_eq!(text.lines().count(), reports.len() + 2, "one report a line");
        for report in &reports {
            let common = [
                "xarf_version",
                "report_id",
                "timestamp",
                "source_identifier",
                "category",
                "type",
                "url",
                "detection_method",
            ];
            for member in common {
                assert!(report[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
            }
            for party in ["reporter", "sender"] {
                let members: Vec<&String> = report[party].as_object().unwrap().keys().collect();
                assert_eq!(members, ["contact", "domain", "org"], "additional members are forbidden");
            }
            assert_eq!(report["reporter"]["org"], "Staatsanwaltschaft Musterstadt");
            assert_eq!(report["sender"]["org"], "Landeskriminalamt Musterland");
            match report["type"].as_str().unwrap() {
                "csam" => assert_eq!(
                    (&report["classification"], &report["detection_method"]),
                    (&"baseline".into(), &"manual_review".into())
                ),
                "csem" => assert_eq!(
                    (&report["exploitation_type"], &report["detection_method"]),
                    (&"distribution".into(), &"law_enforcement_referral".into())
                ),
                other => panic!("{other}"),
            }
            let id: uuid::Uuid = report["report_id"].as_str().unwrap().parse().unwrap();
            assert_eq!(id.get_version_num(), 4);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            assert!(report["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        }
        assert!(!text.contains("payload") && !text.contains("screenshot") && !text.contains("\"evidence\""));
    }
}

#[test]
fn a_report_keeps_its_id_as_long_as_it_is_the_same_notice() {
    let ids = |items: Vec<Item>| -> Vec<String> {
        let reports: Vec<Json> = serde_json::from_str(&file(items, &sender(), NAME)).unwrap();
        reports.iter().map(|report| report["report_id"].as_str().unwrap().to_owned()).collect()
    };
    let first = ids(items());
    assert_eq!(first, ids(items()));
    let later = items()
        .into_iter()
        .map(|item| Item { intent: "0194f3a0-0000-7000-8000-000000000002".parse().unwrap(), ..item });
    let mut all = [first, ids(later.collect()), ids(vec![item(1, "https://h.example/other")])].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 7, "another intent, target or link is another report");
}

#[test]
fn nobody_is_accused_of_what_was_not_found() {
    let other = Item { offence_class: OffenceClass::Other, ..item(9, "https://h.example/other") };
    let mixed =
        file([items(), vec![other]].concat(), &Sender { on_behalf_of: String::new(), ..sender() }, NAME);
    let reports: Vec<Json> = serde_json::from_str(&mixed).unwrap();
    assert_eq!(reports.len(), 3, "an offence that XARF cannot name has no report");
    assert_eq!(reports[0]["reporter"], reports[0]["sender"]);
}
