//! The desk: who may sit there, and what it takes.

use meldeverbund_node::text::Lang;
use meldeverbund_proto::{
    node::v1::{
        LinkState, ListLinksRequest, ReferPreview, ShowLinkRequest, StatusRequest, WatchRequest,
        refer_response, watch_response::What,
    },
    v1::{RefusalCode, Verdict},
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::{
    harness::{CASE, Office, Refer, begin, links},
    hub::FakeHub,
};

#[tokio::test]
async fn an_account_without_a_person_is_told_the_lines_to_add() {
    let office = Office::with("");
    let hub = FakeHub::start(office.path());
    let mut node = office.start_in(hub.dial(), Lang::De).await;
    let refused = node.desk.status(StatusRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "NOT_AN_OFFICER");
    let uid = rustix::process::getuid().as_raw();
    let lines = format!("[[officers]]\nuid = {uid}\nname = \"Vorname Name\"");
    assert!(refused.message().contains(&lines), "{}", refused.message());
    assert!(refused.message().contains(&office.config_file().display().to_string()));

    // The very lines that it asks for are taken up without a restart.
    let text = std::fs::read_to_string(office.config_file()).unwrap();
    std::fs::write(office.config_file(), format!("{text}\n{lines}\n")).unwrap();
    assert_eq!(node.status().await.officer, "Vorname Name");

    // A broken file keeps the officers there were.
    std::fs::write(office.config_file(), "agency = ").unwrap();
    assert_eq!(node.status().await.officer, "Vorname Name");
    node.stop().await;
}

#[tokio::test]
async fn a_hand_in_goes_on_after_its_last_taken_row() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    let list = links(35);
    let mut first = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    first.rows(&list[..10]).await.unwrap();
    first.rows(&list[10..20]).await.unwrap();
    drop(first);
    assert_eq!(node.status().await.broken_off.len(), 1);

    let mut second = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    assert_eq!(second.begun.rows_taken, 20);
    second.rows(&list[20..]).await.unwrap();
    let done = second.finish().await.unwrap();
    node.until(|status| (status.totals.unwrap().new == 35).then_some(())).await;
    let lines: Vec<u64> = node.report(done.id).await.iter().map(|row| row.line).collect();
    assert_eq!(lines, (1..=35).collect::<Vec<_>>());

    let third = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    assert!(third.begun.finished_already && third.begun.hand_in == done.id);
    assert_eq!(third.begun.officer, "Erika Muster");
    let again = Refer::begin(&mut node.desk, "list", true).await.unwrap();
    assert!(!again.begun.finished_already && again.begun.hand_in != done.id);
    node.stop().await;
}

#[tokio::test]
async fn rows_are_taken_in_order_and_once() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    let list = links(20);
    let mut one = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    let mut other = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    one.rows(&list[..10]).await.unwrap();
    let refused = other.rows(&list[..10]).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted);
    let refused = one.send_rows(12, &list[..10]).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted, "row 11 is missing");
    let mut third = Refer::begin(&mut node.desk, "list", false).await.unwrap();
    let refused = third.end(11).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "10 rows were taken, not 11");
    assert_eq!(node.status().await.totals.unwrap().rows, 10);
    node.stop().await;
}

#[tokio::test]
async fn rows_that_are_no_referral_are_kept_for_the_report() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    let list = ["https://a.example/", "gopher://a.example/", "", "https://b.example/"].map(str::to_owned);
    let hand_in = node.refer("list", &list, 10).await;
    assert_eq!(hand_in.counts.unwrap().rejected, 2);
    node.until(|status| (status.totals.unwrap().new == 2).then_some(())).await;
    let report = node.report(hand_in.id).await;
    let states: Vec<_> = report.iter().map(|row| row.state()).collect();
    let (answered, rejected) = (LinkState::Answered, LinkState::Rejected);
    assert_eq!(states, [answered, rejected, rejected, answered]);
    let codes: Vec<_> = report.iter().filter_map(|row| Some(row.refusal.as_ref()?.code())).collect();
    assert_eq!(codes, [RefusalCode::LinkScheme, RefusalCode::FieldMissing]);
    node.stop().await;
}

