//! Every call of the contract, and to whom it is closed. A call that is added is missing here until somebody has said whose it is.

use meldeverbund_blind::Questions;
use meldeverbund_certs::Clock;
use meldeverbund_proto::v1::{
    AcknowledgeRequest, AnnounceRequest, AnnouncementKind, CloseCaseRequest, DisclosureField,
    ExplainTargetRequest, FetchSetRequest, FollowRequest, ListAnnouncementsRequest, ListAskedRequest,
    ListDisclosuresRequest, ProveConsistencyRequest, RefusalCode, ReportReconciledRequest,
    RestrictDisclosureRequest, ShowEpochsRequest, ShowTargetsRequest, WhoAmIRequest,
    agency_service_client::AgencyServiceClient, disclosure_service_client::DisclosureServiceClient,
    feed_service_client::FeedServiceClient, ledger_service_client::LedgerServiceClient,
};
use tonic::{Request, Response, Status};
use tonic_types::StatusExt as _;

use super::{
    EUROPOL, client,
    disclosures::{answer, request},
    europol, link, purpose, token, with_token,
};
use crate::{
    blind,
    harness::{BOOT, CENTRAL, Federation, INSTANCE, Office, open_case, salt, uuid},
};

/// Whose a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of state offices and the central office.
    Nodes,
    /// Of liaison bodies.
    Bodies,
    /// Of both: it tells each of its own alone.
    Both,
}

const TABLE: [(&str, Whose); 23] = [
    ("AgencyService/WhoAmI", Whose::Both),
    ("AgencyService/ReportReconciled", Whose::Both),
    ("BlindService/ShowEpochs", Whose::Bodies),
    ("BlindService/FetchSet", Whose::Bodies),
    ("BlindService/Evaluate", Whose::Bodies),
    ("CaseService/OpenCase", Whose::Nodes),
    ("CaseService/CloseCase", Whose::Nodes),
    ("DecisionService/Decide", Whose::Nodes),
    ("FeedService/Follow", Whose::Both),
    ("FeedService/Acknowledge", Whose::Both),
    ("LedgerService/Witness", Whose::Nodes),
    ("LedgerService/ProveConsistency", Whose::Nodes),
    ("LiaisonService/Query", Whose::Bodies),
    ("LiaisonService/Announce", Whose::Bodies),
    ("LiaisonService/ListAnnouncements", Whose::Bodies),
    ("LiaisonService/RequestDisclosure", Whose::Bodies),
    ("LiaisonService/ListDisclosures", Whose::Bodies),
    ("DisclosureService/ListAsked", Whose::Nodes),
    ("DisclosureService/AnswerDisclosure", Whose::Nodes),
    ("DisclosureService/RestrictDisclosure", Whose::Nodes),
    ("ReferralService/Submit", Whose::Nodes),
    // A stranger's target is like one that does not exist.
    ("TargetService/ShowTargets", Whose::Both),
    ("TargetService/ExplainTarget", Whose::Both),
];

/// The calls that the contract has, as its files name them.
fn contract() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/meldeverbund/v1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut calls = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut service = "";
        for line in text.lines() {
            let mut words = line.trim_start().split([' ', '(']);
            match (words.next(), words.next()) {
                (Some("service"), Some(name)) => service = name,
                (Some("rpc"), Some(name)) => calls.push(format!("{service}/{name}")),
                _ => {}
            }
        }
    }
    calls
}

fn code<T>(answer: Result<Response<T>, Status>) -> String {
    let status = answer.err();
    let details = status.and_then(|status| status.get_error_details().error_info().cloned());
    details.map_or_else(String::new, |info| info.reason)
}

