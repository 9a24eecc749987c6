//! The access log: read with a reason, and not without.

use std::sync::Arc;

use meldeverbund_domain::liaison::Settings;
use meldeverbund_hub::{
    flow::TellAsked,
    store::{ReadRow, SignalRow, query},
};
use meldeverbund_people::Role;

use super::{
    Centre,
    browser::{Answer, Browser},
    views::TERM,
};
use crate::liaison::{EUROPOL, ask, europol, link, question};

impl Centre {
    /// Who has read the log so far, the newest first: reader, reason, what was sought, how much was found.
    async fn readings(&self) -> Vec<(String, String, String, i64)> {
        let mut reader = self.federation.server.hub().reader().await.unwrap();
        let rows = ReadRow::newest(&mut reader, 99).await.unwrap();
        rows.into_iter().map(|row| (row.reader, row.reason, row.asked_for, row.found)).collect()
    }

    /// A target that somebody has seen once.
    async fn seen_target(&self, by: &str) -> String {
        let nw = self.federation.office("de-nw-lka").await;
        nw.open_case("1/26").await;
        let target = nw.refer("1/26", &["https://host.example/1"]).await.answers[0].target_id.clone();
        let mut browser = self.signed_in(by, &[Role::DeskOfficer]).await;
        assert_eq!(browser.get(&format!("/targets/{target}")).await.status, 200);
        target
    }
}

