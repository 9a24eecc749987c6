//! `docs/protocol.md` tells the truth, as far as the contract knows it: limits, codes, calls, records, the example.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use meldeverbund_proto::{
    DESCRIPTORS, LinkId, TargetId,
    canon::{Reader, Writer},
    leaf::{Kind, LEAF_BYTES, Leaf, Salt, VERSION, decision_digest, statement_digest},
    limits,
    note::SigningKey,
    statement::{
        Act, AgencyStatement, AnnouncementStatement, BlindEpochStatement, CaseClosedStatement,
        CaseOpenedStatement, DisclosureStatement, DisclosureStep, DuplicatesStatement, EpochStatement,
        HostRulesStatement, KeyRevocation, KeyStatement, LedgerKeyStatement, LiaisonQueryStatement,
        NodeKeyStatement, PolicyStatement, QueryMode, ReconciledStatement, RedactionStatement,
        ReferralDecision, ReferralStatement,
    },
    v1::{AgencyCard, AnnouncementKind, AnnouncementState, Case, DecideRequest, Purpose, RefusalCode},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;

const DOCS: &str = include_str!("../../docs/protocol.md");

#[test]
fn each_limit_stands_there_with_its_value() {
    let known = [
        ("REFERRALS_PER_SUBMISSION", limits::REFERRALS_PER_SUBMISSION),
        ("TARGETS_PER_DECISION", limits::TARGETS_PER_DECISION),
        ("SELECTORS_PER_QUERY", limits::SELECTORS_PER_QUERY),
        ("PURPOSE_CODE_CHARS", limits::PURPOSE_CODE_CHARS),
        ("DISCLOSED_VALUES", limits::DISCLOSED_VALUES),
        ("LIST_ENTRIES", limits::LIST_ENTRIES),
        ("MESSAGE_BYTES", limits::MESSAGE_BYTES),
        ("FEED_MESSAGE_BYTES", limits::FEED_MESSAGE_BYTES),
        ("LINK_BYTES", limits::LINK_BYTES),
        ("CONTENT_HASHES", limits::CONTENT_HASHES),
        ("CASE_NUMBER_CHARS", limits::CASE_NUMBER_CHARS),
        ("UNIT_CHARS", limits::UNIT_CHARS),
        ("PROSECUTOR_REFERENCE_CHARS", limits::PROSECUTOR_REFERENCE_CHARS),
        ("REASON_CHARS", limits::REASON_CHARS),
        ("NOTE_CHARS", limits::NOTE_CHARS),
        ("PLACE_CHARS", limits::PLACE_CHARS),
        ("REFERENCE_CHARS", limits::REFERENCE_CHARS),
        ("PLATFORM_CHARS", limits::PLATFORM_CHARS),
        ("AGENCY_ID_CHARS", limits::AGENCY_ID_CHARS),
        ("CARD_CHARS", limits::CARD_CHARS),
        ("BASE64_RUN_CHARS", limits::BASE64_RUN_CHARS),
    ];
    let known = BTreeSet::from(known.map(|(name, value)| (name.to_owned(), value)));
    let stated = table("Of the contract").into_iter();
    let stated: BTreeSet<_> =
        stated.map(|row| (code(row[2]), row[1].replace(',', "").parse().unwrap())).collect();
    assert_eq!(stated, known);

    let constants = include_str!("../src/limits.rs").lines();
    let constants = constants.filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let named: BTreeSet<_> = known.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, constants.collect(), "a new limit belongs into this test and the page");
}

#[test]
fn each_refusal_stands_there_and_says_whether_to_try_again() {
    let known = codes().into_iter().map(|code| {
        let name = code.as_str_name().trim_start_matches("REFUSAL_CODE_");
        (name.to_owned(), code.is_passing())
    });
    let stated = table("Refusals").into_iter().filter(|row| row.len() == 6);
    let stated: BTreeSet<_> = stated.map(|row| (code(row[0]), row[5].starts_with("yes"))).collect();
    assert_eq!(stated, known.collect());
}

#[test]
fn each_call_stands_there() {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let files = set.file.iter().filter(|file| file.package() == "meldeverbund.v1");
    let mut calls = 0;
    for service in files.flat_map(|file| &file.service) {
        for method in &service.method {
            let path = format!("| `/meldeverbund.v1.{}/{}` |", service.name(), method.name());
            assert!(DOCS.contains(&path), "{path}");
            calls += 1;
        }
    }
    assert_eq!(calls, DOCS.matches("| `/meldeverbund.v1.").count());
}

