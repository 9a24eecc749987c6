//! Who saw what is noted before it is seen (BDSG § 76), and kept for its term.

use std::time::{Duration, SystemTime};

use meldeverbund_hub::{
    flow::EraseViews,
    store::{PageViewRow, query},
};
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{ReportIncident, decide_request::Decision};

use super::Centre;

impl Centre {
    /// What was seen so far, the oldest first.
    pub(super) async fn views(&self) -> Vec<PageViewRow> {
        let mut reader = self.federation.server.hub().reader().await.unwrap();
        let mut views = PageViewRow::before(&mut reader, 0, (i64::MAX, i64::MAX), 1_000).await.unwrap();
        views.reverse();
        views
    }

    /// Takes the log of views away, so that nothing can be noted.
    pub(super) async fn lose_the_log(&self) {
        let mut connection = self.federation.server.hub().store().writer().await.unwrap();
        query("ALTER TABLE page_view RENAME TO gone").execute(&mut connection).await.unwrap();
    }
}

/// For so long an entry speaks for its session, its page and its targets.
pub(super) const TERM: Duration = Duration::from_secs(600);

/// A notice that left without an intent: the central office has to see to it.
fn incident() -> Decision {
    let (recipient, reason) = ("abuse@host.example".into(), "by mistake".into());
    Decision::ReportIncident(ReportIncident { sent_at_us: 5, recipient, reference: String::new(), reason })
}

/// Every page: whoever opens it is noted if a target stands on it, with the targets that do, and not otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_a_page_is_noted_and_nothing_else() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let accepted = nw.refer("1/26", &["https://host.example/secret-path", "https://host.example/2"]).await;
    let [one, two] = [0, 1].map(|n| accepted.answers[n].target_id.clone());
    let missing = "/targets/018f0000-0000-7000-8000-000000000000";
    let of_one = format!("/targets/{one}");
    let (of_decide, of_names) = (format!("{of_one}/decide"), format!("{of_one}/names"));
    let compared = format!("/duplicates/compare?one={one}&other={two}");
    let mut both = vec![one.clone(), two.clone()];
    both.sort_unstable();
    let pages = [
        ("/", None),
        ("/targets", None),
        (missing, None),
        (of_one.as_str(), Some(("target", vec![one.clone()]))),
        (of_decide.as_str(), Some(("decide", vec![one.clone()]))),
        (of_names.as_str(), Some(("duplicates", vec![one.clone()]))),
        (compared.as_str(), Some(("duplicates", both.clone()))),
        ("/duplicates", None),
        ("/ownership", None),
        ("/holds?all=1", None),
        ("/sessions", None),
        ("/audit", None),
        ("/notices", None),
        ("/agencies", None),
        ("/ledger", None),
        ("/ledger?leaf=2", None),
        ("/missing", None),
    ];
    let mut browser = centre.signed_in("erika", &[Role::Supervisor, Role::Auditor]).await;
    for (path, noted) in pages {
        let before = centre.views().await.len();
        browser.get(path).await;
        let new = centre.views().await.split_off(before);
        let new: Vec<_> = new.iter().map(|view| (view.page.as_str(), shown(view))).collect();
        assert_eq!(new, noted.into_iter().collect::<Vec<_>>(), "{path}");
    }

    let view = centre.views().await.pop().unwrap();
    let session = (view.issuer.as_str(), view.officer.as_str(), view.agency_id.as_str(), view.roles.as_str());
    assert_eq!(session, (centre.issuer.name(), "erika", "de-bka", "supervisor auditor"));
    assert!(view.at_us > 0 && view.no == 4);

    // The overview, once two are due.
    nw.decided(&[one.clone(), two.clone()], incident()).await;
    assert!(browser.get("/").await.body.contains(&two));
    let view = centre.views().await.pop().unwrap();
    assert_eq!((view.page.as_str(), shown(&view), view.no), ("overview", both, 5));
    let mut nobody = centre.browser();
    nobody.get(&of_one).await;
    assert_eq!(centre.views().await.len(), 5, "who is not signed in sees nothing");
    let mut operator = centre.signed_in("otto", &[Role::Operator]).await;
    assert_eq!(operator.get(&of_one).await.status, 404);
    assert_eq!(centre.views().await.len(), 5, "nor who may not");
    drop(nw);
    centre.end().await;
}

