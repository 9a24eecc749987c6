//! Blind questions against a hub that fails or cheats.

use meldeverbund_proto::{
    node::v1::{AskBegin, AskedState, Question, ShowBlindRequest, ask_request},
    v1::EvaluateRequest,
};
use prost::Message as _;
use tonic::{Code, Status};

use crate::{
    harness::{Office, Running, links},
    hub::{FakeHub, TOKEN, Wrong},
    liaison::{Ask, begin, body, desk, reason, report},
};

/// A liaison body whose hub has a set of the links of even number below 20, the last two of them as an increment.
async fn with_set() -> (Office, FakeHub, Running) {
    let (office, hub, node) = body().await;
    let even: Vec<String> = links(20).into_iter().step_by(2).collect();
    {
        let mut state = hub.state.lock().unwrap();
        state.blind.epochs = vec![4];
        state.blind.filter = even[..8].to_vec();
        state.blind.increments = vec![even[8..].to_vec()];
    }
    (office, hub, node)
}

async fn ask(office: &Office, name: u8, texts: &[String]) -> Result<Question, Status> {
    let mut desk = desk(office, Some(TOKEN)).await;
    let first = ask_request::Step::Begin(AskBegin { blind: true, ..begin(name) });
    let mut asking = Ask::first(&mut desk, first).await?;
    asking.rows(texts).await;
    asking.done().await
}

#[tokio::test]
async fn the_set_answers_and_selectors_stay_here() {
    let (office, hub, node) = with_set().await;
    let question = ask(&office, 1, &links(30)).await.unwrap();
    let mut officer = desk(&office, Some(TOKEN)).await;
    let rows = report(&mut officer, question.question).await;
    for (i, row) in rows.iter().enumerate() {
        let hit = i < 20 && i.is_multiple_of(2);
        assert_eq!(row.state(), if hit { AskedState::Hit } else { AskedState::NoHit }, "{i}");
        assert_eq!((row.epoch, row.increment), (4, 1));
    }
    {
        let mut state = hub.state.lock().unwrap();
        assert_eq!(state.blind.evaluated.len(), 3);
        for (_, bytes) in &state.blind.evaluated {
            assert!(!bytes.windows(5).any(|window| window == b"files"), "a link left the node");
            let request = EvaluateRequest::decode(&bytes[..]).unwrap();
            assert!(request.blinded_elements.iter().all(|element| element.len() == 32));
        }
        state.blind.increments.push(vec![links(30)[29].clone()]);
    }
    let shown = officer.show_blind(ShowBlindRequest {}).await.unwrap().into_inner();
    assert_eq!((&*shown.legal_basis, shown.budget_left, shown.sets[0].at_hand), ("Test Act", 900, false));
    // What is at hand is not fetched again; the new increment is.
    let again = ask(&office, 1, &links(30)).await.unwrap();
    assert_eq!(report(&mut officer, again.question).await[29].state(), AskedState::Hit);
    assert_eq!(hub.state.lock().unwrap().blind.sent, (1, 2));
    assert!(officer.show_blind(ShowBlindRequest {}).await.unwrap().into_inner().sets[0].at_hand);
    // The same selectors look different each time.
    let seen = hub.state.lock().unwrap().blind.evaluated.clone();
    let elements = |at: usize| EvaluateRequest::decode(&seen[at].1[..]).unwrap().blinded_elements;
    assert_ne!(elements(0), elements(3));
    node.stop().await;
}

#[tokio::test]
async fn several_batches_are_under_way_at_once_and_answered_in_their_order() {
    let (office, hub, node) = with_set().await;
    // None is answered before the third has come.
    hub.state.lock().unwrap().blind.together = 3;
    let question = ask(&office, 1, &links(50)).await.unwrap();
    let mut officer = desk(&office, Some(TOKEN)).await;
    let rows = report(&mut officer, question.question).await;
    let hits: Vec<usize> =
        (0..).zip(&rows).filter(|(_, row)| row.state() == AskedState::Hit).map(|(i, _)| i).collect();
    assert_eq!((rows.len(), hits), (50, (0..20).step_by(2).collect()));
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.blind.evaluated.len(), &state.broken), (5, &Vec::new()));
    }
    // A proof that fails in between ends the call; the rest goes on with what was blinded.
    hub.state.lock().unwrap().blind.wrong = vec![Wrong::Swapped];
    ask(&office, 2, &links(40)).await.unwrap_err();
    let question = ask(&office, 2, &links(40)).await.unwrap();
    assert_eq!(question.counts.unwrap().hits, 10);
    {
        let state = hub.state.lock().unwrap();
        assert_eq!(
            (state.blind.evaluated.len(), &state.broken),
            (9, &Vec::new()),
            "each batch is one question"
        );
    }
    node.stop().await;
}