#[tokio::test]
async fn a_dry_run_counts_and_stores_nothing() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    node.refer("before", &links(3), 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    let before = node.status().await;

    let begin = meldeverbund_proto::node::v1::ReferBegin { dry_run: true, ..begin("dry", false) };
    let mut dry = Refer::begin_with(&mut node.desk, begin).await.unwrap();
    let list = ["https://files.example/0", "HTTPS://files.example:443/0", "mailto:x", "https://new.example/"];
    dry.rows(&list.map(str::to_owned)).await.unwrap();
    let refer_response::Step::Preview(preview) = dry.end(4).await.unwrap() else { panic!() };
    let ReferPreview { rows, valid, rejected, repeated, known_here, first_rejected } = preview;
    assert_eq!((rows, valid, rejected, repeated, known_here), (4, 3, 1, 1, 2));
    assert_eq!((first_rejected.len(), first_rejected[0].line), (1, 3));
    assert_eq!(node.status().await.totals, before.totals);
    assert!(node.status().await.broken_off.is_empty());
    node.stop().await;
}

#[tokio::test]
async fn refusals_have_a_reason_and_speak_the_officers_language() {
    for (lang, words) in
        [(Lang::De, "Diesen Vorgang gibt es hier nicht"), (Lang::En, "There is no such case here")]
    {
        let office = Office::new();
        let hub = FakeHub::start(office.path());
        let mut node = office.start_in(hub.dial(), lang).await;
        let refused = Refer::begin(&mut node.desk, "list", false).await.err().unwrap();
        assert_eq!((refused.code(), refused.message().starts_with(words)), (Code::NotFound, true));
        assert_eq!(refused.get_details_error_info().unwrap().reason, "CASE_UNKNOWN");
        let request = ShowLinkRequest { link_or_target: "https://unknown.example/".into() };
        assert_eq!(node.desk.show_link(request).await.unwrap_err().code(), Code::NotFound);
        let request = ShowLinkRequest { link_or_target: "no link".into() };
        assert_eq!(node.desk.show_link(request).await.unwrap_err().code(), Code::InvalidArgument);
        node.stop().await;
    }
}

#[tokio::test]
async fn links_are_listed_by_what_became_of_them_page_by_page() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    let list: Vec<String> = (0..25)
        .map(|i| format!("https://{}.example/{i}", if i % 5 == 0 { "theirs" } else { "ours" }))
        .collect();
    node.refer("list", &list, 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    let mut request =
        ListLinksRequest { owner_agency_id: "de-by-lka".into(), page_size: 2, ..ListLinksRequest::default() };
    let mut lines = Vec::new();
    loop {
        let page = node.desk.list_links(request.clone()).await.unwrap().into_inner();
        lines.extend(page.rows.iter().map(|row| row.line));
        assert_eq!(page.agencies.len(), 1);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(lines, [1, 6, 11, 16, 21]);
    for (filter, count) in [
        (ListLinksRequest { case_number: CASE.into(), ..ListLinksRequest::default() }, 25),
        (ListLinksRequest { case_number: "other".into(), ..ListLinksRequest::default() }, 0),
        (ListLinksRequest { verdict: Verdict::New.into(), ..ListLinksRequest::default() }, 20),
        (ListLinksRequest { state: LinkState::Waiting.into(), ..ListLinksRequest::default() }, 0),
        (ListLinksRequest { stage: 1, ..ListLinksRequest::default() }, 25),
        (ListLinksRequest { hand_in: 2, ..ListLinksRequest::default() }, 0),
    ] {
        assert_eq!(node.desk.list_links(filter).await.unwrap().into_inner().rows.len(), count);
    }
    let bad = ListLinksRequest { page_token: "x".into(), ..ListLinksRequest::default() };
    assert_eq!(node.desk.list_links(bad).await.unwrap_err().code(), Code::InvalidArgument);
    node.stop().await;
}

#[tokio::test]
async fn a_watcher_sees_what_happens_and_stopping_ends_it() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    let mut happenings = node.desk.watch(WatchRequest {}).await.unwrap().into_inner();
    node.open_case(CASE).await;
    node.refer("list", &links(3), 10).await;
    let (mut case, mut answered) = (false, false);
    while !(case && answered) {
        match happenings.message().await.unwrap().unwrap().what.unwrap() {
            What::Case(_) => case = true,
            What::HandIn(hand_in) => answered = hand_in.counts.unwrap().new == 3,
            _ => {}
        }
    }
    node.stop().await;
    while let Ok(Some(_)) = happenings.message().await {}
}
