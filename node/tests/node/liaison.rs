//! A liaison body's node against a hub that fails on purpose, and an office's node that is asked.

use std::{io::Write as _, path::Path, process::Stdio};

use meldeverbund_node::{
    client::{self, LiaisonDeskClient},
    liaison::Token,
    text::Lang,
    witness::AlarmKind,
};
use meldeverbund_proto::{
    node::v1::{
        AnnounceRequest, AnswerDisclosureRequest, AskBegin, AskFinish, AskRequest, AskResume, AskRow,
        AskRows, AskedRow, AskedState, HubLineCause, HubLineState, ListAnnouncementsRequest,
        ListDisclosuresRequest, ListLiaisonAskedRequest, ListQuestionsRequest, OpenCaseRequest, Question,
        ReportQuestionRequest, RequestDisclosureRequest, RestrictDisclosureRequest, ask_request,
        ask_response::Step,
    },
    v1::{
        AgencyKind, Announcement, AnnouncementKind, AnnouncementState, Case, CaseKind, DisclosedValue,
        Disclosure, DisclosureField, DisclosureState, HandlingCode, Hit, LiaisonAsked, Purpose, Refusal,
        RefusalCode, Stage, follow_response::Event,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::{
    harness::{CASE, Office, Refer, Running, links},
    hub::{FakeHub, Fault, Ledger, TOKEN, announced, card, ledger_key},
};

/// Questions of one batch here.
const CHUNK: usize = 10;

/// A liaison body's node with its hub.
pub(crate) async fn body() -> (Office, FakeHub, Running) {
    let office = liaison_office();
    let hub = FakeHub::start(office.path());
    hub.state.lock().unwrap().kind = AgencyKind::Liaison.into();
    let mut node = office.start(hub.dial()).await;
    connected(&mut node).await;
    (office, hub, node)
}

/// Such a node with the hub's key pinned, and a hub with a ledger.
pub(crate) async fn body_with_ledger() -> (Office, FakeHub, Running) {
    let office = liaison_office();
    let text = std::fs::read_to_string(office.config_file()).unwrap();
    let pinned = format!("{text}\n[ledger]\nhub_keys = [\"{}\"]\n", ledger_key(1).vkey());
    std::fs::write(office.config_file(), pinned).unwrap();
    let hub = FakeHub::start(office.path());
    {
        let mut state = hub.state.lock().unwrap();
        state.kind = AgencyKind::Liaison.into();
        state.ledger = Some(Ledger::new());
    }
    let mut node = office.start(hub.dial()).await;
    connected(&mut node).await;
    (office, hub, node)
}

/// How the hub's ledger is bent, and what the node says of it.
pub(crate) type Lie = (fn(&mut Ledger), AlarmKind);

#[tokio::test]
async fn what_the_hub_says_that_it_wrote_down_of_a_question_is_verified() {
    let (office, hub, node) = body_with_ledger().await;
    let alarms = async || node.node.store.read().await.unwrap().alarms(false, 10).await.unwrap();
    let ask = async |name: u8, texts: &[String]| {
        let mut desk = desk(&office, Some(TOKEN)).await;
        let mut asking = Ask::first(&mut desk, ask_request::Step::Begin(begin(name))).await.unwrap();
        asking.rows(texts).await;
        asking.done().await.unwrap()
    };
    ask(1, &links(25)).await;
    assert_eq!(
        hub.state.lock().unwrap().ledger.as_ref().unwrap().size(),
        4,
        "three batches are three leaves"
    );
    assert!(alarms().await.is_empty());
    // The answer counts all the same, and a person is told: once, be it of three batches.
    for (name, (bend, expected)) in (2..).zip(LIES) {
        bend(hub.state.lock().unwrap().ledger.as_mut().unwrap());
        let question = ask(name, &links(25)).await;
        assert_eq!(question.counts.unwrap().no_hits, 25);
        let raised: Vec<_> = alarms().await.iter().map(|stored| stored.alarm.kind).collect();
        assert_eq!(raised, [expected], "lie {name}");
        node.node.acknowledge_alarms(None, "Erika Muster", "seen").await.unwrap();
        honest(&hub);
    }
    node.stop().await;
}

#[tokio::test]
async fn what_the_hub_says_that_it_wrote_down_of_an_announcement_is_verified() {
    let (office, hub, node) = body_with_ledger().await;
    let alarms = async || node.node.store.read().await.unwrap().alarms(false, 10).await.unwrap();
    let mut desk = desk(&office, Some(TOKEN)).await;
    let mut announce = async |note: &str| {
        let request = AnnounceRequest {
            kind: AnnouncementKind::HoldAsked.into(),
            purpose: Some(purpose()),
            selector: "https://files.example/1".into(),
            at_us: 0,
            note: note.into(),
        };
        desk.announce(request).await.unwrap().into_inner()
    };
    announce("true").await;
    assert!(alarms().await.is_empty());
    for (bend, expected) in LIES {
        bend(hub.state.lock().unwrap().ledger.as_mut().unwrap());
        announce("a lie").await;
        announce("and another").await;
        let raised: Vec<_> = alarms().await.iter().map(|stored| stored.alarm.kind).collect();
        assert_eq!(raised, [expected]);
        // What a person has seen and is so again is told again.
        node.node.acknowledge_alarms(None, "Erika Muster", "seen").await.unwrap();
        announce("a third one").await;
        assert_eq!(alarms().await.len(), 1);
        node.node.acknowledge_alarms(None, "Erika Muster", "seen").await.unwrap();
        honest(&hub);
    }
    node.stop().await;
}

pub(crate) const LIES: [Lie; 4] = [
    (|ledger| ledger.bend = Some(|receipt| receipt.decision_digests[0][0] ^= 1), AlarmKind::Receipt),
    (|ledger| ledger.bend = Some(|receipt| receipt.first_leaf_index += 1), AlarmKind::Receipt),
    (|ledger| ledger.silent = true, AlarmKind::NoReceipt),
    // By a key that this office knows nothing of.
    (|ledger| ledger.keys = vec![(0, ledger_key(9))], AlarmKind::Receipt),
];

/// The hub lies no more.
pub(crate) fn honest(hub: &FakeHub) {
    let mut state = hub.state.lock().unwrap();
    let ledger = state.ledger.as_mut().unwrap();
    (ledger.bend, ledger.silent, ledger.keys) = (None, false, vec![(0, ledger_key(1))]);
}

fn liaison_office() -> Office {
    let office = Office::new();
    let text = std::fs::read_to_string(office.config_file()).unwrap();
    std::fs::write(office.config_file(), format!("role = \"liaison\"\n{text}")).unwrap();
    office
}

pub(crate) async fn connected(node: &mut Running) {
    node.until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Connected).then_some(()))
        .await;
}

