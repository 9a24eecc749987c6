//! The contract only grows: every message that was recorded with an earlier version is read today, nothing of it is lost, and
//! what a later version may add is passed over. `hub/tests/it/wire.rs` sends the same bytes to a hub.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{collections::BTreeSet, path::Path};

use meldeverbund_proto::{
    DESCRIPTORS,
    v1::{
        AcknowledgeRequest, AcknowledgeResponse, CloseCaseRequest, CloseCaseResponse, DecideRequest,
        DecideResponse, ExplainTargetRequest, ExplainTargetResponse, FollowRequest, FollowResponse,
        OpenCaseRequest, OpenCaseResponse, ProveConsistencyRequest, ProveConsistencyResponse,
        ShowTargetsRequest, ShowTargetsResponse, SubmitRequest, SubmitResponse, WhoAmIRequest,
        WhoAmIResponse, WitnessRequest, WitnessResponse,
    },
};
use prost::Message;
use prost_types::FileDescriptorSet;
use serde_json::Value;

/// Methods that no recorded version had.
const YOUNGER: [&str; 12] = [
    "AgencyService/ReportReconciled",
    "BlindService/Evaluate",
    "BlindService/FetchSet",
    "BlindService/ShowEpochs",
    "DisclosureService/AnswerDisclosure",
    "DisclosureService/ListAsked",
    "DisclosureService/RestrictDisclosure",
    "LiaisonService/Announce",
    "LiaisonService/ListAnnouncements",
    "LiaisonService/ListDisclosures",
    "LiaisonService/Query",
    "LiaisonService/RequestDisclosure",
];

/// A field that no version has (number 2047, three bytes).
const UNKNOWN: [u8; 6] = [0xfa, 0x7f, 3, 1, 2, 3];

#[test]
fn what_was_recorded_is_read_and_nothing_of_it_is_lost() {
    for (file, lines) in recordings() {
        let mut recorded = BTreeSet::new();
        for line in lines {
            let method = line["method"].as_str().unwrap().to_owned();
            let [read_request, read_answer] = readers(&method);
            read_request(&bytes(&line["request"])).unwrap_or_else(|lost| panic!("{file} {method}: {lost}"));
            for answer in line["answers"].as_array().unwrap() {
                read_answer(&bytes(answer)).unwrap_or_else(|lost| panic!("{file} {method}: {lost}"));
            }
            recorded.insert(method);
        }
        let missing: Vec<_> = methods().into_iter().filter(|method| !recorded.contains(method)).collect();
        assert_eq!(missing, YOUNGER, "{file}: every method is recorded, or is named as younger");
    }
}

/// Reads a message of one type: what is written again is what was read, and an unknown field changes nothing.
type Reader = fn(&[u8]) -> Result<(), &'static str>;

fn as_type<M: Message + Default + PartialEq>(bytes: &[u8]) -> Result<(), &'static str> {
    let message = M::decode(bytes).map_err(|_| "cannot be read")?;
    if message.encode_to_vec() != bytes {
        return Err("something was lost or is written otherwise");
    }
    let later = M::decode(&*[bytes, &UNKNOWN].concat()).map_err(|_| "a later field stops it")?;
    if later == message { Ok(()) } else { Err("a later field changes it") }
}

fn readers(method: &str) -> [Reader; 2] {
    match method {
        "AgencyService/WhoAmI" => [as_type::<WhoAmIRequest>, as_type::<WhoAmIResponse>],
        "CaseService/CloseCase" => [as_type::<CloseCaseRequest>, as_type::<CloseCaseResponse>],
        "CaseService/OpenCase" => [as_type::<OpenCaseRequest>, as_type::<OpenCaseResponse>],
        "DecisionService/Decide" => [as_type::<DecideRequest>, as_type::<DecideResponse>],
        "FeedService/Acknowledge" => [as_type::<AcknowledgeRequest>, as_type::<AcknowledgeResponse>],
        "FeedService/Follow" => [as_type::<FollowRequest>, as_type::<FollowResponse>],
        "LedgerService/ProveConsistency" => {
            [as_type::<ProveConsistencyRequest>, as_type::<ProveConsistencyResponse>]
        }
        "LedgerService/Witness" => [as_type::<WitnessRequest>, as_type::<WitnessResponse>],
        "ReferralService/Submit" => [as_type::<SubmitRequest>, as_type::<SubmitResponse>],
        "TargetService/ExplainTarget" => [as_type::<ExplainTargetRequest>, as_type::<ExplainTargetResponse>],
        "TargetService/ShowTargets" => [as_type::<ShowTargetsRequest>, as_type::<ShowTargetsResponse>],
        other => panic!("{other} was taken out of the contract"),
    }
}

/// The conversations, without the first line of each, which says what made the targets' ids.
fn recordings() -> Vec<(String, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wire");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    let read = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap());
        (file.display().to_string(), lines.collect())
    };
    let recordings: Vec<_> = files.map(read).collect();
    assert!(!recordings.is_empty(), "no recordings");
    recordings
}

fn methods() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let services =
        set.file.iter().filter(|file| file.package() == "meldeverbund.v1").flat_map(|file| &file.service);
    let methods = services.flat_map(|service| {
        service.method.iter().map(|method| format!("{}/{}", service.name(), method.name()))
    });
    methods.collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    hex::decode(hex.as_str().unwrap()).unwrap()
}
