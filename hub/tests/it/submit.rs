//! `Submit`: one answer per referral, idempotent, bound to the certificate's agency and one of its cases.

use meldeverbund_domain::AgencyState;
use meldeverbund_hub::flow::SetAgencyState;
use meldeverbund_proto::{
    limits::REFERRALS_PER_SUBMISSION,
    v1::{
        AgencyKind, CloseCaseRequest, OwnerBasis, ReferralAnswer, RefusalCode, Role, Stage,
        SubmissionAccepted, Verdict, WithdrawReferral, decide_request::Decision,
    },
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Federation, accepted, batch, open_case, refused, salt, uuid};

fn verdicts(accepted: &SubmissionAccepted) -> Vec<Verdict> {
    accepted.answers.iter().map(|answer| answer.verdict()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_owns_and_the_second_joins() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("NW/1/26").await;
    by.open_case("BY/1/26").await;

    let first = nw
        .refer("NW/1/26", &["http://files.example/a", "https://FILES.example:443/a", "https://b.test/"])
        .await;
    assert_eq!(verdicts(&first), [Verdict::New, Verdict::AlreadyYours, Verdict::New]);
    assert_eq!(first.answers[0].target_id, first.answers[1].target_id);
    assert_eq!(
        (first.first_leaf_index, first.leaf_count),
        (6, 3),
        "the hub's key, 3 agencies and 2 cases came before"
    );

    let second = by.refer("BY/1/26", &["https://files.example/a", "https://c.test/"]).await;
    assert_eq!(verdicts(&second), [Verdict::Joined, Verdict::New]);
    let joined = &second.answers[0];
    assert_eq!(joined.owner_agency_id, "de-nw-lka");
    assert_eq!(joined.owner_basis(), OwnerBasis::FirstSeised);
    assert_eq!((joined.stage(), joined.round), (Stage::Referred, 1));
    assert_eq!(joined.role(), Role::CoInterested);
    assert_eq!(joined.target_id, first.answers[0].target_id);
    let owners: Vec<_> = second.owners.iter().map(|card| card.agency_id.as_str()).collect();
    assert_eq!(owners, ["de-nw-lka", "de-by-lka"]);
    assert_eq!(second.owners[0].contact, "duty@de-nw-lka.example");

    let counts = federation.counts().await;
    assert_eq!((counts.targets, counts.bindings, counts.ownerless), (3, 4, 0));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_submission_gets_the_same_verdicts_for_ever() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("NW/1/26").await;
    let mut request =
        batch("NW/1/26", &["https://files.example/a", "gopher://files.example/", "https://b.test/"]);
    let first = accepted(nw.submit(request.clone()).await);
    assert_eq!(verdicts(&first), [Verdict::New, Verdict::Refused, Verdict::New]);
    let leaves = federation.counts().await.leaves;

    let federation = federation.restart().await;
    let nw = federation.connect("de-nw-lka", "main").await;
    let close = CloseCaseRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        number: "NW/1/26".into(),
        reason: String::new(),
    };
    nw.cases().close_case(close).await.unwrap();
    let again = accepted(nw.submit(request.clone()).await);
    let receipt = again.receipt.clone();
    assert_ne!(receipt, first.receipt, "under the checkpoint of now");
    let expected = SubmissionAccepted { repeated: true, receipt, ..first };
    assert_eq!(again, expected, "also after the case was closed");
    assert_eq!(federation.counts().await.leaves, leaves + 1, "only the closing left a leaf");

    request.referrals[0].note = "other".into();
    assert_eq!(refused(nw.submit(request).await).code(), RefusalCode::IdConflict);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_withdrawn_is_told_the_same_verdict_and_no_role() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("NW/1/26").await;
    nw.submit(batch("NW/1/26", &["https://files.example/a"])).await;
    let by = federation.office("de-by-lka").await;
    by.open_case("BY/1/26").await;
    let request = batch("BY/1/26", &["https://files.example/a"]);
    let first = accepted(by.submit(request.clone()).await);
    assert_eq!(first.answers[0].role(), Role::CoInterested);

    let target = [first.answers[0].target_id.clone()];
    let withdraw = WithdrawReferral { reason: "by mistake".into(), ..WithdrawReferral::default() };
    by.decided(&target, Decision::WithdrawReferral(withdraw)).await;
    let again = accepted(by.submit(request).await);
    let answers = vec![ReferralAnswer { role: Role::Unspecified.into(), ..first.answers[0].clone() }];
    assert_eq!((again.repeated, again.answers), (true, answers));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_referral_is_refused_by_itself_with_its_field() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("NW/1/26").await;
    let mut request =
        batch("NW/1/26", &["https://ok.example/", "", "https://ok.example/2", "data:image/png;base64,AA"]);
    request.referrals[2].note = "x".repeat(501);
    let accepted = accepted(nw.submit(request).await);
    let found: Vec<_> = accepted
        .answers
        .iter()
        .map(|answer| answer.refusal.as_ref().map(|refusal| (refusal.code(), refusal.field.as_str())))
        .collect();
    assert_eq!(
        found,
        [
            None,
            Some((RefusalCode::FieldMissing, "referrals[1].link")),
            Some((RefusalCode::TooLarge, "referrals[2].note")),
            Some((RefusalCode::ContentForbidden, "referrals[3].link")),
        ]
    );
    assert_eq!(accepted.leaf_count, 1);
    assert_eq!(federation.counts().await.targets, 1);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_refused_as_a_whole_and_leaves_nothing() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("NW/1/26").await;
    let good = || batch("NW/1/26", &["https://ok.example/"]);
    let leaves = federation.counts().await.leaves;
    let many = vec!["https://ok.example/"; REFERRALS_PER_SUBMISSION + 1];
    let mut requests = vec![
        (batch("NW/2/26", &["https://ok.example/"]), "case_number", RefusalCode::CaseUnknown),
        (batch("NW/1/26\n", &["https://ok.example/"]), "case_number", RefusalCode::FieldInvalid),
        (batch("NW/1/26", &[]), "referrals", RefusalCode::FieldMissing),
        (batch("NW/1/26", &many), "referrals", RefusalCode::TooLarge),
    ];
    let mut changed = good();
    changed.submission_id = "919108f7-52d1-4320-9bac-f847db4148a8".into();
    requests.push((changed, "submission_id", RefusalCode::FieldInvalid));
    let mut changed = good();
    changed.instance_id.clear();
    requests.push((changed, "instance_id", RefusalCode::FieldInvalid));
    let mut changed = good();
    changed.referrals[0].salt = vec![0; 32];
    requests.push((changed, "referrals[0].salt", RefusalCode::FieldInvalid));

    for (request, field, code) in requests {
        let refusal = refused(nw.submit(request).await);
        assert_eq!((refusal.field.as_str(), refusal.code()), (field, code));
    }
    assert_eq!(federation.counts().await.leaves, leaves);
    assert_eq!(verdicts(&accepted(nw.submit(good()).await)), [Verdict::New], "the stream's office goes on");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_belong_to_the_certificate_s_agency() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    let refusal = refused(by.submit(batch("1/26", &["https://ok.example/"])).await);
    assert_eq!(refusal.code(), RefusalCode::CaseUnknown);

    let again = nw.cases().open_case(open_case("1/26")).await.unwrap().into_inner();
    assert!(again.stood_already, "opened twice it is one");
    by.open_case("1/26").await;
    assert_eq!(federation.counts().await.cases, 2);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_refer_is_told_so() {
    let federation = Federation::start().await;
    federation.register("eu-europol", AgencyKind::Liaison).await;
    let europol = federation.connect("eu-europol", "main").await;
    let status = europol.cases().open_case(open_case("1/26")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, RefusalCode::NotPermitted.as_str_name());

    let stranger = federation.connect("de-th-lka", "main").await;
    let status = stranger.cases().open_case(open_case("1/26")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, RefusalCode::AgencyUnknown.as_str_name());
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_counts_at_once_also_on_an_open_stream() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    requests.send(batch("1/26", &["https://ok.example/1"])).await.unwrap();
    let mut answers = nw.referrals().submit(stream).await.unwrap().into_inner();
    accepted(answers.message().await.unwrap().unwrap());

    let set =
        |state| SetAgencyState::parse("de-nw-lka".parse().unwrap(), state, "test".into(), salt()).unwrap();
    assert!(federation.server.hub().run(set(AgencyState::Suspended)).await.unwrap());
    requests.send(batch("1/26", &["https://ok.example/2"])).await.unwrap();
    let refusal = refused(answers.message().await.unwrap().unwrap());
    assert_eq!(refusal.code(), RefusalCode::AgencySuspended);

    assert!(federation.server.hub().run(set(AgencyState::Active)).await.unwrap());
    requests.send(batch("1/26", &["https://ok.example/3"])).await.unwrap();
    accepted(answers.message().await.unwrap().unwrap());
    drop((requests, answers, nw));
    federation.end().await;
}
