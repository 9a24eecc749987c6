//! The second step: asked for, answered field by field, restricted.

use meldeverbund_proto::v1::{
    AnswerDisclosureRequest, AnswerDisclosureResponse, DisclosedValue, Disclosure, DisclosureField,
    DisclosureState, ListAskedRequest, ListDisclosuresRequest, RefusalCode, RequestDisclosureRequest,
    RequestDisclosureResponse, RestrictDisclosureRequest, RestrictDisclosureResponse,
    disclosure_service_client::DisclosureServiceClient, follow_response::Event,
};
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{ask, client, europol, link, question, referring, token, with_token};
use crate::harness::{Federation, INSTANCE, Office, accepted, salt, uuid};

fn code(status: &Status) -> String {
    status.get_error_details().error_info().expect("a refusal of the hub").reason.clone()
}

pub(super) fn name(code: RefusalCode) -> String {
    code.as_str_name().to_owned()
}

pub(super) fn request(query_id: &str, position: u32) -> RequestDisclosureRequest {
    RequestDisclosureRequest {
        disclosure_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        query_id: query_id.into(),
        position,
        fields: vec![DisclosureField::CaseNumber.into()],
        reason: "identical material in our case".into(),
    }
}

pub(super) async fn requested(
    office: &Office,
    request: RequestDisclosureRequest,
) -> Result<RequestDisclosureResponse, String> {
    let call = with_token(request, &token(office.agency.as_str()));
    client(office)
        .request_disclosure(call)
        .await
        .map(tonic::Response::into_inner)
        .map_err(|status| code(&status))
}

pub(super) async fn listed(office: &Office) -> Vec<Disclosure> {
    let call = with_token(ListDisclosuresRequest::default(), &token(office.agency.as_str()));
    client(office).list_disclosures(call).await.unwrap().into_inner().disclosures
}

fn owners(office: &Office) -> DisclosureServiceClient<Channel> {
    DisclosureServiceClient::new(office.channel.clone())
}

pub(super) async fn asked(office: &Office, answered: bool) -> Vec<Disclosure> {
    let request = ListAskedRequest { answered, limit: 0 };
    owners(office).list_asked(request).await.unwrap().into_inner().disclosures
}

pub(super) fn answer(disclosure_id: &str, values: &[(DisclosureField, &str)]) -> AnswerDisclosureRequest {
    let value = |(field, text): &(DisclosureField, &str)| DisclosedValue {
        field: (*field).into(),
        text: (*text).into(),
        restricted: false,
    };
    AnswerDisclosureRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        disclosure_id: disclosure_id.into(),
        values: values.iter().map(value).collect(),
        reason: if values.is_empty() { "covert measures".into() } else { String::new() },
    }
}

pub(super) async fn answered(
    office: &Office,
    request: AnswerDisclosureRequest,
) -> Result<AnswerDisclosureResponse, String> {
    let answer = owners(office).answer_disclosure(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| code(&status))
}

pub(super) async fn restricted(
    office: &Office,
    disclosure_id: &str,
    fields: &[DisclosureField],
) -> Result<RestrictDisclosureResponse, String> {
    let request = RestrictDisclosureRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        disclosure_id: disclosure_id.into(),
        fields: fields.iter().map(|field| (*field).into()).collect(),
        reason: "corrected".into(),
    };
    let answer = owners(office).restrict_disclosure(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| code(&status))
}