#[test]
fn each_record_has_the_fields_of_its_table() {
    let agency = "de-nw-lka".parse().unwrap();
    let command = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let text = || "2026-11-21".to_owned();
    let purpose = || Purpose { code: text(), case_number: text(), reason: text() };
    let case = Case {
        number: text(),
        unit: text(),
        kind: 1,
        review_on: text(),
        delete_on: text(),
        prosecutor_reference: text(),
    };
    let card = AgencyCard { agency_id: text(), name: text(), contact: text(), kind: 1 };
    let key = NodeKeyStatement { agency_id: text(), node: text(), fingerprint: [7; 32] };
    let encoded = |encode: &dyn Fn(&mut Vec<u8>)| {
        let mut record = Vec::new();
        encode(&mut record);
        record
    };
    let records = [
        ("Referral: statement", full_statement()),
        ("Referral: decision", golden_decision()),
        (
            "Case opened: statement",
            encoded(&|buffer| CaseOpenedStatement { agency: &agency, command, case: &case }.encode(buffer)),
        ),
        (
            "Case closed: statement",
            encoded(&|buffer| {
                CaseClosedStatement { agency: &agency, command, number: "1", reason: "r" }.encode(buffer);
            }),
        ),
        (
            "Agency registered, suspended, resumed: statement",
            encoded(&|buffer| AgencyStatement { card: card.clone(), reason: text() }.encode(buffer)),
        ),
        ("Node's key registered, forgotten: statement", encoded(&|buffer| key.encode(buffer))),
        ("Decision: statement", golden("decision-statement-v1")),
        (
            "Policy put in force: statement",
            encoded(&|buffer| {
                PolicyStatement { agency: &agency, officer: "KD", text: "four_eyes = []" }.encode(buffer);
            }),
        ),
        (
            "Statement key or witness key registered, revoked, forgotten: statement",
            encoded(&|buffer| {
                KeyStatement { agency_id: text(), vkey: text(), reason: text() }.encode(buffer);
            }),
        ),
        ("Statement key revoked: decision", encoded(&|buffer| KeyRevocation { from_leaf: 7 }.encode(buffer))),
        (
            "Redaction: statement",
            encoded(&|buffer| {
                let (class, basis, ranges) = (text(), text(), vec![(1, 2)]);
                RedactionStatement { class, basis, before_us: 3, ranges }.encode(buffer);
            }),
        ),
        (
            "Ledger's key put in office: statement",
            encoded(&|buffer| {
                let key = |seed| SigningKey::from_seed("mv.test/ledger", &[seed; 32]).unwrap();
                LedgerKeyStatement::sign(&key(1), Some(&key(2))).encode(buffer);
            }),
        ),
        (
            "Log epoch begun: statement",
            encoded(&|buffer| {
                let (reason, officer, last_checkpoint) = (text(), text(), text());
                EpochStatement { epoch: 2, reason, officer, last_checkpoint, kept_leaves: 3 }.encode(buffer);
            }),
        ),
        (
            "Agency reconciled: statement",
            encoded(&|buffer| {
                let (agency, officer, second_officer, reason) = (text(), text(), text(), text());
                ReconciledStatement { agency, epoch: 2, officer, second_officer, reason }.encode(buffer);
            }),
        ),
        (
            "Liaison question: statement",
            encoded(&|buffer| {
                let (agency, issuer, officer, purpose) = (text(), text(), text(), purpose());
                let (mode, count, content) = (QueryMode::Open, 1, [1; 32]);
                LiaisonQueryStatement {
                    agency,
                    query: [1; 16],
                    issuer,
                    officer,
                    purpose,
                    mode,
                    count,
                    content,
                }
                .encode(buffer);
            }),
        ),
        (
            "Epoch of blind questions: statement",
            encoded(&|buffer| {
                let (public_key, filter_digest, legal_basis) = ([1; 32], [1; 32], text());
                BlindEpochStatement {
                    epoch: 1,
                    public_key,
                    filter_digest,
                    entries: 1,
                    legal_basis,
                    leaves: 1,
                }
                .encode(buffer);
            }),
        ),
        (
            "Announcement: statement",
            encoded(&|buffer| {
                let (agency, issuer, officer, purpose) = (text(), text(), text(), purpose());
                let (kind, state) = (AnnouncementKind::HoldAsked, AnnouncementState::Received);
                let (announcement, content) = ([1; 16], [1; 32]);
                AnnouncementStatement {
                    agency,
                    announcement,
                    issuer,
                    officer,
                    purpose,
                    kind,
                    state,
                    content,
                }
                .encode(buffer);
            }),
        ),
        (
            "Disclosure: statement",
            encoded(&|buffer| {
                let (agency, issuer, officer, step) = (text(), text(), text(), DisclosureStep::Asked);
                let (disclosure, command, content) = ([1; 16], [2; 16], [1; 32]);
                DisclosureStatement { agency, disclosure, issuer, officer, step, command, content }
                    .encode(buffer);
            }),
        ),
        (
            "Duplicates decided: statement",
            encoded(&|buffer| {
                let (officer, reason, undone) = (text(), text(), Some(command));
                let (one, other) = (TargetId::from_bytes([1; 16]), TargetId::from_bytes([2; 16]));
                let pairs = vec![(one, other)];
                let agency = agency.clone();
                DuplicatesStatement { agency, command, officer, act: Act::Undo, reason, pairs, undone }
                    .encode(buffer);
            }),
        ),
        (
            "Host rules put in force: statement",
            encoded(&|buffer| {
                HostRulesStatement { agency: &agency, officer: "KD", text: "version = 1" }.encode(buffer);
            }),
        ),
    ];
    for (title, record) in &records {
        let mut reader = Reader::new(record);
        for row in table(title) {
            let tag = row[0].parse().unwrap();
            let value = reader.bytes(tag).unwrap().unwrap_or_else(|| panic!("{title}: {tag} is not there"));
            let fits = match row[2] {
                "text" => std::str::from_utf8(value).is_ok_and(|text| !text.contains(char::is_control)),
                "number" => value.len() == 8,
                "signature" => value.len() == 64,
                "leaves" => value.len() == 16,
                "pair" => value.len() == 32,
                "uuid" => value.len() == 16,
                "digest" => value.len() == 32,
                "hash" => [17, 21, 33].contains(&value.len()),
                "message" => DecideRequest::decode(value).is_ok_and(|one| one.encode_to_vec() == value),
                form => panic!("{title}: {form}"),
            };
            assert!(fits, "{title}: {tag} is no {}", row[2]);
        }
        assert_eq!(reader.end(), Ok(()), "{title}: the table has every field");
    }
}

