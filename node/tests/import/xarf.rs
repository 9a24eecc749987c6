//! XARF v4 reports.

use meldeverbund_node::import::{Format, Unit, limits::XARF_ITEM_BYTES};
use meldeverbund_proto::v1::{HandlingCode, OffenceClass, RefusalCode};
use serde_json::{Value as Json, json};

use crate::{error, import, link, outcomes, rows};

fn report() -> Json {
    json!({
        "xarf_version": "4.2.0",
        "report_id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2026-11-21T13:05:00Z",
        "reporter": { "org": "Hotline", "contact": "hotline@hotline.example", "domain": "hotline.example" },
        "sender": { "org": "Hotline", "contact": "hotline@hotline.example", "domain": "hotline.example" },
        "source_identifier": "filehost-03.example",
        "category": "content",
        "type": "csam",
        "url": "https://filehost-03.example/d/a1",
        "classification": "A1",
        "detection_method": "manual_review",
        "evidence": [{ "content_type": "image/png", "hash": "sha256:00" }],
    })
}

/// The report with some members set, or removed by null.
fn with(members: &Json) -> Json {
    let mut report = report();
    for (name, value) in members.as_object().unwrap() {
        report[name] = value.clone();
    }
    report
}

fn error_of(members: &Json) -> String {
    rows(with(members).to_string()).remove(0).outcome.unwrap_err().to_string()
}

#[test]
fn a_report_becomes_a_referral() {
    let report = with(&json!({
        "description": "im Ordner „neu“",
        "hash_values": { "sha256": "ab".repeat(32), "md5": "EF".repeat(16), "photodna": "AAAA" },
        "meldeverbund": {
            "case": "ST/0123456/2026", "offence_class": "184c", "found_where": "Forum 1", "handling": "H1",
            "hidden_from_liaison": true, "urgency_reason": null, "access_hint": "", "grading": "A2",
            "notified_by": "Hotline", "notified_at": "2026-11-21T14:06", "notified_reference": "7",
            "sha1": "cd".repeat(20),
        },
    }));
    let row = rows(report.to_string()).remove(0);
    let draft = row.outcome.unwrap();
    assert_eq!(draft.case_number(), Some("ST/0123456/2026"));
    let referral = draft.referral();
    assert_eq!(referral.link, "https://filehost-03.example/d/a1");
    assert_eq!(referral.found_at_us, 1_795_266_300_000_000);
    assert_eq!(referral.note, "im Ordner „neu“");
    assert_eq!(referral.content_hashes.len(), 3);
    assert_eq!(referral.offence_class(), OffenceClass::Stgb184c);
    assert_eq!(referral.handling(), HandlingCode::H1);
    assert!(referral.hidden_from_liaison);
    assert_eq!(referral.notified_elsewhere.as_ref().unwrap().by, "Hotline");
}

#[test]
fn the_program_does_not_judge_the_offence() {
    let row = rows(report().to_string()).remove(0);
    assert_eq!(row.outcome.unwrap().referral().offence_class(), OffenceClass::Unspecified);
}

#[test]
fn one_report_an_array_or_one_a_line() {
    let second = with(&json!({ "url": "https://h.example/2", "type": "csem" }));
    let both = json!([report(), second]);
    let wanted = |lines: [u64; 2]| {
        [(lines[0], link("https://filehost-03.example/d/a1")), (lines[1], link("https://h.example/2"))]
    };
    for text in [both.to_string(), serde_json::to_string_pretty(&both).unwrap(), format!("\u{feff} {both}")] {
        assert_eq!(outcomes(text), wanted([1, 2]));
    }
    assert_eq!(outcomes(format!("{}\n\n{second}\n", report())), wanted([1, 3]));
    let pretty = format!("{:#}\n{second:#}", report());
    assert_eq!(outcomes(pretty.clone()), wanted([1, 2]));
    assert_eq!(
        (import(pretty).unwrap().unit(), import(report().to_string()).unwrap().unit()),
        (Unit::Report, Unit::Line)
    );
    assert_eq!(import("[]").unwrap().format(), Format::Xarf);
    assert_eq!(outcomes("[]"), []);
}

