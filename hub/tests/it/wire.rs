//! What nodes of an earlier version say is understood, and answered as it was: their recorded bytes, message by message, sent to
//! today's hub. `proto/tests/golden/wire/README.md` says how they were made.

use std::{io::Write as _, path::PathBuf};

use meldeverbund_hub::serve::Server;
use meldeverbund_proto::v1::{
    AcknowledgeRequest, CloseCaseRequest, CloseCaseResponse, DecideResponse, ExplainTargetRequest,
    ExplainTargetResponse, FollowRequest, FollowResponse, OpenCaseResponse, ProveConsistencyRequest,
    ProveConsistencyResponse, ShowTargetsRequest, ShowTargetsResponse, SubmitResponse, WhoAmIRequest,
    WhoAmIResponse, WitnessBegin, WitnessRequest, decide_request::Decision, decide_response, submit_response,
    witness_request::Step,
};
use prost::{
    Message,
    bytes::{Buf as _, BufMut as _},
};
use serde_json::{Value, json};
use tokio_stream::{self as stream, StreamExt as _};
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use crate::{
    decisions::{assess, hold, request_grant},
    harness::{Federation, INSTANCE, Office, batch, decision_on, open_case, uuid},
};

/// Where a recording goes; nothing set: none is made.
const RECORD: &str = "MELDEVERBUND_WIRE_RECORD";

/// The recordings, each named for the commit whose hub answered.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/tests/golden/wire");

const OFFICES: [&str; 2] = ["de-nw-lka", "de-by-lka"];

/// Messages as they are on the wire.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// Sends one message to a method, whatever its kind: on the wire they are alike. Answers are taken until there are so many.
async fn call(
    office: &Office,
    method: &str,
    request: Vec<u8>,
    answers: usize,
) -> Result<Vec<Vec<u8>>, Status> {
    let mut grpc = Grpc::new(office.channel.clone()).max_decoding_message_size(8 << 20);
    grpc.ready().await.unwrap();
    let path = format!("/meldeverbund.v1.{method}").parse().unwrap();
    // A witness's conversation ends with its last word; elsewhere a single message ends what is asked.
    let (open, closed) = (stream::pending(), stream::empty());
    let requests = stream::once(request);
    let answered = if method == "LedgerService/Witness" {
        grpc.streaming(tonic::Request::new(requests.chain(open)), path, Raw).await?
    } else {
        grpc.streaming(tonic::Request::new(requests.chain(closed)), path, Raw).await?
    };
    answered.into_inner().take(answers).collect::<Result<Vec<_>, _>>().await
}

/// A conversation as it is written down.
struct Notes {
    lines: Vec<Value>,
}

impl Notes {
    async fn say<A: Message + Default>(
        &mut self,
        office: usize,
        offices: &[Office],
        method: &str,
        request: &impl Message,
        answers: usize,
    ) -> Vec<A> {
        let request = request.encode_to_vec();
        let answered = call(&offices[office], method, request.clone(), answers).await.unwrap();
        let hexes: Vec<_> = answered.iter().map(hex::encode).collect();
        self.lines.push(json!({
            "office": office, "method": method, "request": hex::encode(request), "answers": hexes,
        }));
        answered.iter().map(|answer| A::decode(&answer[..]).unwrap()).collect()
    }
}