#[test]
fn what_is_signed_stands_there() {
    use meldeverbund_proto::envelope::{PAYLOAD_TYPE, pre_authentication_encoding};
    let signed = String::from_utf8(pre_authentication_encoding(PAYLOAD_TYPE, b"")).unwrap();
    let head = signed.strip_suffix("0 ").unwrap();
    assert!(DOCS.contains(&format!("signed  = \"{head}\" ‖")), "{head}");
}

#[test]
fn the_leaf_has_these_parts_and_kinds() {
    let bytes = golden_leaf().to_bytes();
    let digests = [golden_leaf().statement, golden_leaf().decision];
    let parts: [&[u8]; 5] = [&[VERSION], &[0, 1], &TIME_US.to_be_bytes(), &digests[0], &digests[1]];
    let layout: Vec<_> = table("The ledger's leaf").into_iter().filter(|row| row.len() == 3).collect();
    assert_eq!(layout.len(), parts.len());
    let mut end = 0;
    for (row, part) in layout.into_iter().zip(parts) {
        let (offset, length): (usize, usize) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        assert_eq!(offset, end);
        assert_eq!(bytes[offset..offset + length], *part, "{}", row[2]);
        end += length;
    }
    assert_eq!(end, LEAF_BYTES);

    // Numbers are reserved before they are used, so that they may have gaps.
    let kinds: Vec<_> = (1..=u8::MAX.into()).filter_map(Kind::from_number).collect();
    let stated: Vec<_> = table("The ledger's leaf")
        .into_iter()
        .filter(|row| row.len() == 2)
        .map(|row| (row[0], row[1]))
        .collect();
    assert_eq!(stated.len(), kinds.len());
    for (kind, (number, event)) in kinds.into_iter().zip(stated) {
        assert_eq!(number, (kind as u16).to_string());
        assert!(event.starts_with(event_name(kind)), "{event}");
    }
}