#[test]
fn content_is_refused_wherever_it_stands() {
    let payload = "\"evidence\": evidence.payload is not taken: content belongs nowhere in this system";
    assert_eq!(
        error_of(&json!({ "evidence": [{ "content_type": "image/png", "payload": "iVBORw0KGgo=" }] })),
        payload
    );
    assert_eq!(
        error_of(&json!({ "screenshot_url": "https://hotline.example/1.png" })),
        "\"screenshot_url\": screenshot_url is not taken: pictures of the content belong nowhere in this system"
    );
    assert!(
        error_of(&json!({ "_internal": { "a": [{ "payload": 1 }] } }))
            .contains("evidence.payload is not taken")
    );
    let content = "carries content (a data: URL or a base64 block); only words belong here";
    assert_eq!(
        error_of(&json!({ "anything": { "deep": ["QUJD".repeat(60)] } })),
        format!("\"anything\": {content}")
    );
    assert_eq!(
        error_of(&json!({ "description": "data:image/png;base64,AA" })),
        format!("\"description\": {content}")
    );
    assert_eq!(
        error_of(&json!({ "url": "data:image/png;base64,AA" })),
        "\"url\" (link): a data: URL carries content; refer a link to it instead"
    );
    let row = rows(with(&json!({ "evidence": [{ "payload": "AA" }] })).to_string()).remove(0);
    let problem = row.outcome.unwrap_err().to_problem();
    assert_eq!(problem.refusal.unwrap().code(), RefusalCode::ContentForbidden);
    assert_eq!(problem.input, "https://filehost-03.example/d/a1");
    // A long path looks like base64 and is none.
    let long = format!("https://h.example/{}", "a".repeat(300));
    assert_eq!(outcomes(with(&json!({ "url": long })).to_string()), [(1, link(&long))]);
}

#[test]
fn what_is_wrong_with_a_report() {
    for (members, text) in [
        (json!({ "xarf_version": "3.0.0" }), "\"xarf_version\": is no XARF report of version 4"),
        (json!({ "xarf_version": null }), "\"xarf_version\": is no XARF report of version 4"),
        (
            json!({ "type": "phishing" }),
            "\"type\": is a XARF report of another matter than content/csam or content/csem",
        ),
        (
            json!({ "category": "messaging" }),
            "\"type\": is a XARF report of another matter than content/csam or content/csem",
        ),
        (json!({ "url": null }), "\"url\" (link): is required"),
        (json!({ "timestamp": 7 }), "\"timestamp\" (found_at): has another JSON type than it should"),
        (json!({ "description": "x ".repeat(300) }), "\"description\" (note): is longer than 500 characters"),
        (
            json!({ "hash_values": { "sha256": "ab" } }),
            "\"hash_values.sha256\" (sha256): is no hash: 64, 40 or 32 hexadecimal digits are SHA-256, SHA-1, MD5",
        ),
        (json!({ "meldeverbund": [] }), "\"meldeverbund\": has another JSON type than it should"),
        (json!({ "meldeverbund": { "link": "x" } }), "\"meldeverbund.link\": is no field"),
        (json!({ "meldeverbund": { "zimmer": "x" } }), "\"meldeverbund.zimmer\": is no field"),
        (
            json!({ "meldeverbund": { "notified_reference": "x" } }),
            "\"meldeverbund.notified_by\" (notified_by): is required where it is said when or under which reference a notice was sent",
        ),
    ] {
        assert_eq!(error_of(&members), text);
    }
    // The identifier is the link where it is a URL.
    let report = with(&json!({ "url": null, "source_identifier": "https://h.example/1" }));
    assert_eq!(outcomes(report.to_string()), [(1, link("https://h.example/1"))]);
}

#[test]
fn broken_reports_do_not_stop_the_others() {
    let good = report();
    let long = with(&json!({ "description": "x ".repeat(XARF_ITEM_BYTES / 2) }));
    let lines = format!("{good}\n{{\"a\": \n[1]\n7\n{long}\n{good}\n");
    let no_object = "is no JSON object";
    let too_long = "the report is longer than 1048576 bytes; only links, hashes and words belong in it";
    let url = "https://filehost-03.example/d/a1";
    assert_eq!(
        outcomes(lines),
        [
            (1, link(url)),
            (2, error(no_object)),
            (3, error(no_object)),
            (4, error(no_object)),
            (5, error(too_long)),
            (6, link(url))
        ]
    );
    let array = format!("[{good}, 7, {{\"a\" 1}}, {long},\n{good}]");
    assert_eq!(
        outcomes(array),
        [(1, link(url)), (2, error(no_object)), (3, error(no_object)), (4, error(too_long)), (5, link(url))]
    );
}

#[test]
fn an_array_that_breaks_off_is_told() {
    let mut import = import(format!("[{},\n{{\"a\":", report())).unwrap();
    assert!(import.next().unwrap().is_ok());
    let broken = import.next().unwrap().unwrap_err();
    assert_eq!(
        broken.to_string(),
        "the JSON text is broken at line 2; what comes after it cannot be told apart"
    );
    assert!(import.next().is_none());
}