pub(crate) async fn desk(office: &Office, token: Option<&str>) -> LiaisonDeskClient {
    desk_at(&office.path().join("data/desk.sock"), token).await
}

pub(crate) async fn desk_at(socket: &Path, token: Option<&str>) -> LiaisonDeskClient {
    let token = token.map(|token| Token::parse(token).unwrap());
    client::connect_liaison(socket, Lang::En, token).await.unwrap()
}

pub(crate) fn purpose() -> Purpose {
    Purpose { code: "investigation".into(), case_number: "EP/7/26".into(), reason: String::new() }
}

pub(crate) fn begin(name: u8) -> AskBegin {
    AskBegin {
        digest: vec![name; 32],
        purpose: Some(purpose()),
        blind: false,
        source_name: "list".into(),
        hits_of: 0,
    }
}

/// A call that asks, step by step.
pub(crate) struct Ask {
    requests: mpsc::Sender<AskRequest>,
    answers: Streaming<meldeverbund_proto::node::v1::AskResponse>,
    question: u64,
    rows_taken: u64,
}

impl Ask {
    pub(crate) async fn first(desk: &mut LiaisonDeskClient, step: ask_request::Step) -> Result<Self, Status> {
        let (requests, outgoing) = mpsc::channel(64);
        requests.send(AskRequest { step: Some(step) }).await.unwrap();
        let mut answers = desk.ask(ReceiverStream::new(outgoing)).await?.into_inner();
        let Some(Step::Begun(begun)) = answers.message().await?.and_then(|answer| answer.step) else {
            panic!("no `begun`")
        };
        Ok(Self { requests, answers, question: begun.question, rows_taken: begun.rows_taken })
    }

    /// Sends the rows that were not taken before.
    pub(crate) async fn rows(&mut self, texts: &[String]) {
        let taken = usize::try_from(self.rows_taken).unwrap();
        let mut first_row = self.rows_taken + 1;
        for chunk in texts[taken..].chunks(CHUNK) {
            let rows = (first_row..).zip(chunk).map(|(line, text)| AskRow { line, text: text.clone() });
            let rows = AskRows { first_row, rows: rows.collect() };
            self.requests.send(AskRequest { step: Some(ask_request::Step::Rows(rows)) }).await.unwrap();
            first_row += chunk.len() as u64;
        }
        let finish = AskFinish { rows: texts.len() as u64 };
        self.requests.send(AskRequest { step: Some(ask_request::Step::Finish(finish)) }).await.unwrap();
    }

