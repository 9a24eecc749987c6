//! Hit and no hit, by link and by content, with what the handling allows.

use meldeverbund_hub::store::{EventRow, QueryRow, query_scalar};
use meldeverbund_proto::{
    CanonicalLink,
    leaf::Kind,
    statement::LiaisonQueryStatement,
    v1::{
        CloseRound, ContentHash, HandlingCode, HashAlgorithm, InformationGrade, Outcome, QueryAnswered,
        RefusalCode, Selector, SourceGrade, Stage, WithdrawReferral, decide_request::Decision, selector,
        selector_answer::Answer,
    },
};
use prost::Message as _;

use super::{answered, ask, ask_all, content, europol, hits, link, not_answered, question, referring};
use crate::harness::{Federation, accepted, verify_receipt};

fn link_id(link: &str) -> Selector {
    let id = CanonicalLink::parse(link).unwrap().id().as_bytes().to_vec();
    Selector { selector: Some(selector::Selector::LinkId(id)) }
}

fn sha1(byte: u8) -> ContentHash {
    ContentHash { algorithm: HashAlgorithm::Sha1.into(), digest: vec![byte; 20] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_says_what_its_handling_allows() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    let codes =
        [HandlingCode::Unspecified, HandlingCode::H0, HandlingCode::H1, HandlingCode::H2, HandlingCode::H3];
    for code in codes {
        let link = format!("https://a.test/{}", code as i32);
        let request = referring("1/26", &link, |referral| {
            referral.handling = code.into();
            referral.source_grade = SourceGrade::B.into();
            referral.information_grade = InformationGrade::InformationGrade2.into();
            referral.access_hint = "secret".into();
            referral.note = "secret".into();
        });
        accepted(nw.submit(request).await);
    }
    let links = codes.map(|code| link(&format!("HTTP://A.test:80/{}#top", code as i32)));
    let answer = ask(&europol, question(links.into())).await;
    for (code, hit) in codes.into_iter().zip(hits(&answer)) {
        let hit = hit.expect("a hit in any spelling");
        assert_eq!(hit.handling(), code);
        assert_eq!(hit.owner_agency_id.is_empty(), code == HandlingCode::H3, "{code:?}");
        let open = !matches!(code, HandlingCode::H2 | HandlingCode::H3);
        let stage = if open { Stage::Referred } else { Stage::Unspecified };
        assert_eq!((hit.stage(), hit.round), (stage, u32::from(open)));
        assert_eq!(hit.first_referred_at_us != 0, open);
        assert_eq!(hit.last_referred_at_us, hit.first_referred_at_us, "of one referral");
        let graded = (SourceGrade::B, InformationGrade::InformationGrade2);
        let grade = if open { graded } else { Default::default() };
        assert_eq!((hit.source_grade(), hit.information_grade()), grade);
    }
    let named: Vec<_> = answer.agencies.iter().map(|card| card.agency_id.as_str()).collect();
    assert_eq!(named, ["de-nw-lka"]);
    assert!(!answer.encode_to_vec().windows(6).any(|some| some == b"secret"));

    // Whatever is found of what is asked, it is one leaf.
    let before = federation.counts().await.leaves;
    let mixed = vec![link("https://a.test/1"), link("https://a.test/none"), link("gopher://a.test/")];
    ask(&europol, question(mixed)).await;
    assert_eq!(federation.counts().await.leaves, before + 1);

    let alone = ask(&europol, question(vec![link("https://a.test/4")])).await;
    assert_eq!(alone.agencies, [], "whoever is not named has no card");
    // By the canonical link's id it is the same answer.
    assert_eq!(ask(&europol, question(vec![link_id("https://a.test/4")])).await.answers, alone.answers);
    drop((nw, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_withdrawn_or_never_was_is_no_hit() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let europol = europol(&federation).await;
    nw.open_case("1/26").await;
    by.open_case("9/26").await;
    let refer =
        async |office: &crate::harness::Office, case: &str, link: &str, hidden, hashes: Vec<ContentHash>| {
            let request = referring(case, link, |referral| {
                (referral.hidden_from_liaison, referral.content_hashes) = (hidden, hashes);
            });
            accepted(office.submit(request).await).answers.remove(0).target_id
        };
    refer(&nw, "1/26", "https://a.test/hidden", true, vec![sha1(1)]).await;
    let both = refer(&nw, "1/26", "https://a.test/both", true, vec![sha1(2)]).await;
    refer(&by, "9/26", "https://a.test/both", false, vec![sha1(3)]).await;
    let gone = refer(&nw, "1/26", "https://a.test/gone", false, vec![sha1(4)]).await;
    let closed = refer(&nw, "1/26", "https://a.test/closed", false, Vec::new()).await;
    refer(&nw, "1/26", "https://a.test/later", false, Vec::new()).await;

    let links = ["hidden", "both", "gone", "closed", "later", "never"];
    let everything = || {
        let links = links.map(|name| link(&format!("https://a.test/{name}")));
        let hashes = [1, 2, 3, 4, 5].map(|byte| content(&sha1(byte)));
        question(links.into_iter().chain(hashes).collect())
    };
    let found = |answer: &QueryAnswered| -> String {
        hits(answer).iter().map(|hit| if hit.is_some() { '+' } else { '-' }).collect()
    };
    let answer = ask(&europol, everything()).await;
    assert_eq!(found(&answer), "-++++-".to_owned() + "--++-", "links, then contents");
    let both_hit = hits(&answer).remove(1).unwrap();
    assert_eq!(both_hit.owner_agency_id, "de-by-lka", "the owner's own referral is hidden");

    nw.decided(
        &[gone],
        Decision::WithdrawReferral(WithdrawReferral { reason: "no".into(), ..Default::default() }),
    )
    .await;
    let close = CloseRound { outcome: Outcome::NotUnlawful.into(), reason: "looked".into() };
    nw.decided(&[closed], Decision::CloseRound(close)).await;
    refer(&nw, "1/26", "https://a.test/later", true, Vec::new()).await;
    let answer = ask(&europol, everything()).await;
    assert_eq!(found(&answer), "-+-+--".to_owned() + "--+--");
    assert_eq!(hits(&answer)[3].as_ref().unwrap().stage(), Stage::Closed);
    // Withdrawn by the one who showed it: what is left is hidden.
    by.decided(
        &[both],
        Decision::WithdrawReferral(WithdrawReferral { reason: "no".into(), ..Default::default() }),
    )
    .await;
    assert_eq!(found(&ask(&europol, everything()).await), "---+--".to_owned() + "-----");
    // Referred again without its content: the content is not said any more.
    refer(&nw, "1/26", "https://a.test/gone", false, Vec::new()).await;
    assert_eq!(found(&ask(&europol, everything()).await), "--++--".to_owned() + "-----");
    drop((nw, by, europol));
    federation.end().await;
}

/// Everything that the database has, but for what jobs do at times of their own.
async fn rows(federation: &Federation) -> Vec<(&'static str, i64)> {
    let mut reader = federation.server.hub().reader().await.unwrap();
    let mut rows = Vec::new();
    for table in [
        "event",
        "command",
        "liaison_query",
        "liaison_spent",
        "target",
        "binding",
        "life",
        "history",
        "envelope",
    ] {
        let count: i64 =
            query_scalar(format!("SELECT count(*) FROM {table}")).fetch_one(&mut reader).await.unwrap();
        rows.push((table, count));
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_is_answered_and_written_like_absent() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    let request = referring("1/26", "https://a.test/hidden", |referral| {
        (referral.hidden_from_liaison, referral.content_hashes) = (true, vec![sha1(1)]);
    });
    accepted(nw.submit(request).await);
    // The first question of an agency begins its count.
    ask(&europol, question(vec![link("https://a.test/first")])).await;
    let pairs = [
        [link("https://a.test/hidden"), link("https://a.test/absent")],
        [link_id("https://a.test/hidden"), link_id("https://a.test/absent")],
        [content(&sha1(1)), content(&sha1(2))],
    ];
    for [hidden, absent] in pairs {
        let mut seen = Vec::new();
        for selector in [hidden, absent] {
            let before = rows(&federation).await;
            let mut answer = ask(&europol, question(vec![selector])).await;
            let after = rows(&federation).await;
            // What differs between any two questions, whatever they ask.
            (answer.recorded_at_us, answer.leaf_index, answer.receipt) = (0, 0, None);
            let more: Vec<_> =
                after.iter().zip(&before).map(|(after, before)| (after.0, after.1 - before.1)).collect();
            seen.push((answer.encode_to_vec(), more));
        }
        assert_eq!(seen[0], seen[1]);
        let more: Vec<_> = seen[0].1.iter().filter(|(_, more)| *more > 0).map(|(table, _)| *table).collect();
        assert_eq!(more, ["event", "command", "liaison_query"]);
    }
    drop((nw, europol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_recorded_once_and_proven() {
    let federation = Federation::start().await;
    let europol = europol(&federation).await;
    let request =
        question(vec![link("https://a.test/1"), link("gopher://a.test/"), link("https://a.test/2")]);
    let first = ask(&europol, request.clone()).await;
    let refused = first.answers[1].answer.clone().unwrap();
    let Answer::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.code(), &*refusal.field), (RefusalCode::LinkScheme, "selectors[1].link"));
    assert!(!first.repeated);

    let again = ask(&europol, request.clone()).await;
    assert!(again.repeated);
    assert_eq!((again.leaf_index, again.recorded_at_us), (first.leaf_index, first.recorded_at_us));
    for one in [&first, &again] {
        let leaves = federation.leaf_hashes(one.leaf_index, 1).await;
        verify_receipt(one.receipt.clone(), &leaves, &federation.vkeys());
    }
    let mut other = request.clone();
    other.selectors.pop();
    let refusal = not_answered(ask_all(&europol, vec![other]).await.unwrap().remove(0));
    assert_eq!(refusal.code(), RefusalCode::IdConflict);

    let mut reader = federation.server.hub().reader().await.unwrap();
    assert_eq!(QueryRow::count(&mut reader).await.unwrap(), 1);
    let id = request.query_id.parse().unwrap();
    let event = EventRow::range(&mut reader, first.leaf_index.cast_signed(), 1).await.unwrap().remove(0);
    let logged = QueryRow::by_id(&mut reader, event.agency, id).await.unwrap().unwrap();
    assert_eq!(
        (logged.officer.as_str(), logged.selectors, logged.purpose.code.as_str()),
        ("officer-7", 3, "prevention")
    );
    let said = LiaisonQueryStatement::decode(&event.statement).unwrap();
    assert_eq!((event.kind, said.count, &*said.purpose.case_number), (Kind::LiaisonQuery, 3, "EU-7/26"));
    assert!(logged.body.windows(8).any(|some| some == b"a.test/1"), "the access log has the selectors");
    assert!(!event.statement.windows(6).any(|some| some == b"a.test"), "the ledger has not");
    assert_eq!(event.decision, b"");
    drop(reader);
    federation.whole().await;

    let fresh = question(vec![link("https://a.test/1")]);
    let bad_salt = {
        let mut one = fresh.clone();
        one.salt = vec![0; 32];
        one
    };
    let nobody = {
        let mut one = fresh.clone();
        one.purpose = None;
        one
    };
    let unknown = {
        let mut one = fresh.clone();
        one.purpose.as_mut().unwrap().code = "curiosity".into();
        one
    };
    let no_case = {
        let mut one = fresh.clone();
        one.purpose.as_mut().unwrap().case_number.clear();
        one
    };
    let nothing = {
        let mut one = fresh.clone();
        one.selectors.clear();
        one
    };
    let too_much = {
        let mut one = fresh.clone();
        one.selectors = vec![link("https://a.test/"); 1_001];
        one
    };
    let requests = vec![bad_salt, nobody, unknown, no_case, nothing, too_much, fresh];
    let mut answers = ask_all(&europol, requests).await.unwrap();
    answered(answers.pop().unwrap());
    let refused: Vec<_> = answers.into_iter().map(not_answered).map(|one| (one.code(), one.field)).collect();
    let expected = [
        (RefusalCode::FieldInvalid, "salt"),
        (RefusalCode::FieldMissing, "purpose"),
        (RefusalCode::PurposeUnknown, "purpose.code"),
        (RefusalCode::FieldMissing, "purpose.case_number"),
        (RefusalCode::FieldMissing, "selectors"),
        (RefusalCode::TooLarge, "selectors"),
    ];
    assert_eq!(refused, expected.map(|(code, field)| (code, field.to_owned())));
    drop(europol);
    federation.end().await;
}