/// What nodes say: every method, and of every method what a hub refuses as well.
async fn conversation(offices: &[Office]) -> Notes {
    let mut notes = Notes { lines: Vec::new() };
    let n = &mut notes;
    for office in 0..offices.len() {
        n.say::<WhoAmIResponse>(office, offices, "AgencyService/WhoAmI", &WhoAmIRequest {}, 1).await;
        let number = format!("{office}/26");
        n.say::<OpenCaseResponse>(office, offices, "CaseService/OpenCase", &open_case(&number), 1).await;
    }
    let submit = "ReferralService/Submit";
    let first = batch("0/26", &["https://a.test/1", "http://www.b.test:80/2?x=%41"]);
    let answer: Vec<SubmitResponse> = n.say(0, offices, submit, &first, 1).await;
    let submit_response::Result::Accepted(accepted) = answer[0].result.clone().unwrap() else { panic!() };
    let targets: Vec<_> = accepted.answers.iter().map(|answer| answer.target_id.clone()).collect();
    n.say::<SubmitResponse>(0, offices, submit, &first, 1).await;
    n.say::<SubmitResponse>(1, offices, submit, &batch("1/26", &["https://a.test/1", "data:x"]), 1).await;
    n.say::<SubmitResponse>(1, offices, submit, &batch("unknown/26", &["https://a.test/1"]), 1).await;
    let decide = "DecisionService/Decide";
    let on_second = &targets[1..];
    for decision in [assess(), hold(), request_grant()] {
        n.say::<DecideResponse>(0, offices, decide, &decision_on(on_second, decision), 1).await;
    }
    let foreign = decision_on(on_second, Decision::RequestGrant(Default::default()));
    n.say::<DecideResponse>(1, offices, decide, &foreign, 1).await;
    let show = ShowTargetsRequest { target_ids: targets.clone() };
    n.say::<ShowTargetsResponse>(0, offices, "TargetService/ShowTargets", &show, 1).await;
    let explain = ExplainTargetRequest { target_id: targets[1].clone(), at_leaf: 0 };
    n.say::<ExplainTargetResponse>(0, offices, "TargetService/ExplainTarget", &explain, 1).await;
    let follow = FollowRequest { instance_id: INSTANCE.into(), boot_id: uuid(), ..FollowRequest::default() };
    n.say::<FollowResponse>(0, offices, "FeedService/Follow", &follow, 4).await;
    let applied =
        AcknowledgeRequest { instance_id: INSTANCE.into(), sequence: 3, ..AcknowledgeRequest::default() };
    n.say::<()>(0, offices, "FeedService/Acknowledge", &applied, 1).await;
    let begin = WitnessRequest { step: Some(Step::Begin(WitnessBegin::default())) };
    n.say::<()>(0, offices, "LedgerService/Witness", &begin, 1).await;
    let prove = ProveConsistencyRequest { epoch: 1, from: vec![1, 3], to: 6 };
    n.say::<ProveConsistencyResponse>(0, offices, "LedgerService/ProveConsistency", &prove, 1).await;
    let mut close = CloseCaseRequest { number: "1/26".into(), ..Default::default() };
    (close.command_id, close.salt) = (uuid(), vec![7; 32]);
    n.say::<()>(1, offices, "CaseService/CloseCase", &close, 1).await;
    notes
}

async fn offices(federation: &Federation, registered: bool) -> Vec<Office> {
    let mut offices = Vec::new();
    for agency in OFFICES {
        offices.push(match registered {
            false => federation.office(agency).await,
            true => federation.connect(agency, "main").await,
        });
    }
    offices
}

fn database(federation: &Federation) -> PathBuf {
    federation.folder.path().join("hub.sqlite")
}

/// The conversation, with today's hub; written down where somebody asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn todays_conversation_can_be_recorded() {
    let federation = Federation::start_on_a_file().await;
    let offices = offices(&federation, false).await;
    let notes = conversation(&offices).await;
    if let Ok(file) = std::env::var(RECORD) {
        let meta = rusqlite::Connection::open(database(&federation)).unwrap();
        let sql = "SELECT value FROM meta WHERE name = 'target_key'";
        let key: Vec<u8> = meta.query_row(sql, [], |row| row.get(0)).unwrap();
        let mut file = std::fs::File::create(file).unwrap();
        writeln!(file, "{}", json!({ "target_key": hex::encode(key) })).unwrap();
        notes.lines.iter().for_each(|line| writeln!(file, "{line}").unwrap());
    }
    drop(offices);
    federation.end().await;
}

/// The same conversation as it was recorded with an earlier version, byte by byte, on a hub whose targets get the same ids.
#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_nodes_say_is_answered_as_it_was() {
    let mut replayed = 0;
    for file in std::fs::read_dir(GOLDEN).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "jsonl") {
            replay(&std::fs::read_to_string(&file).unwrap()).await;
            replayed += 1;
        }
    }
    assert!(replayed > 0, "no recordings");
}

async fn replay(recording: &str) {
    let mut lines = recording.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let key = bytes(&lines.next().unwrap()["target_key"]);
    let federation = Federation::start_on_a_file().await;
    drop(offices(&federation, false).await);
    let Federation { folder, authority, mut config, clock, server, place } = federation;
    server.end().await.unwrap();
    // What it was when that was recorded: a limit is a hub's own, and it says which.
    config.limits.submissions_in_flight = 4;
    let meta = rusqlite::Connection::open(folder.path().join("hub.sqlite")).unwrap();
    assert_eq!(meta.execute("UPDATE meta SET value = ?1 WHERE name = 'target_key'", [key]).unwrap(), 1);
    drop(meta);
    let server = Server::start(&config, clock.clone(), None).await.unwrap();
    let federation = Federation { folder, authority, config, clock, server, place };
    let offices = offices(&federation, true).await;
    for line in lines {
        let (office, method) = (line["office"].as_u64().unwrap(), line["method"].as_str().unwrap());
        let old: Vec<_> = line["answers"].as_array().unwrap().iter().map(bytes).collect();
        let office = &offices[usize::try_from(office).unwrap()];
        let new = call(office, method, bytes(&line["request"]), old.len()).await;
        let new = new.unwrap_or_else(|status| panic!("{method}: {status:?}"));
        assert_eq!(old.len(), new.len(), "{method}");
        for (old, new) in old.iter().zip(&new) {
            assert_eq!(meaning(method, new), meaning(method, old), "{method}");
        }
    }
    drop(offices);
    federation.end().await;
}