/// The states of disclosures that the agency's feed tells of behind a place.
pub(super) async fn told(office: &Office, after: u64, count: usize) -> Vec<Disclosure> {
    let events = office.feed(INSTANCE, after, count).await.into_iter();
    let changed = events.filter_map(|event| match event.event {
        Some(Event::DisclosureChanged(changed)) => changed.disclosure,
        _ => None,
    });
    changed.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_hit_can_be_asked_about_and_hidden_is_like_none() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    let hidden = referring("1/26", "https://a.test/hidden", |referral| referral.hidden_from_liaison = true);
    accepted(nw.submit(hidden).await);
    nw.refer("1/26", &["https://a.test/shown"]).await;
    let asked_about = question(vec![
        link("https://a.test/hidden"),
        link("https://a.test/absent"),
        link("gopher://a.test/"),
        link("https://a.test/shown"),
    ]);
    ask(&europol, asked_about.clone()).await;
    let before = federation.counts().await;
    for position in [0, 1, 2, 4] {
        let refused = requested(&europol, request(&asked_about.query_id, position)).await;
        assert_eq!(refused, Err(name(RefusalCode::NoHit)), "{position}");
    }
    assert_eq!(
        requested(&europol, request(&uuid(), 3)).await,
        Err(name(RefusalCode::NoHit)),
        "no such question"
    );
    assert_eq!(federation.counts().await.leaves, before.leaves, "nothing was written");

    let good = request(&asked_about.query_id, 3);
    let first = requested(&europol, good.clone()).await.unwrap();
    assert_eq!(first.agency.as_ref().unwrap().agency_id, "de-nw-lka");
    let again = requested(&europol, good.clone()).await.unwrap();
    assert_eq!((again.leaf_index, again.due_at_us), (first.leaf_index, first.due_at_us));
    let other = RequestDisclosureRequest { reason: "another".into(), ..good.clone() };
    assert_eq!(requested(&europol, other).await, Err(name(RefusalCode::IdConflict)));
    let silent = RequestDisclosureRequest { reason: " ".into(), ..request(&asked_about.query_id, 3) };
    assert_eq!(requested(&europol, silent).await, Err(name(RefusalCode::FieldMissing)));
    assert_eq!(requested(&nw, request(&asked_about.query_id, 3)).await, Err(name(RefusalCode::NotPermitted)));

    // Another liaison body has no part in it.
    federation.register("int-interpol", meldeverbund_proto::v1::AgencyKind::Liaison).await;
    let interpol = federation.connect("int-interpol", "main").await;
    let foreign = requested(&interpol, request(&asked_about.query_id, 3)).await;
    assert_eq!(foreign, Err(name(RefusalCode::NoHit)));
    assert_eq!(listed(&interpol).await, []);
    assert_eq!(listed(&europol).await.len(), 1);
    drop((nw, europol, interpol));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_releases_field_by_field_and_restricts() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let europol = europol(&federation).await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id;
    let asked_about = question(vec![link("https://a.test/1")]);
    ask(&europol, asked_about.clone()).await;
    let wanted = request(&asked_about.query_id, 0);
    requested(&europol, wanted.clone()).await.unwrap();
    let id = wanted.disclosure_id.as_str();

    let seen = asked(&nw, false).await.remove(0);
    assert_eq!((seen.target_id, seen.asking_officer.as_str()), (target, "officer-7"));
    assert_eq!(seen.purpose.unwrap().code, "prevention");
    assert_eq!(asked(&by, true).await, [], "nobody else is asked");

    let released = [(DisclosureField::CaseNumber, "1/26"), (DisclosureField::Officer, "KHK Muster")];
    let unknown = Err(name(RefusalCode::DisclosureUnknown));
    assert_eq!(answered(&by, answer(id, &released)).await, unknown);
    assert_eq!(answered(&europol, answer(id, &released)).await, Err(name(RefusalCode::NotPermitted)));
    let twice = [released[0], released[0]];
    assert_eq!(answered(&nw, answer(id, &twice)).await, Err(name(RefusalCode::FieldInvalid)));
    let mut silent = answer(id, &[]);
    silent.reason.clear();
    assert_eq!(answered(&nw, silent).await, Err(name(RefusalCode::FieldMissing)));
    assert_eq!(restricted(&nw, id, &[]).await.map(drop), Err(name(RefusalCode::DisclosureState)));

    let given = answer(id, &released);
    let first = answered(&nw, given.clone()).await.unwrap();
    assert_eq!(first.disclosure.as_ref().unwrap().state(), DisclosureState::Released);
    assert!(first.receipt.is_some());
    assert_eq!(answered(&nw, given).await.unwrap().disclosure, first.disclosure, "the same answer again");
    assert_eq!(
        answered(&nw, answer(id, &[])).await,
        Err(name(RefusalCode::DisclosureState)),
        "an answer stands"
    );

    let shown = listed(&europol).await.remove(0);
    let texts: Vec<_> = shown.values.iter().map(|value| value.text.as_str()).collect();
    assert_eq!((texts, shown.target_id.as_str()), (vec!["1/26", "KHK Muster"], ""));

    restricted(&nw, id, &[DisclosureField::Officer]).await.unwrap();
    let nothing = restricted(&nw, id, &[DisclosureField::Officer]).await.map(drop);
    assert_eq!(nothing, Err(name(RefusalCode::NothingToDo)));
    assert_eq!(restricted(&by, id, &[]).await.map(drop), unknown.map(drop));
    let shown = listed(&europol).await.remove(0);
    let texts: Vec<_> = shown.values.iter().map(|value| (value.text.as_str(), value.restricted)).collect();
    assert_eq!(texts, [("1/26", false), ("", true)]);

    // A liaison body's feed tells of its disclosures, as they are now.
    let told: Vec<_> = told(&europol, 0, 2).await.iter().map(Disclosure::state).collect();
    assert_eq!(told, [DisclosureState::Released, DisclosureState::Released]);
    federation.whole().await;
    drop((nw, by, europol));
    federation.end().await;
}