#[test]
fn the_example_is_true() {
    let (_, example) = DOCS.split_once("### A worked example").unwrap();
    let (statement, decision) = example.split_once("The decision:").unwrap();
    assert_eq!(hex::encode(golden_statement()), record_in(statement));
    let (decision, results) = decision.split_once("Recorded at").unwrap();
    assert_eq!(hex::encode(golden_decision()), record_in(decision));
    let leaf = golden_leaf();
    assert!(results.contains(&format!("{TIME_US} µs")) && results.contains(&format!("--time-us {TIME_US} ")));
    assert!(results.contains(&format!("--salt {} ", hex::encode(salt().as_bytes()))));
    for (name, bytes) in [
        ("statement digest", leaf.statement.to_vec()),
        ("decision digest", leaf.decision.to_vec()),
        ("leaf", leaf.to_bytes().to_vec()),
        ("leaf hash", leaf.hash().to_vec()),
    ] {
        let line = format!("    {name:<16}  {}\n", hex::encode(bytes));
        assert!(results.contains(&line), "{line}");
    }
    assert_eq!(ReferralDecision::decode(&golden_decision()).unwrap().target, TargetId::from_bytes([7; 16]));
    assert_eq!(ReferralDecision::decode(&golden_decision()).unwrap().link, LinkId::from_bytes([8; 32]));
    let (case_number, referral) = ReferralStatement::decode(&golden_statement(), &salt()).unwrap();
    assert!(statement.contains(&case_number) && statement.contains(&referral.link));
}

const TIME_US: u64 = 1_795_305_600_000_000;

fn salt() -> Salt {
    Salt::from_random(std::array::from_fn(|i| u8::try_from(i).unwrap()))
}

/// The golden one with what came later.
fn full_statement() -> Vec<u8> {
    let mut record = golden_statement();
    Writer::new(&mut record).text(20, "de-by-lka").text(21, "DE-BY").text(22, "forum-7");
    record
}

fn golden_statement() -> Vec<u8> {
    golden("referral-statement-v1")
}

fn golden_decision() -> Vec<u8> {
    golden("referral-decision-v1")
}

fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    hex::decode(std::fs::read_to_string(path).unwrap().trim()).unwrap()
}

fn golden_leaf() -> Leaf {
    Leaf {
        kind: Kind::Referral,
        time_us: TIME_US,
        statement: statement_digest(&salt(), &golden_statement()),
        decision: decision_digest(&salt(), &golden_decision()),
    }
}

/// How the page names it; a new kind does not compile here before it has a name.
fn event_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Referral => "referral",
        Kind::CaseOpened => "case opened",
        Kind::CaseClosed => "case closed",
        Kind::AgencyAdded => "agency registered",
        Kind::AgencySuspended => "agency suspended",
        Kind::AgencyResumed => "agency resumed",
        Kind::NodeKeyAdded => "node's key registered",
        Kind::NodeKeyDropped => "node's key forgotten",
        Kind::Decision => "decision on targets",
        Kind::Deadline => "deadline passed",
        Kind::Policy => "policy put in force",
        Kind::StatementKeyAdded => "statement key registered",
        Kind::StatementKeyRevoked => "statement key revoked",
        Kind::WitnessKeyAdded => "witness key registered",
        Kind::WitnessKeyDropped => "witness key forgotten",
        Kind::Redaction => "redaction",
        Kind::LedgerKey => "ledger's key put in office",
        Kind::Epoch => "log epoch begun",
        Kind::Reconciled => "agency reconciled",
        Kind::LiaisonQuery => "liaison question",
        Kind::Announcement => "announcement",
        Kind::Disclosure => "disclosure",
        Kind::BlindEpoch => "epoch of blind questions begun",
        Kind::Duplicates => "duplicates decided",
        Kind::HostRules => "host rules put in force",
    }
}

/// Every code that is ever sent, whatever numbers were reserved between them.
fn codes() -> Vec<RefusalCode> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let lists = set.file.iter().flat_map(|file| &file.enum_type);
    let list = lists.into_iter().find(|list| list.name() == "RefusalCode").unwrap();
    let codes = list.value.iter().map(|value| RefusalCode::try_from(value.number()).unwrap());
    codes.filter(|code| *code != RefusalCode::Unspecified).collect()
}

/// The hexadecimal digits of a record's lines: indented by four, and what follows two blanks is for people.
fn record_in(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    lines.flat_map(|line| line.split("  ").next().unwrap().split(' ')).collect()
}

/// The rows of all tables below a heading, without their heads.
fn table(title: &str) -> Vec<Vec<&'static str>> {
    let heading = |line: &str| line.trim_start_matches('#').trim() == title && line.starts_with('#');
    let section = DOCS.lines().skip_while(|line| !heading(line)).skip(1);
    let lines: Vec<_> = section.take_while(|line| !line.starts_with('#')).collect();
    let rows = lines.windows(2).filter(|pair| !pair[1].starts_with("| ---"));
    let rows = rows.map(|pair| pair[0]).chain(lines.last().copied());
    let rows = rows.filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    let rows: Vec<_> =
        rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    assert!(!rows.is_empty(), "{title} has rows");
    rows
}

fn code(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