    pub(crate) async fn done(mut self) -> Result<Question, Status> {
        loop {
            match self.answers.message().await?.expect("the call ended").step {
                Some(Step::Done(done)) => return Ok(done.question.unwrap()),
                Some(Step::Begun(_)) | None => panic!("not expected"),
                Some(Step::Taken(_) | Step::Progress(_)) => {}
            }
        }
    }
}

pub(crate) async fn ask(
    desk: &mut LiaisonDeskClient,
    name: u8,
    texts: &[String],
) -> Result<Question, Status> {
    let mut ask = Ask::first(desk, ask_request::Step::Begin(begin(name))).await?;
    ask.rows(texts).await;
    ask.done().await
}

pub(crate) async fn report(desk: &mut LiaisonDeskClient, question: u64) -> Vec<AskedRow> {
    let request = ReportQuestionRequest { question, only_hits: false };
    let mut pages = desk.report_question(request).await.unwrap().into_inner();
    let mut rows = Vec::new();
    while let Some(page) = pages.message().await.unwrap() {
        rows.extend(page.rows);
    }
    rows
}

pub(crate) fn reason(error: &Status) -> String {
    error.get_details_error_info().unwrap().reason
}

fn hit(handling: HandlingCode) -> Hit {
    Hit {
        handling: handling.into(),
        owner_agency_id: "de-by-lka".into(),
        stage: Stage::Referred.into(),
        round: 1,
        ..Hit::default()
    }
}

pub(crate) fn is_hit(hub: &FakeHub, link: &str) {
    hub.state.lock().unwrap().liaison.hits.insert(link.into(), hit(HandlingCode::H1));
}

#[tokio::test]
async fn each_row_has_its_answer_and_the_node_keeps_who_asked_why() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/3");
    let mut desk = desk(&office, Some(TOKEN)).await;
    let mut texts = links(25);
    texts[3] = "hxxps://FILES[.]example/3".into();
    texts[7] = "no link at all".into();
    texts[8] = "AB".repeat(20);
    let question = ask(&mut desk, 1, &texts).await.unwrap();
    let counts = question.counts.unwrap();
    assert_eq!((counts.rows, counts.hits, counts.no_hits, counts.refused, counts.waiting), (25, 1, 23, 1, 0));
    assert!(question.finished_at_us > 0);
    let rows = report(&mut desk, question.question).await;
    assert_eq!(rows.len(), 25);
    assert_eq!((rows[3].state(), rows[3].text.as_str()), (AskedState::Hit, "https://FILES.example/3"));
    assert_eq!(rows[3].hit, Some(hit(HandlingCode::H1)));
    assert_eq!((rows[7].state(), rows[7].text.as_str()), (AskedState::Refused, "no link at all"));
    assert_eq!(rows[7].refusal.as_ref().unwrap().code(), RefusalCode::LinkInvalid);
    assert_eq!(
        (rows[8].state(), rows[8].text.as_str()),
        (AskedState::NoHit, &*format!("sha1:{}", "ab".repeat(20)))
    );
    let listed = desk.list_questions(ListQuestionsRequest { limit: 0 }).await.unwrap().into_inner().questions;
    assert_eq!(listed, [question]);
    assert_eq!((&*listed[0].officer, &listed[0].purpose), ("Erika Muster", &Some(purpose())));
    // Asked once more it is a question of its own: things change.
    let again = ask(&mut desk, 1, &texts).await.unwrap();
    assert_ne!(again.question, listed[0].question);
    assert_eq!(hub.state.lock().unwrap().broken, [] as [String; 0]);
    node.stop().await;
    for file in std::fs::read_dir(office.path().join("data")).unwrap() {
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "the token is kept");
    }
}