/// What an answer says but for times, versions and what is signed.
fn meaning(method: &str, bytes: &[u8]) -> String {
    match method {
        "AgencyService/WhoAmI" => {
            let said = read::<WhoAmIResponse>(bytes);
            format!("{:?} {} {:?}", said.agency, said.node, said.limits)
        }
        "CaseService/OpenCase" => format!("{:?}", read::<OpenCaseResponse>(bytes).case),
        "CaseService/CloseCase" => read::<CloseCaseResponse>(bytes).closed_already.to_string(),
        "ReferralService/Submit" => match read::<SubmitResponse>(bytes).result {
            Some(submit_response::Result::Accepted(said)) => {
                format!("{} {} {:?}", said.repeated, said.leaf_count, said.answers)
            }
            refused => format!("{refused:?}"),
        },
        "DecisionService/Decide" => match read::<DecideResponse>(bytes).result {
            Some(decide_response::Result::Decided(said)) => format!("{:?}", said.answers),
            refused => format!("{refused:?}"),
        },
        "TargetService/ShowTargets" => {
            let targets = read::<ShowTargetsResponse>(bytes).targets.into_iter();
            let said =
                targets.map(|target| (target.target_id, target.stage, target.round, target.owner_agency_id));
            format!("{:?}", said.collect::<Vec<_>>())
        }
        "TargetService/ExplainTarget" => {
            let said = read::<ExplainTargetResponse>(bytes);
            format!("{} {} {}", said.owner_agency_id, said.owner_basis, said.timeline.len())
        }
        "FeedService/Follow" => {
            let said = read::<FollowResponse>(bytes);
            format!("{} {:?}", said.sequence, said.event.as_ref().map(std::mem::discriminant))
        }
        "LedgerService/ProveConsistency" => {
            let proofs = read::<ProveConsistencyResponse>(bytes).proofs.into_iter();
            format!("{:?}", proofs.map(|proof| proof.hashes.len()).collect::<Vec<_>>())
        }
        // Says nothing, or a checkpoint of its moment.
        "FeedService/Acknowledge" | "LedgerService/Witness" => String::new(),
        other => panic!("{other} is not compared"),
    }
}

fn read<M: Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).unwrap()
}

/// What a later version may say that this one does not know.
#[tokio::test(flavor = "multi_thread")]
async fn what_later_nodes_say_beyond_is_passed_over_or_refused_by_name() {
    let federation = Federation::start_on_a_file().await;
    let offices = offices(&federation, false).await;
    let office = &offices[0];
    // A field that only they know.
    let later = |message: &dyn Fn() -> Vec<u8>| [message(), vec![0xfa, 0x7f, 3, 1, 2, 3]].concat();
    let case = open_case("1/26");
    let opened = call(office, "CaseService/OpenCase", later(&|| case.encode_to_vec()), 1).await.unwrap();
    assert_eq!(read::<OpenCaseResponse>(&opened[0]).case.unwrap().number, "1/26");
    let mut kind = open_case("2/26");
    kind.case.as_mut().unwrap().kind = 99;
    let status = call(office, "CaseService/OpenCase", kind.encode_to_vec(), 1).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
    assert!(format!("{status:?}").contains("kind"), "{status:?}");
    // A decision of a kind that only they know.
    let target = office.refer("1/26", &["https://a.test/1"]).await.answers[0].target_id.clone();
    let mut decision = decision_on(&[target], assess());
    decision.decision = None;
    let answer =
        call(office, "DecisionService/Decide", later(&|| decision.encode_to_vec()), 1).await.unwrap();
    let Some(decide_response::Result::Refused(refusal)) = read::<DecideResponse>(&answer[0]).result else {
        panic!("{answer:?}")
    };
    assert_eq!(refusal.field, "decision", "{refusal:?}");
    // A method that only they know.
    let unknown = call(office, "AgencyService/SayHello", Vec::new(), 1).await.unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::Unimplemented, "{unknown:?}");
    drop(offices);
    federation.end().await;
}
