//! Links, case numbers, ids of links, salts and free texts stand in the store and on the wire, and nowhere else: not in
//! a log line of any level, not in a metric, not in an error.

use meldeverbund_proto::{
    CanonicalLink,
    v1::{
        AcknowledgeRequest, Assess, CaseKind, CloseCaseRequest, DecideRequest, DisputeOwnership,
        ExplainTargetRequest, Finding, FollowRequest, HoldReason, Intend, LiftHold, NoticeForce, NoticeKind,
        NotifiedElsewhere, OffenceClass, OfferOwnership, OpenCaseRequest, PlaceHold, Referral, Release,
        ReleaseForm, ReleaseScope, ReportIncident, RequestGrant, SecureEvidence, ShowTargetsRequest,
        SubmitRequest, SubmitResponse, WithdrawReferral, decide_request::Decision, decide_response,
        feed_service_client::FeedServiceClient, submit_response,
    },
};
use tonic::Status;

use crate::{
    harness::{INSTANCE, Office, batch, decision_on, open_case, uuid},
    process::Site,
};

/// Texts that nothing else could have written.
const LINK: &str = "https://Unmistakable-Host.example:443/unmistakable-path?unmistakable-query=1";
const OTHER_LINK: &str = "https://unmistakable-other.example/unmistakable-path";
const CASE: &str = "UNMISTAKABLE-CASE/4711/26";
const SALT: &[u8; 32] = b"unmistakable-salt-0123456789abcd";
const WORD: &str = "unmistakable";

/// Everything that has to stay secret, in every form in which a debug line might write it.
fn secrets() -> Vec<String> {
    let mut secrets = vec![WORD.to_owned()];
    let ids = [LINK, OTHER_LINK].map(|link| *CanonicalLink::parse(link).unwrap().id().as_bytes());
    for bytes in ids.iter().chain([SALT]) {
        secrets.push(hex::encode(&bytes[..8]));
        secrets.push(hex::encode_upper(&bytes[..8]));
        let numbers = |form: fn(&u8) -> String| bytes[..6].iter().map(form).collect::<Vec<_>>().join(", ");
        secrets.push(numbers(|byte| byte.to_string()));
        secrets.push(numbers(|byte| format!("{byte:#x}")));
    }
    secrets
}

fn check(text: &str, what: &str) {
    let lower = text.to_lowercase();
    for secret in secrets() {
        if let Some(at) = lower.find(&secret.to_lowercase()) {
            let from = lower[..at].rfind('\n').map_or(0, |line| line + 1);
            let to = lower[at..].find('\n').map_or(lower.len(), |end| at + end);
            panic!("{what} tells {secret:?}: {}", &lower[from..to]);
        }
    }
}

fn secret_referral(link: &str) -> Referral {
    Referral {
        link: link.into(),
        salt: SALT.to_vec(),
        found_where: format!("{WORD} forum"),
        urgency_reason: format!("{WORD} reason"),
        access_hint: format!("{WORD} password"),
        note: format!("{WORD} note"),
        notified_elsewhere: Some(NotifiedElsewhere {
            by: format!("{WORD} body"),
            at_us: 1,
            reference: format!("{WORD} reference"),
        }),
        ..Referral::default()
    }
}

fn secret_batch(links: &[&str]) -> SubmitRequest {
    SubmitRequest { referrals: links.iter().map(|link| secret_referral(link)).collect(), ..batch(CASE, &[]) }
}

/// The refusals of an answer, and their reasons.
fn reasons(response: SubmitResponse) -> Vec<String> {
    match response.result.unwrap() {
        submit_response::Result::Refused(refusal) => vec![format!("{refusal:?}")],
        submit_response::Result::Accepted(accepted) => {
            let refusals = accepted.answers.into_iter().filter_map(|answer| answer.refusal);
            refusals.map(|refusal| format!("{refusal:?}")).collect()
        }
    }
}

fn of_status(status: &Status) -> String {
    format!("{status:?} {} {}", status.message(), String::from_utf8_lossy(status.details()))
}