#[tokio::test]
async fn a_line_that_breaks_costs_nothing_and_asks_nothing_twice() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/99");
    let passing = Refusal::of(RefusalCode::RateLimited, "slow down").retry_after_ms(1);
    hub.script_queries([
        Fault::None,
        Fault::LoseAnswer,
        Fault::LoseRequest,
        Fault::None,
        Fault::Refuse(passing),
    ]);
    let mut desk = desk(&office, Some(TOKEN)).await;
    let question = ask(&mut desk, 1, &links(100)).await.unwrap();
    let counts = question.counts.unwrap();
    assert_eq!((counts.rows, counts.hits, counts.no_hits, counts.waiting), (100, 1, 99, 0));
    {
        let state = hub.state.lock().unwrap();
        assert_eq!(state.liaison.queries.len(), 10, "each batch under one id");
        assert_eq!(state.broken, [] as [String; 0]);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_daemon_that_dies_goes_on_under_the_same_ids() {
    let (office, hub, node) = body().await;
    hub.script_queries([Fault::None, Fault::None, Fault::Hold]);
    let mut first = desk(&office, Some(TOKEN)).await;
    let mut asking = Ask::first(&mut first, ask_request::Step::Begin(begin(1))).await.unwrap();
    let number = asking.question;
    asking.rows(&links(100)).await;
    // Two are answered, a third is recorded and its answer never comes.
    let mut bell = hub.watch();
    while hub.state.lock().unwrap().liaison.queries.len() < 3 {
        bell.changed().await.unwrap();
    }
    node.stop().await;
    drop(asking);
    let mut node = office.start(hub.dial()).await;
    connected(&mut node).await;
    let mut second = desk(&office, Some(TOKEN)).await;
    let resume = ask_request::Step::Resume(AskResume { question: number });
    let resumed = Ask::first(&mut second, resume).await.unwrap();
    assert_eq!((resumed.question, resumed.rows_taken), (number, 100));
    let done = resumed.done().await.unwrap();
    assert_eq!(done.counts.unwrap().no_hits, 100);
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.liaison.queries.len(), &state.broken), (10, &Vec::new()));
    }
    node.stop().await;
}

#[tokio::test]
async fn the_same_input_goes_on_after_the_last_row_that_was_taken() {
    let (office, hub, node) = body().await;
    let mut desk = desk(&office, Some(TOKEN)).await;
    let mut first = Ask::first(&mut desk, ask_request::Step::Begin(begin(1))).await.unwrap();
    let rows = (1..=10).zip(links(10)).map(|(line, text)| AskRow { line, text }).collect();
    let step = ask_request::Step::Rows(AskRows { first_row: 1, rows });
    first.requests.send(AskRequest { step: Some(step) }).await.unwrap();
    let taken = first.answers.message().await.unwrap().unwrap().step;
    assert!(matches!(taken, Some(Step::Taken(taken)) if taken.rows_taken == 10));
    let number = first.question;
    let early = Ask::first(&mut desk, ask_request::Step::Resume(AskResume { question: number })).await;
    assert_eq!(reason(&early.err().unwrap()), "QUESTION_INCOMPLETE");
    drop(first);
    let mut again = Ask::first(&mut desk, ask_request::Step::Begin(begin(1))).await.unwrap();
    assert_eq!((again.question, again.rows_taken), (number, 10));
    again.rows(&links(30)).await;
    assert_eq!(again.done().await.unwrap().counts.unwrap().no_hits, 30);
    assert_eq!(hub.state.lock().unwrap().liaison.queries.len(), 3);
    node.stop().await;
}

#[tokio::test]
async fn who_is_not_signed_in_asks_nothing() {
    let (office, hub, node) = body().await;
    let mut nobody = desk(&office, None).await;
    let error = ask(&mut nobody, 1, &links(1)).await.unwrap_err();
    assert_eq!((error.code(), &*reason(&error)), (Code::Unauthenticated, "NOT_SIGNED_IN"));
    let mut stale = desk(&office, Some("head.stale.signature")).await;
    let error = ask(&mut stale, 1, &links(1)).await.unwrap_err();
    assert_eq!((error.code(), &*reason(&error)), (Code::Unauthenticated, "NOT_SIGNED_IN"));
    assert_eq!(hub.state.lock().unwrap().liaison.queries.len(), 0);
    // The question waits for an officer who is.
    let mut officer = desk(&office, Some(TOKEN)).await;
    let listed =
        officer.list_questions(ListQuestionsRequest { limit: 0 }).await.unwrap().into_inner().questions;
    assert_eq!((listed.len(), listed[0].counts.unwrap().waiting), (1, 1));
    let done = ask(&mut officer, 1, &links(1)).await.unwrap();
    assert_eq!((done.question, done.counts.unwrap().no_hits), (listed[0].question, 1));
    node.stop().await;
}