/// Where it cannot be noted, nothing is shown, and the page says why.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_noted_is_not_shown() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://host.example/1"]).await.answers[0].target_id.clone();
    let page = format!("/targets/{target}");
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    assert_eq!(browser.get(&page).await.status, 200);
    centre.lose_the_log().await;
    assert_eq!(browser.get(&page).await.status, 200, "this stands in the log");
    centre.clock.advance(TERM);
    for (language, says) in [("de", "nicht protokolliert werden"), ("en", "cannot be logged")] {
        browser.get(&format!("/language/{language}")).await;
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains(says) && answer.body.contains("BDSG § 76"), "{}", answer.body);
        assert!(!answer.body.contains(&target) && !answer.body.contains("de-nw-lka"), "{}", answer.body);
        assert_eq!(answer.header("cache-control").next(), Some("no-store"));
    }
    assert_eq!(browser.get("/sessions").await.status, 200, "what shows no target is shown");
    drop(nw);
    centre.end().await;
}

/// A page that reads itself anew is one entry each ten minutes, whatever the browser says about itself; any other person, page or
/// set of targets is another one, and so is whatever a form asks for.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_noted_once_in_its_term() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let accepted = nw.refer("1/26", &["https://host.example/1", "https://host.example/2"]).await;
    let [one, two] = [0, 1].map(|n| accepted.answers[n].target_id.clone());
    let page = format!("/targets/{one}");
    let mut erika = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let mut max = centre.signed_in("max", &[Role::DeskOfficer]).await;
    for _ in 0..3 {
        erika.get(&page).await;
    }
    assert_eq!(centre.views().await.len(), 1);
    max.get(&page).await;
    assert_eq!(centre.views().await.len(), 2, "another person");
    erika.get(&format!("{page}/decide")).await;
    assert_eq!(centre.views().await.len(), 3, "another page");

    let before = centre.views().await.len();
    nw.decided(std::slice::from_ref(&one), incident()).await;
    erika.get("/").await;
    erika.get("/").await;
    assert_eq!(centre.views().await.len(), before + 1, "the overview, with one");
    nw.decided(std::slice::from_ref(&two), incident()).await;
    erika.get("/").await;
    assert_eq!(centre.views().await.len(), before + 2, "the overview, with two");
    let token = erika.get("/").await.form_token().to_owned();
    for _ in 0..2 {
        let form = format!("form_token={token}&q=https%3A%2F%2Fhost.example%2F1");
        assert!(erika.post("/targets", &form).await.body.contains(&one));
    }
    assert_eq!(centre.views().await.len(), before + 4, "each search is one");

    let before = centre.views().await.len();
    centre.clock.advance(TERM - Duration::from_secs(1));
    erika.says = vec!["meldeverbund-refresh: 1".to_owned()];
    erika.get(&page).await;
    assert_eq!(centre.views().await.len(), before);
    centre.clock.advance(Duration::from_secs(1));
    erika.get(&page).await;
    erika.get(&page).await;
    assert_eq!(centre.views().await.len(), before + 1, "the term is over, also for what reads itself anew");
    drop(nw);
    centre.end().await;
}

/// Views have a term of their own.
#[tokio::test(flavor = "multi_thread")]
async fn views_are_erased_in_their_time() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://host.example/1"]).await.answers[0].target_id.clone();
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let page = format!("/targets/{target}");
    browser.get(&page).await;
    centre.clock.advance(TERM);
    let since = centre.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let before_us = i64::try_from(since.as_micros()).unwrap();
    browser.get(&page).await;
    let hub = centre.federation.server.hub();
    assert_eq!(hub.run(EraseViews { before_us }).await.unwrap(), 1);
    assert_eq!(hub.run(EraseViews { before_us }).await.unwrap(), 0);
    assert_eq!(centre.views().await.len(), 1, "the newer one stays");
    drop(nw);
    centre.end().await;
}

fn shown(view: &PageViewRow) -> Vec<String> {
    view.shown.iter().map(ToString::to_string).collect()
}
