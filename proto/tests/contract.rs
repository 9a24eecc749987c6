//! What the contract promises about itself: all of it is explained, and none of it can carry media.

#![expect(clippy::unwrap_used, reason = "a test may")]

use meldeverbund_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};

/// Byte fields and the one size that each may have (bytes); none that is sent to the hub is large enough for an image.
const BYTE_FIELDS: [(&str, &str); 29] = [
    ("ContentHash.digest", "exactly 32, 20 or 16 bytes"),
    ("DecideRequest.salt", "Exactly 32 random bytes"),
    ("SecureEvidence.container_sha256", "exactly 32 bytes, or none"),
    ("TargetRecord.target_id", "16 bytes"),
    ("TargetRecord.merged_into", "exactly 16 bytes"),
    ("OpenCaseRequest.salt", "Exactly 32 random bytes"),
    ("CloseCaseRequest.salt", "Exactly 32 random bytes"),
    ("Referral.salt", "Exactly 32 random bytes"),
    ("ReferralAnswer.link_id", "32 bytes"),
    ("StatementSignature.signature", "exactly 64 bytes"),
    ("Receipt.before", "each 32 bytes"),
    ("Receipt.decision_digests", "each 32 bytes"),
    ("Receipt.after", "each 32 bytes"),
    ("WitnessResponse.consistency", "32 bytes. Empty where"),
    ("ConsistencyProof.hashes", "each 32 bytes"),
    ("AnnounceRequest.salt", "Exactly 32 random bytes"),
    ("AnswerDisclosureRequest.salt", "Exactly 32 random bytes"),
    ("BlindEpoch.filter_digest", "exactly 32 bytes"),
    ("BlindEpoch.public_key", "exactly 32 bytes"),
    ("BlindIncrement.tags", "at most 65,536 bytes; from the hub alone"),
    ("EvaluateRequest.blinded_elements", "exactly 32 bytes each"),
    ("EvaluateRequest.salt", "Exactly 32 random bytes"),
    ("EvaluateResponse.evaluated_elements", "32 bytes each"),
    ("EvaluateResponse.proof", "exactly 64 bytes"),
    ("FetchSetResponse.filter", "at most 65,536 bytes; from the hub alone"),
    ("QueryRequest.salt", "Exactly 32 random bytes"),
    ("RequestDisclosureRequest.salt", "Exactly 32 random bytes"),
    ("RestrictDisclosureRequest.salt", "Exactly 32 random bytes"),
    ("Selector.link_id", "exactly 32 bytes"),
];

fn hub_files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    set.file.into_iter().filter(|file| file.package() == "meldeverbund.v1").collect()
}

#[test]
fn the_contract_has_its_services() {
    let files = hub_files();
    let mut services: Vec<_> =
        files.iter().flat_map(|file| &file.service).map(|s| s.name().to_owned()).collect();
    services.sort();
    let known = [
        "AgencyService",
        "BlindService",
        "CaseService",
        "DecisionService",
        "DisclosureService",
        "FeedService",
        "LedgerService",
        "LiaisonService",
        "ReferralService",
        "TargetService",
    ];
    assert_eq!(services, known);
}

/// The node hands the desk's decisions on as they are, so that field by field they must be the hub's.
#[test]
fn the_desk_takes_the_decisions_of_the_contract() {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let decisions = |package: &str| -> Vec<_> {
        let files = set.file.iter().filter(|file| file.package() == package);
        let message =
            files.flat_map(|file| &file.message_type).find(|m| m.name() == "DecideRequest").unwrap();
        let fields = message.field.iter().filter(|field| field.oneof_index.is_some());
        fields.map(|field| (field.number(), field.name().to_owned(), field.type_name().to_owned())).collect()
    };
    let desk = decisions("meldeverbund.node.v1");
    assert_eq!(desk, decisions("meldeverbund.v1"));
    assert!(desk.len() > 30);
}

#[test]
fn everything_is_explained() {
    for file in FileDescriptorSet::decode(DESCRIPTORS).unwrap().file {
        let locations = &file.source_code_info.as_ref().expect("descriptors keep their comments").location;
        let commented = |path: &[i32]| {
            locations.iter().any(|l| l.path == path && !l.leading_comments().trim().is_empty())
        };
        for (m, message) in file.message_type.iter().enumerate() {
            assert!(commented(&[4, index(m)]), "{}", message.name());
            for (f, field) in message.field.iter().enumerate() {
                assert!(commented(&[4, index(m), 2, index(f)]), "{}.{}", message.name(), field.name());
            }
            assert!(
                message.nested_type.is_empty(),
                "{}: nested messages hide from this test",
                message.name()
            );
        }
        for (e, list) in file.enum_type.iter().enumerate() {
            for v in 0..list.value.len() {
                assert!(commented(&[5, index(e), 2, index(v)]), "{} value {v}", list.name());
            }
        }
        for (s, service) in file.service.iter().enumerate() {
            for m in 0..service.method.len() {
                assert!(commented(&[6, index(s), 2, index(m)]), "{} method {m}", service.name());
            }
        }
    }
}

#[test]
fn no_bytes_field_could_carry_an_image() {
    let files = hub_files();
    let mut found = Vec::new();
    for (file, message) in files.iter().flat_map(|file| file.message_type.iter().map(move |m| (file, m))) {
        for field in byte_fields(message) {
            let comment = comment_of(file, message, &field);
            let name = format!("{}.{field}", message.name());
            let size = BYTE_FIELDS.iter().find(|(known, _)| *known == name);
            let (_, size) =
                size.unwrap_or_else(|| panic!("{name}: state its one size here and in its comment"));
            assert!(comment.contains(size), "{name}: its comment must say {size:?}");
            found.push(name);
        }
    }
    assert_eq!(found.len(), BYTE_FIELDS.len(), "{found:?}");
}

fn byte_fields(message: &DescriptorProto) -> Vec<String> {
    message.field.iter().filter(|f| f.r#type() == Type::Bytes).map(|f| f.name().to_owned()).collect()
}

fn comment_of(file: &FileDescriptorProto, message: &DescriptorProto, field: &str) -> String {
    let m = file.message_type.iter().position(|candidate| candidate == message).unwrap();
    let f = message.field.iter().position(|candidate| candidate.name() == field).unwrap();
    let path = [4, index(m), 2, index(f)];
    let locations = &file.source_code_info.as_ref().unwrap().location;
    locations.iter().find(|l| l.path == path).unwrap().leading_comments().to_owned()
}

fn index(i: usize) -> i32 {
    i32::try_from(i).unwrap()
}