/// What each call comes to: the refusal's code, or nothing.
async fn calls(office: &Office, target_id: &str) -> Vec<(&'static str, String)> {
    fn under<T>(office: &Office, message: T) -> Request<T> {
        with_token(message, &token(office.agency.as_str()))
    }
    let mut said = Vec::new();
    let target_id = target_id.to_owned();
    let mut agencies = AgencyServiceClient::new(office.channel.clone());
    said.push(("AgencyService/WhoAmI", code(agencies.who_am_i(WhoAmIRequest {}).await)));
    let reconciled = agencies.report_reconciled(ReportReconciledRequest { epoch: 1 }).await;
    said.push(("AgencyService/ReportReconciled", code(reconciled)));

    let mut blindly = blind::client(office);
    let epochs = blindly.show_epochs(under(office, ShowEpochsRequest {})).await;
    said.push(("BlindService/ShowEpochs", code(epochs)));
    let fetch = FetchSetRequest { epoch: 1, ..FetchSetRequest::default() };
    said.push(("BlindService/FetchSet", code(blindly.fetch_set(under(office, fetch)).await)));
    let questions = Questions::blind(&[blind::link("https://a.test/1")], &mut rand::rng());
    let evaluated = blindly.evaluate(under(office, blind::request(1, &questions))).await;
    said.push(("BlindService/Evaluate", code(evaluated)));

    said.push(("CaseService/OpenCase", code(office.cases().open_case(open_case("9/26")).await)));
    let (command_id, salt) = (uuid(), salt().as_bytes().to_vec());
    let close = CloseCaseRequest { command_id, salt, number: "9/26".into(), reason: String::new() };
    said.push(("CaseService/CloseCase", code(office.cases().close_case(close).await)));
    said.push(("DecisionService/Decide", code(office.decisions().decide(tokio_stream::empty()).await)));

    let mut feeds = FeedServiceClient::new(office.channel.clone());
    let (instance_id, boot_id) = (INSTANCE.to_owned(), BOOT.to_owned());
    let follow = FollowRequest { instance_id, boot_id, ..FollowRequest::default() };
    let followed = feeds.follow(follow).await;
    let acknowledge = AcknowledgeRequest { instance_id: INSTANCE.into(), sequence: 0, epoch: 0 };
    said.push(("FeedService/Acknowledge", code(feeds.acknowledge(acknowledge).await)));
    said.push(("FeedService/Follow", code(followed)));

    let mut ledger = LedgerServiceClient::new(office.channel.clone());
    said.push(("LedgerService/Witness", code(ledger.witness(tokio_stream::empty()).await)));
    let prove = ProveConsistencyRequest { epoch: 1, from: vec![1], to: 2 };
    said.push(("LedgerService/ProveConsistency", code(ledger.prove_consistency(prove).await)));

    let query = client(office).query(under(office, tokio_stream::empty())).await;
    said.push(("LiaisonService/Query", code(query)));
    let announced = client(office).announce(under(office, announcing())).await;
    said.push(("LiaisonService/Announce", code(announced)));
    let list = under(office, ListAnnouncementsRequest::default());
    said.push(("LiaisonService/ListAnnouncements", code(client(office).list_announcements(list).await)));
    let details = under(office, request(&uuid(), 0));
    said.push(("LiaisonService/RequestDisclosure", code(client(office).request_disclosure(details).await)));
    let list = under(office, ListDisclosuresRequest::default());
    said.push(("LiaisonService/ListDisclosures", code(client(office).list_disclosures(list).await)));

    let mut owners = DisclosureServiceClient::new(office.channel.clone());
    let asked = owners.list_asked(ListAskedRequest::default()).await;
    said.push(("DisclosureService/ListAsked", code(asked)));
    let given = answer(&uuid(), &[(DisclosureField::CaseNumber, "9/26")]);
    said.push(("DisclosureService/AnswerDisclosure", code(owners.answer_disclosure(given).await)));
    let restricted = owners.restrict_disclosure(restricting()).await;
    said.push(("DisclosureService/RestrictDisclosure", code(restricted)));

    let submitted = office.referrals().submit(tokio_stream::empty()).await;
    said.push(("ReferralService/Submit", code(submitted)));
    let show = ShowTargetsRequest { target_ids: vec![target_id.clone()] };
    said.push(("TargetService/ShowTargets", code(office.targets().show_targets(show).await)));
    let explain = ExplainTargetRequest { target_id, at_leaf: 0 };
    said.push(("TargetService/ExplainTarget", code(office.targets().explain_target(explain).await)));
    said
}

fn announcing() -> AnnounceRequest {
    AnnounceRequest {
        announcement_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        purpose: Some(purpose()),
        kind: AnnouncementKind::IntendedNotice.into(),
        selector: Some(link("https://a.test/1")),
        at_us: 0,
        note: String::new(),
    }
}

fn restricting() -> RestrictDisclosureRequest {
    RestrictDisclosureRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        disclosure_id: uuid(),
        fields: Vec::new(),
        reason: "corrected".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_closed_to_whom_it_is_not_for() {
    let mut named: Vec<_> = TABLE.iter().map(|(call, _)| (*call).to_owned()).collect();
    let mut known = contract();
    named.sort();
    known.sort();
    assert_eq!(named, known, "each call of the contract stands in the table");

    let federation = Federation::start_with(Clock::system(), blind::on).await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    let centre = federation.connect(CENTRAL, "main").await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id;
    blind::turn(&federation).await;
    for office in [&nw, &centre, &europol] {
        let is_body = office.agency.as_str() == EUROPOL;
        let said = calls(office, &target).await;
        assert_eq!(said.len(), TABLE.len());
        for (call, refusal) in said {
            let (_, whose) = TABLE.into_iter().find(|(known, _)| *known == call).unwrap();
            let is_open = match whose {
                Whose::Nodes => !is_body,
                Whose::Bodies => is_body,
                Whose::Both => true,
            };
            let is_closed = refusal == RefusalCode::NotPermitted.as_str_name();
            assert_eq!(is_closed, !is_open, "{call} by {}: {refusal}", office.agency);
        }
    }

    // What is open to both tells a liaison body nothing of a target: as of one that is not there.
    let explained = async |target_id: String| {
        let request = ExplainTargetRequest { target_id, at_leaf: 0 };
        let status = europol.targets().explain_target(request).await.unwrap_err();
        (status.code(), status.message().to_owned(), code::<()>(Err(status)))
    };
    let nobody_s = format!("{}0", &target[..target.len() - 1]);
    let other = if nobody_s == target { format!("{}1", &target[..target.len() - 1]) } else { nobody_s };
    assert_eq!(explained(target.clone()).await, explained(other).await);
    let show = ShowTargetsRequest { target_ids: vec![target] };
    let shown = europol.targets().show_targets(show).await.unwrap().into_inner();
    assert_eq!((shown.targets.len(), shown.agencies.len(), shown.merged.len()), (0, 0, 0));
    drop((nw, centre, europol));
    federation.end().await;
}