#[tokio::test]
async fn a_liaison_body_hands_in_nothing_and_an_office_asks_nothing() {
    let (_office, _hub, mut node) = body().await;
    let case = Case { number: CASE.into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
    let request = OpenCaseRequest { case: Some(case), annotation: String::new() };
    let error = node.desk.open_case(request).await.unwrap_err();
    assert_eq!((error.code(), &*reason(&error)), (Code::PermissionDenied, "NOT_OFFICE"));
    let error = Refer::begin(&mut node.desk, "list", false).await.err().unwrap();
    assert_eq!(reason(&error), "NOT_OFFICE");
    let error = node.desk.decide(meldeverbund_proto::node::v1::DecideRequest::default()).await.unwrap_err();
    assert_eq!(reason(&error), "NOT_OFFICE");
    node.stop().await;

    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    connected(&mut node).await;
    let mut desk = desk(&office, Some(TOKEN)).await;
    let error = ask(&mut desk, 1, &links(1)).await.unwrap_err();
    assert_eq!((error.code(), &*reason(&error)), (Code::PermissionDenied, "NOT_LIAISON"));
    let error = desk.announce(AnnounceRequest::default()).await.unwrap_err();
    assert_eq!(reason(&error), "NOT_LIAISON");
    let error = desk.request_disclosure(RequestDisclosureRequest::default()).await.unwrap_err();
    assert_eq!(reason(&error), "NOT_LIAISON");
    node.stop().await;
}

#[tokio::test]
async fn a_node_in_another_role_than_the_hub_has_it_says_so() {
    let office = liaison_office();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    let line =
        node.until(|status| status.hub.clone().filter(|hub| hub.cause() == HubLineCause::OwnWrongName)).await;
    assert!(line.detail.contains("role"), "{}", line.detail);
    node.stop().await;
}

#[tokio::test]
async fn an_announcement_whose_answer_is_lost_counts_once() {
    let (office, hub, mut node) = body().await;
    let mut desk = desk(&office, Some(TOKEN)).await;
    let request = AnnounceRequest {
        kind: AnnouncementKind::HoldAsked.into(),
        purpose: Some(purpose()),
        selector: "hxxps://files[.]example/1".into(),
        at_us: 0,
        note: "until the house search".into(),
    };
    hub.state.lock().unwrap().liaison.lose_answer = true;
    let error = desk.announce(request.clone()).await.unwrap_err();
    assert_eq!(reason(&error), "OUTCOME_UNKNOWN");
    connected(&mut node).await;
    let said = desk.announce(request.clone()).await.unwrap().into_inner();
    let known = hub.state.lock().unwrap().liaison.commands.clone();
    assert_eq!(known.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&said.announcement_id]);
    let row = |state: AnnouncementState, answer: &str| Announcement {
        announcement_id: said.announcement_id.clone(),
        recorded_at_us: said.recorded_at_us,
        kind: AnnouncementKind::HoldAsked.into(),
        state: state.into(),
        answer: answer.into(),
    };
    let list = async |desk: &mut LiaisonDeskClient| {
        let request = ListAnnouncementsRequest { limit: 0 };
        desk.list_announcements(request).await.unwrap().into_inner().announcements
    };
    assert_eq!(list(&mut desk).await[0].announcement, Some(row(AnnouncementState::Received, "")));
    let done = row(AnnouncementState::Done, "placed");
    let sequence = hub.state.lock().unwrap().append(Some(announced(done.clone())));
    hub.ring();
    node.until(|status| (status.feed.as_ref().unwrap().cursor >= sequence).then_some(())).await;
    assert_eq!(list(&mut desk).await[0].announcement, Some(done));
    // The same words once more are a new announcement.
    let second = desk.announce(request).await.unwrap().into_inner();
    assert_ne!(second.announcement_id, said.announcement_id);
    assert_eq!(hub.state.lock().unwrap().broken, [] as [String; 0]);
    node.stop().await;
}