#[tokio::test]
async fn an_answer_without_its_proof_does_not_count() {
    let (office, hub, node) = with_set().await;
    for wrong in [Wrong::Key, Wrong::Swapped] {
        hub.state.lock().unwrap().blind.wrong.push(wrong);
        let error = ask(&office, 1, &links(10)).await.unwrap_err();
        assert_eq!((error.code(), &*reason(&error)), (Code::FailedPrecondition, "BLIND_PROOF"), "{wrong:?}");
    }
    let question = ask(&office, 1, &links(10)).await.unwrap();
    assert_eq!((question.question, question.counts.unwrap().hits), (1, 5));
    {
        let state = hub.state.lock().unwrap();
        assert_eq!(
            (state.blind.evaluated.len(), &state.broken),
            (1, &Vec::new()),
            "the same question each time"
        );
    }
    node.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_fetched_under_the_same_id_and_a_new_epoch_is_a_new_question() {
    let (office, hub, node) = with_set().await;
    hub.state.lock().unwrap().blind.wrong.push(Wrong::LoseAnswer);
    let question = ask(&office, 1, &links(10)).await.unwrap();
    assert_eq!(question.counts.unwrap().hits, 5);
    assert_eq!(hub.state.lock().unwrap().blind.evaluated.len(), 1);

    // The proof fails, and before the question goes on its epoch is over.
    hub.state.lock().unwrap().blind.wrong.push(Wrong::Key);
    ask(&office, 2, &links(10)).await.unwrap_err();
    hub.state.lock().unwrap().blind.epochs = vec![5];
    let question = ask(&office, 2, &links(10)).await.unwrap();
    assert_eq!(question.counts.unwrap().hits, 5);
    let mut officer = desk(&office, Some(TOKEN)).await;
    assert!(report(&mut officer, question.question).await.iter().all(|row| row.epoch == 5));
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.blind.evaluated.len(), &state.broken), (3, &Vec::new()));
    }
    let kept = std::fs::read_dir(office.path().join("data/blind")).unwrap();
    let names: Vec<String> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| name.starts_with("epoch-5.")), "{names:?}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_chooses_to_ask_openly_about_hits() {
    let (office, hub, node) = with_set().await;
    let even = links(4)[2].clone();
    crate::liaison::is_hit(&hub, &even);
    let why = ["--purpose", "investigation", "--case", "EP/7/26"];
    let mut arguments = vec!["query", "--blind"];
    let (two, three) = (even.as_str(), "https://files.example/3");
    arguments.extend([two, three]);
    arguments.extend(why);
    let (code, out, err) = crate::liaison::run(office.path(), &arguments, Some(TOKEN)).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("by set 4.1") && out.contains("not a clearance"), "{out}");
    assert!(err.contains("1,048,576") && err.contains("800 of today's budget"), "{err}");
    assert_eq!(hub.state.lock().unwrap().liaison.queries.len(), 0, "nothing was asked openly");
    let (code, out, _) =
        crate::liaison::run(office.path(), &["query", "open-hits", "1", "--json"], Some(TOKEN)).await;
    let rows: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, rows.len()), (Some(0), 1), "{out}");
    assert_eq!((&rows[0]["selector"], &rows[0]["hit"]["owner"]), (&two.into(), &"de-by-lka".into()));
    let (_, listed, _) = crate::liaison::run(office.path(), &["query", "list", "--json"], None).await;
    let listed: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&listed[0]["hits_of"], &listed[1]["blind"]), (&1.into(), &true.into()));
    let (code, out, _) =
        crate::liaison::run(office.path(), &["query", "budget", "--lang", "de"], Some(TOKEN)).await;
    assert!(code == Some(0) && out.contains("Test Act") && out.contains("900 von 1.000"), "{out}");
    node.stop().await;
}
