//! What a person must decide: which token counts for what, over the wire and by the word of real issuers, and who is remembered.

use std::{sync::Arc, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::{
    flow::{Act, EraseLog, LogReader, PutPolicy, SoughtActs, read_acts},
    rpc::PersonSettings,
    serve::Server,
    store::ReadRow,
};
use meldeverbund_people::{
    Role,
    testing::{TestIssuer, TestKey},
};
use meldeverbund_proto::v1::{
    AnswerDisclosureRequest, Confirm, DecideRequest, DecideResponse, DisclosedValue, DisclosureField,
    GateKind, RefusalCode, RequestDisclosureRequest, RestrictDisclosureRequest, WithdrawGate,
    decide_request::Decision, decide_response, disclosure_service_client::DisclosureServiceClient,
};
use serde_json::json;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Request, Status};

use crate::{
    cli::{err, out},
    deciding::reason,
    decisions::{assess, gates, hold},
    harness::{CENTRAL, Federation, INSTANCE, Office, decided, decision_on, salt, uuid},
    liaison::{ask, client, europol, link, question, token, with_token},
    process::Site,
};

const NW: &str = "de-nw-lka";
const UNKNOWN: &str = "REFUSAL_CODE_OFFICER_UNKNOWN";

fn persons(agency: &str, acts: &[&str]) -> PersonSettings {
    let acts = acts.iter().map(|act| Act::try_from((*act).to_owned()).unwrap()).collect();
    PersonSettings { agency: agency.parse().unwrap(), acts }
}

/// A call with a token, or without one.
fn call<T>(message: T, token: Option<&str>) -> Request<T> {
    match token {
        Some(token) => with_token(message, token),
        None => Request::new(message),
    }
}

fn release() -> Decision {
    let [.., release] = gates();
    release
}

fn withdraw(gate: GateKind) -> Decision {
    Decision::WithdrawGate(WithdrawGate { gate: gate.into(), reason: "wrong".into() })
}

fn confirm(gate: GateKind) -> Decision {
    Decision::Confirm(Confirm { gate: gate.into() })
}

/// A decision about a target that nobody knows: it is taken, and refused for the target.
fn decision(decision: Decision) -> DecideRequest {
    decision_on(&[uuid()], decision)
}

fn answer(disclosure_id: &str) -> AnswerDisclosureRequest {
    let value = DisclosedValue {
        field: DisclosureField::Officer.into(),
        text: "KHK Muster".into(),
        restricted: false,
    };
    AnswerDisclosureRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        disclosure_id: disclosure_id.into(),
        values: vec![value],
        reason: String::new(),
    }
}

fn restrict(disclosure_id: &str) -> RestrictDisclosureRequest {
    RestrictDisclosureRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        disclosure_id: disclosure_id.into(),
        fields: Vec::new(),
        reason: "corrected".into(),
    }
}

/// Why the whole decision was refused; none: it was taken.
fn refused(response: &DecideResponse) -> Option<RefusalCode> {
    match response.result.as_ref().unwrap() {
        decide_response::Result::Decided(_) => None,
        decide_response::Result::Refused(refusal) => Some(refusal.code()),
    }
}

/// Decides on one stream.
async fn decide(
    office: &Office,
    requests: Vec<DecideRequest>,
    token: Option<&str>,
) -> Result<Vec<Option<RefusalCode>>, Status> {
    let stream = office.decisions().decide(call(tokio_stream::iter(requests), token)).await?.into_inner();
    let answers: Vec<DecideResponse> = stream.collect::<Result<_, _>>().await?;
    Ok(answers.iter().map(refused).collect())
}

/// Answers and restricts a disclosure; why not.
async fn disclose(office: &Office, id: &str, token: Option<&str>) -> [Result<(), Status>; 2] {
    let mut service = DisclosureServiceClient::new(office.channel.clone());
    let answered = service.answer_disclosure(call(answer(id), token)).await.map(drop);
    [answered, service.restrict_disclosure(call(restrict(id), token)).await.map(drop)]
}