/// Sends the form with these fields beside its token.
async fn send(browser: &mut Browser, path: &str, fields: &str) -> Answer {
    let token = browser.get("/sessions").await.form_token().to_owned();
    browser.post(path, &format!("form_token={token}&{fields}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saw_a_target_is_found_and_that_it_was_looked_up_is_noted() {
    let centre = Centre::new().await;
    let target = centre.seen_target("erika").await;
    let mut browser = centre.signed_in("dora", &[Role::DataProtectionOfficer]).await;
    let form = browser.get("/audit").await;
    assert_eq!(form.status, 200);
    assert!(!form.body.contains(&target) && centre.readings().await.is_empty(), "the form shows nothing");

    for (fields, says) in [
        ("what=views&reason=+", "Geben Sie den Grund an"),
        ("what=views&reason=x&from=gestern", "2026-11-22"),
        ("what=views&reason=x&target=1", "keine Kennung"),
        ("what=queries&reason=x&agency=de-xx-lka", "nicht eingetragen"),
        ("what=views&reason=a%00b", "Zeichen, die man nicht sieht"),
    ] {
        let answer = send(&mut browser, "/audit", fields).await;
        assert_eq!((answer.status, answer.body.contains(says)), (422, true), "{fields}: {}", answer.body);
        assert!(!answer.body.contains(&target), "{fields}");
    }
    assert!(centre.readings().await.is_empty(), "what was refused read nothing");

    let found = send(&mut browser, "/audit", "what=views&reason=complaint+7&officer=erika").await;
    assert_eq!(found.status, 200);
    for says in [target.as_str(), "<th scope=\"row\">erika<br>", "Sachbearbeitung", "<td>target</td>"] {
        assert!(found.body.contains(says), "{says}: {}", found.body);
    }
    for nothing in [
        "officer=max".to_owned(),
        "agency=de-nw-lka".to_owned(),
        "until=2001-01-01".to_owned(),
        "from=2999-01-01".to_owned(),
        "target=018f0000-0000-7000-8000-000000000000".to_owned(),
    ] {
        let none = send(&mut browser, "/audit", &format!("what=views&reason=x&{nothing}")).await;
        assert!(
            none.body.contains("Nichts in diesem Zeitraum") && !none.body.contains("<td>target</td>"),
            "{nothing}"
        );
    }
    let of_target =
        send(&mut browser, "/audit", &format!("what=views&reason=x&target={target}&agency=de-bka")).await;
    assert!(of_target.body.contains("<td>target</td>"));

    let readings = centre.readings().await;
    assert_eq!(readings.len(), 7);
    let (reader, reason, sought, count) = readings.last().unwrap();
    assert_eq!((reason.as_str(), sought.as_str(), *count), ("complaint 7", "views, officer erika", 1));
    assert_eq!(*reader, format!("Erika Mustermann (dora, {})", centre.issuer.name()));
    assert_eq!(centre.views().await.len(), 1, "the log's own reading is no view");

    let mut english = centre.signed_in("anton", &[Role::Auditor]).await;
    english.get("/language/en").await;
    let told = send(&mut english, "/audit", "what=readings&reason=audit").await;
    assert!(told.body.contains("complaint 7") && told.body.contains("Readings of the log"), "{}", told.body);
    assert_eq!(centre.readings().await[0].2, "readings");
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_listed_without_what_was_asked() {
    let centre = Centre::new().await;
    let europol = europol(&centre.federation).await;
    ask(&europol, question(vec![link("https://a.test/secret"), link("https://a.test/2")])).await;
    let mut browser = centre.signed_in("dora", &[Role::DataProtectionOfficer]).await;
    let fields = format!("what=queries&reason=complaint&agency={EUROPOL}");
    let found = send(&mut browser, "/audit", &fields).await.body;
    for says in [EUROPOL, "prevention · EU-7/26 · JIT", "<td>offen</td>", "<td class=\"number\">2</td>"] {
        assert!(found.contains(says), "{says}: {found}");
    }
    assert!(!found.contains("a.test"));
    let none = send(&mut browser, "/audit", "what=queries&reason=x&agency=de-bka").await.body;
    assert!(none.contains("Nichts in diesem Zeitraum"), "{none}");
    assert_eq!(centre.readings().await[1].2, format!("queries, agency {EUROPOL}"));
    drop(europol);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_read_page_by_page() {
    let centre = Centre::new().await;
    let target = centre.seen_target("erika").await;
    let mut erika = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    for _ in 0..54 {
        centre.clock.advance(TERM);
        erika.get(&format!("/targets/{target}")).await;
    }
    let mut browser = centre.signed_in("dora", &[Role::DataProtectionOfficer]).await;
    let rows = |page: &Answer| page.body.matches("<td>target</td>").count();
    let first = send(&mut browser, "/audit", "what=views&reason=x").await;
    assert_eq!(rows(&first), 50);
    let (_, rest) = first.body.split_once("name=\"after\" value=\"").expect("there is more");
    let after = rest.split('"').next().unwrap();
    let second = send(&mut browser, "/audit", &format!("what=views&reason=x&after={after}")).await;
    assert_eq!((rows(&second), second.body.contains("name=\"after\"")), (5, false), "each once, and no more");
    assert!(centre.readings().await[0].2.starts_with("views, behind "));
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_looked_at_a_signal_stands_there() {
    let centre = Centre::new().await;
    let europol = europol(&centre.federation).await;
    ask(&europol, question((0..60).map(|n| link(&format!("https://a.test/v/{n}"))).collect())).await;
    let hub = centre.federation.server.hub().clone();
    let tell = || TellAsked {
        policies: hub.policies().clone(),
        settings: Arc::new(Settings::default()),
        blind_per_day: u32::MAX,
    };
    while hub.run(tell()).await.unwrap() {}
    let mut browser = centre.signed_in("dora", &[Role::DataProtectionOfficer]).await;
    // It stands on the desk of whoever has one; who may look at it is led there.
    let mut desk = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let [mine, others] = [browser.get("/").await.body, desk.get("/").await.body];
    for page in [&mine, &others] {
        assert!(
            page.contains("<h2>Verbindungsstellen</h2>")
                && page.contains("Anzeichen für Missbrauch hat sich"),
            "{page}"
        );
    }
    let link = "<p><a href=\"/audit\">";
    assert!(mine.contains(link) && !others.contains(link), "{mine}{others}");
    let page = browser.get("/audit").await;
    assert!(
        page.body.contains("Links, die durchgezählt werden") && page.body.contains(EUROPOL),
        "{}",
        page.body
    );
    assert!(!page.body.contains("a.test"));
    let rows = SignalRow::newest(&mut hub.reader().await.unwrap(), false, 9).await.unwrap();
    for row in &rows {
        let fields = format!("agency={EUROPOL}&signal={}&day={}", row.signal.name(), row.day);
        for _ in 0..2 {
            let looked = send(&mut browser, "/audit/seen", &fields).await;
            assert_eq!((looked.status, looked.location()), (303, Some("/audit")), "twice is once");
        }
    }
    let all = SignalRow::newest(&mut hub.reader().await.unwrap(), true, 9).await.unwrap();
    assert!(all.iter().all(|row| row.seen_by.starts_with("Erika Mustermann (dora, ")), "{all:?}");
    assert!(!desk.get("/").await.body.contains("Verbindungsstellen"), "nothing waits");
    let page = browser.get("/audit").await.body;
    assert!(page.contains("Erika Mustermann (dora, ") && !page.contains("action=\"/audit/seen\""), "{page}");
    for nonsense in ["agency=x&signal=noise&day=1", "agency=-&signal=night&day=1"] {
        assert_eq!(send(&mut browser, "/audit/seen", nonsense).await.status, 400, "{nonsense}");
    }
    drop((hub, europol));
    centre.end().await;
}

/// What cannot be noted is not shown; forms of others and other roles get nothing; what was typed stays text.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_the_log_unnoted_or_unpermitted() {
    const EVIL: &str = "%3Cscript%3Ealert(1)%3C/script%3E";
    let centre = Centre::new().await;
    let target = centre.seen_target("<b>erika</b>").await;
    let mut browser = centre.signed_in("dora", &[Role::DataProtectionOfficer]).await;
    let page = send(&mut browser, "/audit", &format!("what=views&reason={EVIL}")).await;
    assert!(
        page.body.contains("&#60;b&#62;erika")
            && !page.body.contains("<b>")
            && !page.body.contains("<script>")
    );
    let page =
        send(&mut browser, "/audit", &format!("what=views&reason=x&officer={EVIL}&agency={EVIL}")).await;
    assert!(page.status == 422 && page.body.contains("&#60;script&#62;") && !page.body.contains("<script>"));
    let page = send(&mut browser, "/audit", "what=readings&reason=y").await;
    assert!(page.body.contains("&#60;script&#62;") && !page.body.contains("<script>"));

    let mut officer = centre.signed_in("olga", &[Role::DeskOfficer, Role::Supervisor, Role::Operator]).await;
    for path in ["/audit", "/audit/seen"] {
        let fields = "what=views&reason=x&agency=de-bka&signal=night&day=1";
        assert_eq!(send(&mut officer, path, fields).await.status, 404, "{path}");
        let foreign = officer.get("/sessions").await.form_token().to_owned();
        let sent = browser.post(path, &format!("form_token={foreign}&{fields}")).await;
        assert_eq!(sent.status, 403, "{path}");
    }
    let before = centre.readings().await.len();
    let mut connection = centre.federation.server.hub().store().writer().await.unwrap();
    query("ALTER TABLE access_read RENAME TO gone").execute(&mut connection).await.unwrap();
    let lost = send(&mut browser, "/audit", "what=views&reason=x").await;
    assert_eq!(lost.status, 503);
    assert!(lost.body.contains("nicht protokolliert") && !lost.body.contains(&target), "{}", lost.body);
    query("ALTER TABLE gone RENAME TO access_read").execute(&mut connection).await.unwrap();
    drop(connection);
    assert_eq!(centre.readings().await.len(), before);
    centre.end().await;
}