/// Everything that goes well and wrong with a link; what the hub said of it.
async fn try_everything(office: &Office) -> Vec<String> {
    let mut said = Vec::new();
    let mut open = open_case(CASE);
    let case = open.case.as_mut().unwrap();
    case.unit = format!("{WORD} unit");
    case.prosecutor_reference = format!("{WORD} Js 1/26");
    open.salt = SALT.to_vec();
    office.cases().open_case(open.clone()).await.unwrap();
    open.case.as_mut().unwrap().kind = CaseKind::DangerPrevention.into();
    said.push(of_status(&office.cases().open_case(open).await.unwrap_err()));
    let wrong = |change: fn(&mut OpenCaseRequest)| {
        let mut request = open_case(&format!("{CASE}\n"));
        change(&mut request);
        request
    };
    for request in [
        wrong(|_| {}),
        wrong(|request| request.case.as_mut().unwrap().number = "x".repeat(65) + WORD),
        wrong(|request| request.case.as_mut().unwrap().number = format!("data:{WORD},{WORD}")),
        wrong(|request| request.command_id = WORD.into()),
        wrong(|request| request.salt = WORD.into()),
        wrong(|request| request.case.as_mut().unwrap().review_on = WORD.into()),
        wrong(|request| request.case.as_mut().unwrap().kind = 99),
    ] {
        said.push(of_status(&office.cases().open_case(request).await.unwrap_err()));
    }

    let good = secret_batch(&[LINK, OTHER_LINK, LINK]);
    let mut changed = good.clone();
    changed.referrals[0].note.push('x');
    let mut long = secret_batch(&[LINK]);
    long.referrals[0].note = WORD.repeat(100);
    let mut empty_salt = secret_batch(&[LINK]);
    empty_salt.referrals[0].salt = WORD.into();
    let bad_links = [
        format!("gopher://{WORD}.example/"),
        format!("https://{WORD}.example:99999/"),
        format!("https://{WORD} host.example/"),
        format!("data:text/plain,{WORD}"),
        format!("https://{WORD}.example/{}", WORD.repeat(400)),
        format!("http://{WORD}.onion/"),
        WORD.into(),
    ];
    let bad_links: Vec<_> = bad_links.iter().map(String::as_str).collect();
    let unknown = SubmitRequest { case_number: format!("{CASE}/other"), ..secret_batch(&[LINK]) };
    let untrimmed = SubmitRequest { case_number: format!(" {CASE}"), ..secret_batch(&[LINK]) };
    let no_id = SubmitRequest { submission_id: WORD.into(), ..secret_batch(&[LINK]) };
    let no_instance = SubmitRequest { instance_id: WORD.into(), ..secret_batch(&[LINK]) };
    let requests = vec![
        good.clone(),
        good,
        changed,
        long,
        empty_salt,
        secret_batch(&bad_links),
        unknown,
        untrimmed,
        no_id,
        no_instance,
    ];
    let answers = office.submit_all(requests).await;
    let Some(submit_response::Result::Accepted(accepted)) = &answers[0].result else { panic!("{answers:?}") };
    let target = accepted.answers[0].target_id.clone();
    said.extend(answers.into_iter().flat_map(reasons));

    said.extend(decide_everything(office, &target).await);

    // Two readers of the feed: the store that handed in, and one that rebuilds itself.
    for instance in [INSTANCE, "22222222-2222-4222-8222-222222222222"] {
        office.feed(instance, 0, 2).await;
    }
    let mut feeds = FeedServiceClient::new(office.channel.clone());
    let follow = FollowRequest {
        instance_id: WORD.into(),
        boot_id: uuid(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    said.push(of_status(&feeds.follow(follow).await.unwrap_err()));
    let acknowledge = AcknowledgeRequest { instance_id: INSTANCE.into(), sequence: 99, epoch: 0 };
    said.push(of_status(&feeds.acknowledge(acknowledge).await.unwrap_err()));
    said
}

/// Decisions with every free text there is, taken and refused; what the hub said of them.
async fn decide_everything(office: &Office, target: &str) -> Vec<String> {
    let word = |what: &str| format!("{WORD} {what}");
    let decisions = [
        Decision::Assess(Assess {
            finding: Finding::Unlawful.into(),
            offence_class: OffenceClass::Stgb184b.into(),
            means_of_collection: word("means"),
            reference: word("reference"),
            automatic: false,
        }),
        Decision::SecureEvidence(SecureEvidence {
            secured_at_us: 1,
            custodian: word("custodian"),
            container_sha256: SALT.to_vec(),
            reference: word("reference"),
        }),
        Decision::Release(Release {
            authority: word("authority"),
            person: word("person"),
            prosecutor_reference: word("Js 1/26"),
            form: ReleaseForm::Oral.into(),
            scope: ReleaseScope::Links.into(),
            conditions: word("conditions"),
            ..Release::default()
        }),
        Decision::PlaceHold(PlaceHold {
            reason: HoldReason::Other.into(),
            authority: word("authority"),
            reference: word("reference"),
            note: word("note"),
            ..PlaceHold::default()
        }),
        Decision::RequestGrant(RequestGrant {}),
        Decision::Intend(Intend {
            kind: NoticeKind::First.into(),
            force: NoticeForce::Order.into(),
            fences: vec![1],
            legal_basis: "police-law".into(),
            on_behalf_of: word("body"),
            recipient: word("recipient"),
            channel: word("channel"),
            file_reference: word("file"),
        }),
        Decision::Intend(Intend {
            kind: NoticeKind::First.into(),
            force: NoticeForce::Order.into(),
            fences: vec![1],
            legal_basis: word("basis"),
            recipient: word("recipient"),
            channel: word("channel"),
            file_reference: word("file"),
            ..Intend::default()
        }),
        Decision::OfferOwnership(OfferOwnership { agency_id: WORD.into(), reason: word("reason") }),
        Decision::DisputeOwnership(DisputeOwnership { agency_id: word("agency"), reason: word("reason") }),
        Decision::WithdrawReferral(WithdrawReferral {
            case_number: format!("{CASE}/none"),
            reason: word("reason"),
        }),
        Decision::LiftHold(LiftHold { hold_id: WORD.into(), reason: word("reason") }),
        Decision::LiftHold(LiftHold { hold_id: String::new(), reason: WORD.repeat(100) }),
        Decision::ReportIncident(ReportIncident {
            sent_at_us: -1,
            recipient: word("recipient"),
            reference: word("reference"),
            reason: word("reason"),
        }),
        Decision::WithdrawReferral(WithdrawReferral { case_number: CASE.into(), reason: word("reason") }),
    ];
    let mut said = Vec::new();
    let mut ask = async |change: &dyn Fn(&mut DecideRequest), decision: Decision| {
        let mut request = decision_on(&[target.to_owned()], decision);
        request.salt = SALT.to_vec();
        request.officer = word("officer");
        change(&mut request);
        match office.ask(request).await.result.unwrap() {
            decide_response::Result::Refused(refusal) => said.push(format!("{refusal:?}")),
            decide_response::Result::Decided(decided) => {
                let refusals = decided.answers.into_iter().filter_map(|answer| answer.refusal);
                said.extend(refusals.map(|refusal| format!("{refusal:?}")));
            }
        }
    };
    for decision in decisions {
        ask(&|_| {}, decision.clone()).await;
        ask(&|request| request.dry_run = true, decision).await;
    }
    let grant = || Decision::RequestGrant(RequestGrant {});
    ask(&|request| request.target_ids = vec![WORD.into()], grant()).await;
    ask(&|request| request.target_ids.push(LINK.into()), grant()).await;
    ask(&|request| request.command_id = WORD.into(), grant()).await;
    ask(&|request| request.instance_id = WORD.into(), grant()).await;
    ask(&|request| request.salt = WORD.into(), grant()).await;
    ask(&|request| request.officer = format!("data:{WORD},{WORD}"), grant()).await;
    for target_id in [target.to_owned(), WORD.to_owned(), LINK.to_owned()] {
        let show = ShowTargetsRequest { target_ids: vec![target_id.clone()] };
        let shown = office.targets().show_targets(show).await;
        said.extend(shown.err().as_ref().map(of_status));
        let explain = ExplainTargetRequest { target_id, at_leaf: 0 };
        let explained = office.targets().explain_target(explain).await;
        said.extend(explained.err().as_ref().map(of_status));
    }
    assert!(said.len() > 20, "{said:#?}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_logs_metrics_or_errors() {
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    let mut said = try_everything(&office).await;

    // The same when the database fails in the middle.
    hub.fill_disk();
    said.extend(reasons(office.submit(secret_batch(&[LINK])).await));
    said.push(of_status(&office.cases().open_case(open_case(&format!("{CASE}/2"))).await.unwrap_err()));
    hub.free_disk();
    // And when it holds what no version knows: an error of the hub's own, with an id that finds its line.
    spoil(&site).await;
    let failed = reasons(office.submit(secret_batch(&[LINK])).await);
    assert!(
        failed[0].contains("Internal") && failed[0].contains("its log names the cause under"),
        "{failed:?}"
    );
    let id = failed[0].split("under ").nth(1).unwrap()[..36].to_owned();
    said.extend(failed);
    let close = CloseCaseRequest {
        command_id: uuid(),
        salt: SALT.to_vec(),
        number: CASE.into(),
        reason: format!("{WORD} reason"),
    };
    office.cases().close_case(close).await.unwrap();
    said.extend(reasons(office.submit(secret_batch(&[LINK])).await));

    assert!(said.len() > 20, "{}", said.len());
    said.iter().for_each(|said| check(said, "an error"));
    check(&hub.get("/metrics").1, "a metric");
    check(&hub.get("/readyz").1, "readiness");
    for verb in ["status", "doctor"] {
        let output = site.run(&[verb]);
        check(&String::from_utf8(output.stdout).unwrap(), verb);
        check(&String::from_utf8(output.stderr).unwrap(), verb);
    }
    hub.terminate();
    let (status, log) = hub.ended().await;
    assert_eq!(status.code(), Some(0));
    assert!(log.contains(&id), "the operator finds the cause");
    assert!(log.contains("\"level\":\"TRACE\""), "the log was as loud as it can be");
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "every line is one object: {line}");
    }
    check(&log, "the log");
}

/// A stage that this version does not know.
async fn spoil(site: &Site) {
    let mut connection = site.connect().await;
    meldeverbund_hub::store::query("UPDATE target SET stage = 77").execute(&mut connection).await.unwrap();
}