/// A hub that takes the word of two issuers, each for one office; what these acts are is a person's to decide at the first.
async fn with_issuers(now: &ManualClock, acts: &[&str]) -> (Federation, TestIssuer, TestIssuer, Office) {
    let (issuer, other) = (TestIssuer::start().await, TestIssuer::start().await);
    let settings = vec![issuer.settings(&NW.parse().unwrap()), other.settings(&"de-by-lka".parse().unwrap())];
    let persons = vec![persons(NW, acts)];
    let mut federation =
        Federation::start_with(now.clock(), |config| (config.issuers, config.persons) = (settings, persons))
            .await;
    federation.server.end().await.unwrap();
    federation.server = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    let nw = federation.office(NW).await;
    (federation, issuer, other, nw)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_act_asks_for_its_roles() {
    const ACTS: [&str; 7] = [
        "assess",
        "place-hold",
        "confirm",
        "withdraw-gate",
        "release",
        "disclosure-answer",
        "disclosure-restrict",
    ];
    let now = ManualClock::new(Clock::system().now());
    let (federation, issuer, _other, nw) = with_issuers(&now, &ACTS).await;
    // Deciding, releasing, disclosing, over the wire: for each kind one who may and one who may not. Who may at all is a table
    // beside the rules (`rpc/persons/tests.rs`).
    let samples = [
        (Role::DeskOfficer, [true, false, true]),
        (Role::Prosecutor, [false, true, true]),
        (Role::Auditor, [false, false, false]),
    ];
    for (role, [decides, releases, discloses]) in samples {
        let token = issuer.token(&[role], now.now()).sign();
        let deciding = [assess(), hold(), withdraw(GateKind::Evidence), confirm(GateKind::Assessed)];
        let releasing = [release(), withdraw(GateKind::Released), confirm(GateKind::Released)];
        let requests = deciding.into_iter().chain(releasing).map(decision).collect();
        let answers = decide(&nw, requests, Some(&token)).await.unwrap();
        let expected = |may| if may { None } else { Some(RefusalCode::OfficerUnknown) };
        assert_eq!(answers[..4], [expected(decides); 4], "{role} decides");
        assert_eq!(answers[4..], [expected(releases); 3], "{role} releases");
        let said = if discloses { "REFUSAL_CODE_DISCLOSURE_UNKNOWN" } else { UNKNOWN };
        for status in disclose(&nw, &uuid(), Some(&token)).await.map(Result::unwrap_err) {
            assert_eq!(reason(&status), said, "{role} discloses");
        }
    }
    // One who is two things may do what either may.
    let both = issuer.token(&[Role::Auditor, Role::Prosecutor], now.now()).sign();
    assert_eq!(decide(&nw, vec![decision(release())], Some(&both)).await.unwrap(), [None]);
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_count_is_refused_and_none_is_enough_for_what_is_not_listed() {
    let now = ManualClock::new(Clock::system().now());
    let (federation, issuer, other, nw) = with_issuers(&now, &["release", "disclosure-answer"]).await;
    let by = federation.office("de-by-lka").await;
    let supervisor = |issuer: &TestIssuer| issuer.token(&[Role::Supervisor], now.now());
    let good = supervisor(&issuer).sign();
    let stranger = Arc::new(TestKey::es256("first"));
    let bad = [
        supervisor(&other).sign(),
        issuer.token(&[Role::Supervisor], now.now() - Duration::from_secs(301)).sign(),
        supervisor(&issuer).forged_by(&stranger).sign(),
        supervisor(&issuer).unsigned(),
        format!("{good}x"),
        "nonsense".to_owned(),
    ];
    let before = federation.counts().await.leaves;
    for token in &bad {
        // Whether listed or not: a token is never passed over.
        let stream = decide(&nw, vec![decision(hold())], Some(token)).await.unwrap_err();
        let [answered, restricted] = disclose(&nw, &uuid(), Some(token)).await.map(Result::unwrap_err);
        for status in [stream, answered, restricted] {
            assert_eq!((status.code(), &*reason(&status)), (Code::Unauthenticated, UNKNOWN), "{token}");
            let tells = |part: &str| part.len() > 8 && status.message().contains(part);
            assert!(!token.split('.').any(tells), "a token is never repeated: {}", status.message());
        }
    }
    assert_eq!(federation.counts().await.leaves, before, "nothing was recorded");

    // Without a token: answered decision by decision, and the stream goes on.
    let requests = vec![decision(hold()), decision(release()), decision(hold())];
    let answers = decide(&nw, requests, None).await.unwrap();
    assert_eq!(answers, [None, Some(RefusalCode::OfficerUnknown), None]);
    let [answered, restricted] = disclose(&nw, &uuid(), None).await.map(Result::unwrap_err);
    assert_eq!(reason(&answered), UNKNOWN);
    assert!(
        answered.message().contains("a desk officer, supervisor or prosecutor"),
        "{}",
        answered.message()
    );
    assert_eq!(reason(&restricted), "REFUSAL_CODE_DISCLOSURE_UNKNOWN", "that is not listed");
    let preview = DecideRequest { dry_run: true, ..decision(release()) };
    assert_eq!(decide(&nw, vec![preview], None).await.unwrap(), [None], "a preview decides nothing");

    // Another office has no list: its certificate is enough, and a foreign token is refused all the same.
    assert_eq!(decide(&by, vec![decision(release())], None).await.unwrap(), [None]);
    let status = decide(&by, vec![decision(release())], Some(&good)).await.unwrap_err();
    assert_eq!(reason(&status), UNKNOWN);
    drop((nw, by));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_s_token_counts_until_it_runs_out_and_what_was_decided_stays() {
    let now = ManualClock::new(Clock::system().now());
    let (federation, issuer, _other, nw) = with_issuers(&now, &["release"]).await;
    let token = issuer.token(&[Role::Supervisor], now.now()).sign();
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let stream = with_token(ReceiverStream::new(stream), &token);
    let mut answers = nw.decisions().decide(stream).await.unwrap().into_inner();
    let mut one = async |request: DecideRequest| {
        requests.send(request).await.unwrap();
        answers.message().await.unwrap().unwrap()
    };
    let first = decision(release());
    assert_eq!(refused(&one(first.clone()).await), None);
    now.advance(Duration::from_secs(301));
    for late in [release(), hold()] {
        let response = one(decision(late)).await;
        assert_eq!(refused(&response), Some(RefusalCode::OfficerUnknown), "listed or not");
        let Some(decide_response::Result::Refused(refusal)) = response.result else { unreachable!() };
        assert_eq!(refusal.reason, "the token has run out; sign in again");
    }
    // What was decided is answered again, whoever asks.
    let again = |response: DecideResponse| match response.result.unwrap() {
        decide_response::Result::Decided(decided) => decided.repeated,
        decide_response::Result::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert!(again(one(first.clone()).await));
    drop((requests, answers));
    assert!(again(nw.ask(first).await), "and without a token");
    let anew = issuer.token(&[Role::Supervisor], now.now()).sign();
    assert_eq!(decide(&nw, vec![decision(release())], Some(&anew)).await.unwrap(), [None]);
    drop(nw);
    federation.end().await;
}

/// By the word of their tokens: whatever name stands in the field, and whether or not the act is listed.
#[tokio::test(flavor = "multi_thread")]
async fn four_eyes_are_two_people_and_not_two_names() {
    let now = ManualClock::new(Clock::system().now());
    let (federation, issuer, _other, nw) = with_issuers(&now, &["release"]).await;
    let policy = PutPolicy::parse("four_eyes = [\"evidence\", \"released\"]\n".into(), "KD".into(), salt());
    federation.server.hub().run(policy.unwrap()).await.unwrap();
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id;
    let token = |subject: &str| issuer.token(&[Role::Supervisor], now.now()).subject(subject).sign();
    let decide = async |officer: &str, what: Decision, token: Option<&str>| {
        let request = decision_on(std::slice::from_ref(&target), what);
        let request = DecideRequest { officer: officer.into(), ..request };
        let answers = nw.decisions().decide(call(tokio_stream::iter([request]), token)).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        decided(answer).answers.remove(0).refusal.map(|refusal| refusal.code())
    };
    let [anna, berta] = ["u-1", "u-2"].map(token);
    let [_, evidence, ..] = gates();
    for (what, gate) in [(release(), GateKind::Released), (evidence, GateKind::Evidence)] {
        assert_eq!(decide("Anna", what, Some(&anna)).await, None);
        for name in ["Anna", "Anna B."] {
            let same = decide(name, confirm(gate), Some(&anna)).await;
            assert_eq!(same, Some(RefusalCode::FourEyes), "{name}");
        }
        assert_eq!(decide("Berta", confirm(gate), Some(&berta)).await, None);
    }
    // Of whom no token is known, the name is all there is.
    let [_, evidence, ..] = gates();
    assert_eq!(decide("Anna", evidence, None).await, None);
    assert_eq!(decide("Anna", confirm(GateKind::Evidence), None).await, Some(RefusalCode::FourEyes));
    assert_eq!(decide("Anna B.", confirm(GateKind::Evidence), Some(&anna)).await, None);
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decided_is_kept_for_data_protection_and_goes_in_time() {
    let now = ManualClock::new(Clock::system().now());
    let listed = persons(NW, &["release", "disclosure-answer", "disclosure-restrict"]);
    let federation = Federation::start_with(now.clock(), |config| config.persons = vec![listed]).await;
    let (nw, europol) = (federation.office(NW).await, europol(&federation).await);
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id;
    let asked = question(vec![link("https://a.test/1")]);
    ask(&europol, asked.clone()).await;
    let wanted = RequestDisclosureRequest {
        disclosure_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        query_id: asked.query_id,
        position: 0,
        fields: vec![DisclosureField::Officer.into()],
        reason: "identical material".into(),
    };
    let id = wanted.disclosure_id.clone();
    client(&europol).request_disclosure(with_token(wanted, &token(europol.agency.as_str()))).await.unwrap();

    let supervisor = format!("{NW} supervisor {}", i64::MAX);
    let auditor = format!("{NW} auditor {}", i64::MAX);
    let own = |what: Decision| decision_on(std::slice::from_ref(&target), what);
    let (known, preview) = (own(release()), DecideRequest { dry_run: true, ..own(release()) });
    for request in [known.clone(), preview, known, own(assess())] {
        assert_eq!(decide(&nw, vec![request], Some(&supervisor)).await.unwrap(), [None]);
    }
    assert_eq!(
        decide(&nw, vec![own(release())], Some(&auditor)).await.unwrap(),
        [Some(RefusalCode::OfficerUnknown)]
    );
    assert_eq!(decide(&nw, vec![own(assess())], None).await.unwrap(), [None]);
    for step in disclose(&nw, &id, Some(&supervisor)).await {
        step.unwrap();
    }
    federation.whole().await;

    let hub = federation.server.hub().clone();
    let reader = LogReader { name: "DSB".into(), reason: "complaint".into() };
    let read = async |sought: SoughtActs| {
        let found = read_acts(&hub, &reader, &SoughtActs { most: 9, ..sought }).await.unwrap();
        let told = found.into_iter().map(|one| (one.act, one.officer, one.issuer));
        told.collect::<Vec<_>>()
    };
    let entry = |act: &str| (act.to_owned(), "officer-7".to_owned(), "https://id.example".to_owned());
    // Each once: no preview, no repetition, nothing that was refused or handed in by a machine. What came with a token without
    // need is there as well.
    let kept = ["release", "assess", "disclosure-answer", "disclosure-restrict"].map(entry);
    assert_eq!(read(SoughtActs::default()).await, kept);
    assert_eq!(read(SoughtActs { officer: Some("officer-8".into()), ..SoughtActs::default() }).await, []);
    let nameless = LogReader { name: " ".into(), reason: "complaint".into() };
    assert!(read_acts(&hub, &nameless, &SoughtActs::default()).await.is_err(), "nobody reads it unnamed");
    let mut connection = hub.reader().await.unwrap();
    let reads = ReadRow::newest(&mut connection, 9).await.unwrap();
    let reads: Vec<_> = reads.iter().map(|row| (row.asked_for.as_str(), row.found)).collect();
    assert_eq!(reads, [("who decided, officer officer-8", 0), ("who decided", 4)]);

    now.advance(Duration::from_secs(1_000));
    let before_us = now.now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_micros() as i64;
    while hub.run(EraseLog { before_us }).await.unwrap() > 0 {}
    assert_eq!(read(SoughtActs::default()).await, []);
    drop((connection, hub, nw, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_explained_and_nobody_stands_in_the_log() {
    const SUBJECT: &str = "unmistakable-subject";
    let (site, issuer) = (Site::new(), TestIssuer::start().await);
    let plain = std::fs::read_to_string(site.config()).unwrap();
    let configure = |issuer_s: &str, persons: &str| {
        std::fs::write(site.config(), format!("{plain}{issuer_s}{persons}")).unwrap();
    };
    let issuer_s = format!(
        "[[issuers]]\nissuer = {:?}\nagency = {NW:?}\nclient_id = \"meldeverbund\"\nroles_claim = \"/groups\"\n\
         roles = {{ supervisor = \"supervisor\" }}\ninsecure_loopback = true\n",
        issuer.name()
    );
    let acts = |acts: &str| format!("[[persons]]\nagency = {NW:?}\nacts = [{acts}]\n");
    for (issuer_s, persons, said) in [
        ("", acts("\"release\""), "persons: de-nw-lka has no issuer"),
        (issuer_s.as_str(), acts("\"withdraw\""), "no such act; there are: assess, secure-evidence"),
        (issuer_s.as_str(), acts(""), "persons: no act of de-nw-lka is named"),
        (issuer_s.as_str(), acts("\"release\"").repeat(2), "persons: de-nw-lka stands there twice"),
    ] {
        configure(issuer_s, &persons);
        let output = site.run(&["check-config"]);
        assert_eq!(output.status.code(), Some(1), "{persons}");
        assert!(err(&output).contains(said), "{}", err(&output));
    }
    configure(&issuer_s, &acts("\"release\", \"disclosure-answer\""));
    let text = out(&site.run(&["check-config"]));
    assert!(text.contains("  release (supervisor, prosecutor)\n"), "{text}");
    assert_eq!(
        site.json(&["check-config"])["persons"],
        json!([{ "agency": NW, "acts": [
            { "act": "disclosure-answer", "roles": ["desk-officer", "supervisor", "prosecutor"] },
            { "act": "release", "roles": ["supervisor", "prosecutor"] },
        ] }])
    );

    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let nw = site.office(NW, &hub).await;
    let mint = issuer.token(&[Role::Supervisor], Clock::system().now()).subject(SUBJECT);
    let (good, forged) = (mint.sign(), mint.clone().forged_by(&Arc::new(TestKey::es256("first"))).sign());
    assert_eq!(decide(&nw, vec![decision(release())], Some(&good)).await.unwrap(), [None]);
    let statuses = [
        decide(&nw, vec![decision(release())], Some(&forged)).await.unwrap_err(),
        disclose(&nw, &uuid(), Some(&good)).await.map(Result::unwrap_err)[0].clone(),
    ];
    assert!(!format!("{statuses:?}").contains(SUBJECT));
    let log = ["--reader", "DSB", "--reason", "complaint 7/26"];
    let acts = site.json(&[&["access-log", "acts", "--agency", NW], &log[..]].concat());
    assert_eq!(acts.as_array().unwrap().len(), 1);
    let fields = ["agency", "officer", "issuer", "act"].map(|field| acts[0][field].as_str().unwrap());
    assert_eq!(fields, [NW, SUBJECT, issuer.name(), "release"]);
    let text = out(&site.run(&[&["access-log", "acts", "--officer", SUBJECT], &log[..]].concat()));
    assert!(text.contains("release, leaf ") && text.contains("1 acts; this reading is logged."), "{text}");

    drop(nw);
    hub.terminate();
    let (status, log) = hub.ended().await;
    assert!(status.success(), "{log}");
    assert!(log.contains("an officer's token was not taken"), "{log}");
    assert!(!log.contains(SUBJECT), "a person in the log");
    for token in [&good, &forged] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a token in the log");
    }
}