#[tokio::test]
async fn only_a_hit_can_be_asked_about_and_what_comes_of_it_is_kept() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/1");
    let mut desk = desk(&office, Some(TOKEN)).await;
    let question = ask(&mut desk, 1, &links(3)).await.unwrap().question;
    let request = |row| RequestDisclosureRequest {
        question,
        row,
        fields: vec![DisclosureField::CaseNumber.into()],
        reason: "joint action".into(),
    };
    for row in [0, 1, 3, 4] {
        let error = desk.request_disclosure(request(row)).await.unwrap_err();
        assert_eq!((error.code(), &*reason(&error)), (Code::NotFound, "NOT_A_HIT"), "row {row}");
    }
    let asked = desk.request_disclosure(request(2)).await.unwrap().into_inner();
    assert_eq!(asked.agency.unwrap().agency_id, "de-by-lka");
    {
        let mut state = hub.state.lock().unwrap();
        let one = &mut state.liaison.disclosures[0];
        assert_eq!(one.position, 1);
        (one.state, one.answered_at_us) = (DisclosureState::Released.into(), 5);
        one.values = vec![value(DisclosureField::CaseNumber, "ST/1")];
    }
    let list = ListDisclosuresRequest { disclosure_id: asked.disclosure_id, answered: true, limit: 0 };
    let told = desk.list_disclosures(list.clone()).await.unwrap().into_inner();
    assert!(told.asked_hub);
    assert_eq!(told.disclosures[0].values[0].text, "ST/1");
    // Without a token, and with the hub away, it is as last told.
    hub.down().await;
    let mut nobody = crate::liaison::desk(&office, None).await;
    let told = nobody.list_disclosures(list).await.unwrap().into_inner();
    assert_eq!((told.asked_hub, &*told.disclosures[0].values[0].text), (false, "ST/1"));
    node.stop().await;
}

fn value(field: DisclosureField, text: &str) -> DisclosedValue {
    DisclosedValue { field: field.into(), text: text.into(), restricted: false }
}

#[tokio::test]
async fn an_office_learns_who_asked_and_answers_what_it_is_asked() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    let mut desk = desk(&office, None).await;
    node.open_case(CASE).await;
    node.refer("list", &links(2), 2).await;
    node.until(|status| (status.totals.unwrap().new == 2).then_some(())).await;
    let targets: Vec<String> = node.report(1).await.into_iter().map(|row| row.target_id).collect();
    let asked = LiaisonAsked {
        agency: Some(card("eu-europol")),
        asked_at_us: 1_700_000_000_000_000,
        purpose_code: "investigation".into(),
        query_id: "01890000-0000-7000-8000-000000000001".into(),
        target_ids: vec![targets[0].clone()],
        hidden_target_ids: vec![targets[1].clone()],
    };
    let disclosure = Disclosure {
        disclosure_id: "01890000-0000-7000-8000-000000000002".into(),
        asking_agency_id: "eu-europol".into(),
        asked_agency_id: "de-nw-lka".into(),
        target_id: targets[0].clone(),
        reason: "joint action".into(),
        state: DisclosureState::Asked.into(),
        due_at_us: 1_900_000_000_000_000,
        ..Disclosure::default()
    };
    let sequence = {
        let mut state = hub.state.lock().unwrap();
        state.liaison.disclosures.push(disclosure.clone());
        state.append(Some(Event::LiaisonAsked(asked.clone())));
        // Told twice it is one question.
        state.append(Some(Event::LiaisonAsked(asked)));
        let changed = meldeverbund_proto::v1::DisclosureChanged {
            disclosure: Some(disclosure.clone()),
            agencies: vec![card("eu-europol")],
        };
        state.append(Some(Event::DisclosureChanged(changed)))
    };
    hub.ring();
    let feed = node.until(|status| status.feed.clone().filter(|feed| feed.cursor >= sequence)).await;
    assert_eq!(feed.parked, 0);
    let asked = |about: &str| ListLiaisonAskedRequest { link_or_target: about.into(), limit: 0 };
    let told = desk.list_liaison_asked(asked("")).await.unwrap().into_inner();
    assert_eq!((told.asked.len(), &told.asked[0].target_ids[..]), (1, &targets[..1]));
    assert_eq!((&told.asked[0].hidden_target_ids[..], told.agencies.len()), (&targets[1..], 1));
    let told = desk.list_liaison_asked(asked(&links(2)[1])).await.unwrap().into_inner();
    assert_eq!((told.asked[0].target_ids.len(), &told.asked[0].hidden_target_ids[..]), (0, &targets[1..]));

    let list = ListDisclosuresRequest::default();
    assert_eq!(desk.list_disclosures(list.clone()).await.unwrap().into_inner().disclosures, [disclosure]);
    let id = "01890000-0000-7000-8000-000000000002";
    let nothing =
        AnswerDisclosureRequest { disclosure_id: id.into(), values: Vec::new(), reason: String::new() };
    let error = desk.answer_disclosure(nothing).await.unwrap_err();
    assert_eq!(reason(&error), "FIELD", "a refusal has its reason");
    let answer = AnswerDisclosureRequest {
        disclosure_id: id.into(),
        values: vec![value(DisclosureField::CaseNumber, CASE), value(DisclosureField::Officer, "E. Muster")],
        reason: String::new(),
    };
    hub.state.lock().unwrap().liaison.lose_answer = true;
    assert_eq!(reason(&desk.answer_disclosure(answer.clone()).await.unwrap_err()), "OUTCOME_UNKNOWN");
    connected(&mut node).await;
    let answered = desk.answer_disclosure(answer).await.unwrap().into_inner().disclosure.unwrap();
    assert_eq!((answered.state(), answered.values.len()), (DisclosureState::Released, 2));
    let restrict = RestrictDisclosureRequest {
        disclosure_id: id.into(),
        fields: vec![DisclosureField::Officer.into()],
        reason: "wrong person".into(),
    };
    let restricted = desk.restrict_disclosure(restrict).await.unwrap().into_inner().disclosure.unwrap();
    let kept: Vec<(bool, &str)> =
        restricted.values.iter().map(|value| (value.restricted, value.text.as_str())).collect();
    assert_eq!(kept, [(false, CASE), (true, "")]);
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.liaison.commands.len(), &state.broken), (2, &Vec::new()));
    }
    node.stop().await;
}

/// Whether a file below this folder has these bytes.
fn is_on_disk(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().map(Result::unwrap).any(|entry| match entry.file_type().unwrap() {
        kind if kind.is_dir() => is_on_disk(&entry.path(), bytes),
        kind if kind.is_file() => {
            std::fs::read(entry.path()).unwrap().windows(bytes.len()).any(|window| window == bytes)
        }
        _ => false,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_be_a_person_signs_in_and_gives_the_same_command_again() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    connected(&mut node).await;
    let id = "01890000-0000-7000-8000-000000000002";
    {
        let mut state = hub.state.lock().unwrap();
        state.liaison.takes_a_person = true;
        state.liaison.disclosures.push(Disclosure {
            disclosure_id: id.into(),
            asking_agency_id: "eu-europol".into(),
            asked_agency_id: "de-nw-lka".into(),
            target_id: "01890000-0000-7000-8000-00000000000a".into(),
            state: DisclosureState::Asked.into(),
            ..Disclosure::default()
        });
        state.liaison.lose_answer = true;
    }
    let run =
        async |arguments: &[&str], variable: Option<&str>| run(office.path(), arguments, variable).await;
    let answer = ["disclosure", "answer", id, "--release", "officer=E. Muster"];

    // Carried out at the hub, but nobody heard of it.
    let (code, _, said) = run(&answer, Some(TOKEN)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("The line broke before the hub answered"), "{said}");
    connected(&mut node).await;
    let stale = TOKEN.replace("signature", "other");
    for token in [None, Some(stale.as_str())] {
        let (code, _, said) = run(&answer, token).await;
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("Sign in (meldeverbund-node sign-in) and give the same command"), "{said}");
        assert!(!said.contains("other"), "a token is not repeated: {said}");
    }
    let (code, shown, said) = run(&answer, Some(TOKEN)).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(shown.contains("E. Muster"), "{shown}");
    let file = office.path().join("restrict.token");
    std::fs::write(&file, TOKEN).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let restrict = ["disclosure", "restrict", id, "--reason", "wrong person"];
    assert_eq!(run(&restrict, None).await.0, Some(4));
    let (code, _, said) = run(&[&restrict[..], &["--token-file", "restrict.token"]].concat(), None).await;
    assert_eq!(code, Some(0), "{said}");
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.liaison.commands.len(), &state.broken), (2, &Vec::new()), "each is one command");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(
        is_on_disk(office.path(), b"E. Muster") && !is_on_disk(office.path(), b"eyJpc3Mi"),
        "no token is kept"
    );
    node.stop().await;
    assert!(!is_on_disk(office.path(), b"eyJpc3Mi"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verbs_ask_and_say_what_no_hit_means() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/1");
    let token = office.path().join("token");
    std::fs::write(&token, TOKEN).unwrap();
    let list = office.path().join("list.txt");
    std::fs::write(&list, format!("# links\n{}\nno link\n", links(3).join("\n"))).unwrap();
    let run =
        async |arguments: &[&str], variable: Option<&str>| run(office.path(), arguments, variable).await;
    let why = ["--purpose", "investigation", "--case", "EP/7/26"];

    let signed_in = ["--token-file", "token"];
    let open = run(&[&["query", "https://files.example/1"], &why[..], &signed_in].concat(), None).await;
    assert_eq!(open.0, Some(1), "others could read the token: {}", open.2);
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (code, out, err) =
        run(&[&["query", "--file", "list.txt"], &why[..], &signed_in].concat(), None).await;
    assert_eq!(code, Some(6), "one row cannot be read: {err}");
    assert!(
        out.contains("no reportable hit, not a clearance") && out.contains("hxxps://files[.]example/1"),
        "{out}"
    );
    let (code, out, _) =
        run(&[&["query", "--lang", "de", "https://files.example/2"], &why[..]].concat(), Some(TOKEN)).await;
    assert_eq!(code, Some(0));
    assert!(out.contains("kein meldbarer Treffer, keine Unbedenklichkeit"), "{out}");
    let (code, out, _) =
        run(&[&["query", "--json", "--file", "list.txt"], &why[..]].concat(), Some(TOKEN)).await;
    let rows: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answers: Vec<&str> = rows.iter().map(|row| row["answer"].as_str().unwrap()).collect();
    assert_eq!((code, &answers[..]), (Some(6), &["no_hit", "hit", "no_hit", "refused"][..]));
    assert_eq!((&rows[1]["hit"]["owner"], &rows[1]["line"]), (&"de-by-lka".into(), &3.into()));
    let (_, csv, _) = run(&["query", "show", "1", "--csv"], None).await;
    assert!(csv.starts_with("line,link or hash,answer,owner,"), "{csv}");
    assert!(
        csv.contains("3,https://files.example/1,hit,de-by-lka,Office de-by-lka,'+49 30 0,referred,1,"),
        "{csv}"
    );
    let (code, _, err) = run(&[&["query", "https://files.example/1"], &why[..]].concat(), None).await;
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("MELDEVERBUND_TOKEN"), "{err}");
    let piped = format!("{}\n# not asked\n\n{}\n", links(2)[1], links(2)[0]);
    let arguments = [&["query", "--file", "-", "--csv"], &why[..]].concat();
    let (code, out, err) = run_with(office.path(), &arguments, Some(TOKEN), piped).await;
    assert_eq!(code, Some(0), "{err}");
    let rows: Vec<&str> = out.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{out}");
    assert!(rows[0].starts_with("1,https://files.example/1,hit,de-by-lka,"), "{out}");
    assert!(rows[1].starts_with("4,https://files.example/0,"), "{out}");
    let (_, listed, _) = run(&["query", "list", "--json"], None).await;
    assert_eq!(listed.lines().count(), 4);
    let (code, said, _) =
        run(&["disclosure", "request", "1", "2", "--reason", "joint action", "--json"], Some(TOKEN)).await;
    assert_eq!(code, Some(0), "{said}");
    let (_, listed, _) = run(&["disclosure", "list", "--lang", "de"], Some(TOKEN)).await;
    assert!(listed.contains("wartet auf Antwort"), "{listed}");
    // Of a hit that names nobody neither do the verbs.
    hub.state.lock().unwrap().liaison.unnamed = true;
    let unnamed = ["disclosure", "request", "1", "2", "--reason", "another action"];
    let (code, said, err) = run(&unnamed, Some(TOKEN)).await;
    assert_eq!(
        (code, said.contains("The agency that the hit does not name")),
        (Some(0), true),
        "{said}{err}"
    );
    let id = said.trim().rsplit(' ').next().unwrap();
    let (_, listed, _) = run(&["disclosure", "list"], Some(TOKEN)).await;
    assert!(listed.contains("(not named)") && listed.contains("Office de-by-lka"), "{listed}");
    let (_, shown, _) = run(&["disclosure", "show", id], Some(TOKEN)).await;
    assert!(shown.contains("asks (not named)") && shown.contains("another action"), "{shown}");
    let (_, shown, _) = run(&["disclosure", "show", id, "--json"], Some(TOKEN)).await;
    assert!(shown.contains("\"asked_agency\":null"), "{shown}");
    let (code, ..) = run(&["refer", "list.txt", "--case", CASE], None).await;
    assert_eq!(code, Some(4));
    node.stop().await;
}

pub(crate) async fn run(
    folder: &Path,
    arguments: &[&str],
    token: Option<&str>,
) -> (Option<i32>, String, String) {
    run_with(folder, arguments, token, String::new()).await
}

/// Runs a verb that finds this on its standard input.
pub(crate) async fn run_with(
    folder: &Path,
    arguments: &[&str],
    token: Option<&str>,
    input: String,
) -> (Option<i32>, String, String) {
    let mut command = crate::binary::program();
    command.current_dir(folder).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(token) = token {
        command.env("MELDEVERBUND_TOKEN", token);
    }
    let run = move || {
        let mut child = command.spawn()?;
        // Who does not read it may have ended before.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        child.wait_with_output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
