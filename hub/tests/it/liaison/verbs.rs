//! The central office's verbs through the real binary, beside the running hub: announcements answered, a hold placed, signals looked
//! at, the access log searched.

use meldeverbund_certs::Clock;
use meldeverbund_hub::store::query;
use meldeverbund_people::{Role, testing::TestIssuer};
use meldeverbund_proto::v1::{
    AnnounceRequest, AnnouncementKind, DisclosureField, ListAnnouncementsRequest, QueryRequest, RefusalCode,
    RequestDisclosureRequest, follow_response::Event,
};
use serde_json::{Value, json};

use super::{EUROPOL, answered, client, link, purpose, question, referring, with_token};
use crate::{
    cli::{err, out},
    decisions::{code, gates, request_grant},
    harness::{CENTRAL, INSTANCE, Office, accepted, connect_to, salt, uuid},
    process::{Process, Site},
};

const KNOWN: &str = "https://a.test/known";
const NO_CONTENT: &str = "00112233445566778899aabbccddeeff";
const OFFICER: [&str; 2] = ["--officer", "KD Beispiel"];
const HOLD: [&str; 4] = ["--authority", "ICSE", "--officer", "KD Beispiel"];

/// A running hub that takes the word of an issuer, an office with a case, and a liaison officer.
struct Desk {
    site: Site,
    hub: Process,
    /// It vouches for the officer as long as it is there.
    _issuer: TestIssuer,
    nw: Office,
    europol: Office,
    token: String,
}

impl Desk {
    async fn new() -> Self {
        let (site, issuer) = (Site::new(), TestIssuer::start().await);
        let settings = std::fs::read_to_string(site.config()).unwrap();
        let issuers = format!(
            "[[issuers]]\nissuer = {:?}\nagency = {EUROPOL:?}\nclient_id = \"meldeverbund\"\nroles_claim = \"/groups\"\n\
             roles = {{ liaison-officer = \"liaison-officer\" }}\ninsecure_loopback = true\n",
            issuer.name()
        );
        std::fs::write(site.config(), format!("{settings}{issuers}")).unwrap();
        site.register(CENTRAL, "central-office");
        site.register(EUROPOL, "liaison");
        let hub = site.serve().await;
        let nw = site.office("de-nw-lka", &hub).await;
        nw.open_case("1/26").await;
        let channel = connect_to(hub.address, &site.credentials(EUROPOL), Clock::system()).await.unwrap();
        let europol = Office { agency: EUROPOL.parse().unwrap(), channel };
        let token = issuer.token(&[Role::LiaisonOfficer], Clock::system().now()).subject("officer-9").sign();
        Self { site, hub, _issuer: issuer, nw, europol, token }
    }

    async fn ask(&self, request: QueryRequest) {
        let request = with_token(tokio_stream::iter([request]), &self.token);
        let mut answers = client(&self.europol).query(request).await.unwrap().into_inner();
        answered(answers.message().await.unwrap().unwrap());
    }

    /// Asks for a hold on a link; the announcement's id.
    async fn announce(&self, on: &str) -> String {
        self.announce_as(AnnouncementKind::HoldAsked, on).await
    }

    async fn announce_as(&self, kind: AnnouncementKind, on: &str) -> String {
        let request = AnnounceRequest {
            announcement_id: uuid(),
            salt: salt().as_bytes().to_vec(),
            instance_id: INSTANCE.into(),
            purpose: Some(purpose()),
            kind: kind.into(),
            selector: Some(link(on)),
            at_us: 0,
            note: "operation under way".into(),
        };
        let id = request.announcement_id.clone();
        client(&self.europol).announce(with_token(request, &self.token)).await.unwrap();
        id
    }

    /// Another body makes an announcement of the same id, word for word.
    async fn announce_again_by(&self, body: &str, id: &str) {
        const COPY: &str = "INSERT INTO announcement SELECT a.leaf_index + 1000000, b.agency_no, a.announcement_id, \
             a.recorded_at_us, a.issuer, a.officer, a.state, a.body, a.answer, a.answered_by, a.answered_at_us \
             FROM announcement a JOIN agency b ON b.agency_id = $1 WHERE a.announcement_id = $2";
        let id: meldeverbund_proto::CommandId = id.parse().unwrap();
        let query = query(COPY).bind(body).bind(&id.as_bytes()[..]);
        assert_eq!(query.execute(&mut self.site.connect().await).await.unwrap(), 1);
    }

    /// Runs a verb that is refused; what it says.
    fn refused(&self, arguments: &[&[&str]]) -> String {
        let arguments = arguments.concat();
        let output = self.site.run(&arguments);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{arguments:?}");
        let said = err(&output).trim().trim_start_matches("error: ").to_owned();
        let output = self.site.command().arg("--json").args(&arguments).output().unwrap();
        assert_eq!(out(&output), format!("{}\n", json!({ "error": said })), "{arguments:?}");
        said
    }

    async fn end(self) {
        let Self { hub, nw, europol, .. } = self;
        drop((nw, europol));
        hub.terminate();
        let (status, log) = hub.ended().await;
        assert!(status.success(), "{log}");
        assert!(!log.contains("a.test/"), "a link in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_a_liaison_body_asks_for_is_placed_and_blocks_the_grant() {
    let desk = Desk::new().await;
    let target = desk.nw.refer("1/26", &[KNOWN]).await.answers.remove(0).target_id;
    for gate in gates() {
        desk.nw.decided(std::slice::from_ref(&target), gate).await;
    }
    let (known, unknown) = (desk.announce(KNOWN).await, desk.announce("https://a.test/unknown").await);
    let declined = desk.announce(KNOWN).await;

    let listed = desk.site.json(&["liaison", "announcements"]);
    let ids: Vec<_> =
        listed.as_array().unwrap().iter().map(|one| one["announcement"].as_str().unwrap()).collect();
    assert_eq!(ids, [&declined, &unknown, &known], "the newest first");
    let first = |field: &str| listed[0][field].clone();
    let fields = ["agency", "kind", "state", "officer", "note", "answer"].map(first);
    assert_eq!(fields, [EUROPOL, "hold_asked", "received", "officer-9", "operation under way", ""]);
    let text = out(&desk.site.run(&["liaison", "announcements", "--limit", "1"]));
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.starts_with(&declined) && text.contains("hold_asked  received  operation under way"),
        "{text}"
    );
    assert_eq!(desk.site.json(&["status"])["liaison"]["announcements_waiting"], 3);

    let said = desk.refused(&[&["liaison", "place-hold", &unknown], &HOLD]);
    assert!(said.starts_with("no target of this hub has this link"), "{said}");
    let said = desk.refused(&[&["liaison", "place-hold", &known, "--until", "2001-01-01"], &HOLD]);
    assert!(said.contains("until_us"), "{said}");
    assert_eq!(desk.site.json(&["status"])["liaison"]["announcements_waiting"], 3, "it still waits");

    let placed = desk.site.json(&[&["liaison", "place-hold", &known][..], &HOLD].concat());
    assert_eq!((&placed["announcement"], &placed["target"]), (&json!(known), &json!(target)));
    assert!(placed["hold_leaf"].as_i64() < placed["leaf"].as_i64(), "{placed}");
    let leaf = out(&desk.site.run(&["ledger", "show", &placed["hold_leaf"].to_string()]));
    assert!(leaf.contains(&hex::encode(EUROPOL)), "on whose behalf: {leaf}");
    let seen = desk.nw.see(&target).await;
    assert_eq!(seen.holds.len(), 1);
    assert_eq!((seen.holds[0].agency_id.as_str(), seen.holds[0].lapsed), (CENTRAL, false));
    let granted = desk.nw.decide(std::slice::from_ref(&target), request_grant()).await;
    assert_eq!(code(&granted[0]), Some(RefusalCode::HoldInForce));
    placed_once(&desk, &known, &target, &placed).await;

    let done = ["liaison", "done", &unknown, "--answer", "not known here"];
    assert_eq!(out(&desk.site.run(&[&done[..], &OFFICER].concat())), "The liaison body is told.\n");
    desk.refused(&[&done, &OFFICER]);
    let decline = ["liaison", "decline", &declined, "--answer", "held already"];
    desk.refused(&[&decline, &["--officer", " "]]);
    let told = desk.site.json(&[&decline[..], &OFFICER].concat());
    assert_eq!(told["announcement"], declined);
    assert_eq!(desk.site.run(&["liaison", "decline", &declined, "--officer", "KD"]).status.code(), Some(2));
    let request = with_token(ListAnnouncementsRequest::default(), &desk.token);
    let listed = client(&desk.europol).list_announcements(request).await.unwrap().into_inner();
    let answers: Vec<_> = listed.announcements.iter().map(|one| one.answer.as_str()).collect();
    assert_eq!(answers, ["held already", "not known here", "the hold is placed"]);
    assert_eq!(desk.site.json(&["status"])["liaison"]["announcements_waiting"], 0);
    assert!(!out(&desk.site.run(&["status"])).contains("LIAISON"));
    desk.end().await;
}

/// Ids are made by the bodies: two may be equal, and a wish for a hold is not the announcement of a notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_placed_for_the_body_that_asked_for_one() {
    const OTHER: &str = "eu-other";
    let desk = Desk::new().await;
    let target = desk.nw.refer("1/26", &[KNOWN]).await.answers.remove(0).target_id;
    desk.site.register(OTHER, "liaison");
    let (asked, notice) =
        (desk.announce(KNOWN).await, desk.announce_as(AnnouncementKind::IntendedNotice, KNOWN).await);

    let said = desk.refused(&[&["liaison", "place-hold", &notice], &HOLD]);
    assert!(said.contains("asks for no hold"), "{said}");
    desk.announce_again_by(OTHER, &asked).await;
    let place = [&["liaison", "place-hold", &asked][..], &HOLD].concat();
    assert!(desk.refused(&[&place]).contains("--agency"), "whose is not said");
    assert!(desk.nw.see(&target).await.holds.is_empty());
    let placed = desk.site.json(&[&place[..], &["--agency", EUROPOL]].concat());
    assert_eq!(placed["target"], json!(target));
    // Once more it is the same one, and not the other body's that still waits.
    assert!(desk.refused(&[&place]).contains("--agency"));
    assert_eq!(desk.site.json(&[&place[..], &["--agency", EUROPOL]].concat()), placed);
    assert_eq!(desk.nw.see(&target).await.holds.len(), 1);
    assert!(desk.refused(&[&place, &["--agency", "eu-nobody"]]).contains("no announcement"));
    // The one that waits is meant where there is no other.
    let done = ["liaison", "done", &asked, "--answer", "held already"];
    assert_eq!(out(&desk.site.run(&[&done[..], &OFFICER].concat())), "The liaison body is told.\n");
    desk.end().await;
}

/// A link that is hidden from the body and one that nobody knows: what it is told does not tell them apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_on_a_hidden_link_is_told_like_none_on_an_unknown_one() {
    const HIDDEN: &str = "https://a.test/hidden";
    let desk = Desk::new().await;
    let request = referring("1/26", HIDDEN, |referral| referral.hidden_from_liaison = true);
    let target = accepted(desk.nw.submit(request).await).answers.remove(0).target_id;
    let (hidden, unknown) = (desk.announce(HIDDEN).await, desk.announce("https://a.test/unknown").await);

    desk.site.json(&[&["liaison", "place-hold", &hidden][..], &HOLD].concat());
    assert_eq!(desk.nw.see(&target).await.holds.len(), 1, "it holds all the same");
    desk.site.json(&[&["liaison", "done", &unknown][..], &OFFICER].concat());

    let request = with_token(ListAnnouncementsRequest::default(), &desk.token);
    let listed = client(&desk.europol).list_announcements(request).await.unwrap().into_inner();
    let [one, other] = &listed.announcements[..] else { panic!("{listed:?}") };
    assert_eq!(one.answer, "the central office has seen to it");
    assert_eq!((&one.answer, one.state), (&other.answer, other.state));
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_searched_and_what_looks_like_misuse_is_looked_at() {
    let desk = Desk::new().await;
    desk.nw.refer("1/26", &[KNOWN]).await;
    assert_eq!(out(&desk.site.run(&["liaison", "signals"])), "Nothing looks like misuse.\n");
    let walk = (0..60).map(|n| link(&format!("https://a.test/v/{n}")));
    let asked = question(std::iter::once(link(KNOWN)).chain(walk).collect());
    desk.ask(asked.clone()).await;
    // The owner is told in the transaction that raises the signal: behind the case and the referral.
    let told = desk.nw.feed(INSTANCE, 2, 1).await.remove(0).event.unwrap();
    assert!(matches!(told, Event::LiaisonAsked(_)), "{told:?}");

    let signals = desk.site.json(&["liaison", "signals"]);
    let [signal] = &signals.as_array().unwrap()[..] else { panic!("{signals}") };
    assert_eq!((&signal["agency"], &signal["signal"]), (&json!(EUROPOL), &json!("walking")));
    assert_eq!(signal["seen_by"], "");
    let day = signal["day"].to_string();
    let text = out(&desk.site.run(&["liaison", "signals"]));
    assert!(
        text.contains(&format!("{EUROPOL}  walking  day {day}: 59 links of one series count up")),
        "{text}"
    );
    assert!(!text.contains("a.test"), "a signal tells no link");

    overdue(&desk, &asked.query_id).await;
    let liaison = json!({
        "announcements_waiting": 0, "disclosures_overdue": 1, "disclosures_escalated": 1, "signals_unseen": 1,
    });
    assert_eq!(desk.site.json(&["status"])["liaison"], liaison);
    let text = out(&desk.site.run(&["status"]));
    let said = "LIAISON: 0 announcements wait, 1 disclosures are overdue (1 escalated), 1 signals of misuse are unseen";
    assert!(text.contains(said), "{text}");

    let seen = ["liaison", "seen", "--agency", EUROPOL, "--signal", "walking", "--day"];
    assert!(desk.refused(&[&seen, &["1"], &OFFICER]).contains("no such signal"));
    assert_eq!(out(&desk.site.run(&[&seen[..], &[&day], &OFFICER].concat())), "Noted.\n");
    assert_eq!(desk.site.json(&["liaison", "signals"]), json!([]));
    let all = desk.site.json(&["liaison", "signals", "--all"]);
    assert_eq!(all[0]["seen_by"], "KD Beispiel");
    assert_eq!(desk.site.json(&["status"])["liaison"]["signals_unseen"], 0);
    let wrong =
        ["liaison", "seen", "--agency", EUROPOL, "--signal", "noise", "--day", "1", "--officer", "KD"];
    assert_eq!(desk.site.run(&wrong).status.code(), Some(2));

    searched(&desk, &asked.query_id);
    desk.end().await;
}

/// Who does not know what became of it gives the command again: the same answer, and no second hold.
async fn placed_once(desk: &Desk, known: &str, target: &str, placed: &Value) {
    let place = [&["liaison", "place-hold", known][..], &HOLD].concat();
    assert_eq!(desk.site.json(&place), *placed);
    assert_eq!(desk.nw.see(target).await.holds.len(), 1);
    let said = desk.refused(&[&place, &["--note", "another one"]]);
    assert!(said.contains("used before with other content"), "{said}");
    assert_eq!(desk.nw.see(target).await.holds.len(), 1);
    assert!(desk.site.run(&["ledger", "verify"]).status.success());
}

/// Asks the owner for details of the question's first link, and lets the time for it pass.
async fn overdue(desk: &Desk, query_id: &str) {
    const LATE: &str = "UPDATE disclosure SET due_us = 1, escalated = 1, look_us = NULL";
    let request = RequestDisclosureRequest {
        disclosure_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        query_id: query_id.into(),
        position: 0,
        fields: vec![DisclosureField::CaseNumber.into()],
        reason: "identical material in our case".into(),
    };
    client(&desk.europol).request_disclosure(with_token(request, &desk.token)).await.unwrap();
    assert_eq!(desk.site.json(&["status"])["liaison"]["disclosures_overdue"], 0, "there is time yet");
    query(LATE).execute(&mut desk.site.connect().await).await.unwrap();
}

fn searched(desk: &Desk, query_id: &str) {
    let search = ["access-log", "search", "--reader", "DSB Muster", "--reason", "complaint 7/26"];
    let json_of = |more: &[&str]| desk.site.json(&[&search[..], more].concat());
    let found = json_of(&["--agency", EUROPOL, "--officer", "officer-9", "--link", "HTTP://A.test/v/7"]);
    let [row] = &found.as_array().unwrap()[..] else { panic!("{found}") };
    let field = |name: &str| row[name].clone();
    assert_eq!(
        ["query", "agency", "officer", "purpose", "case", "reason", "mode"].map(field),
        [query_id, EUROPOL, "officer-9", "prevention", "EU-7/26", "JIT", "open"]
    );
    assert_eq!(row["selectors"], 61);
    for more in [
        ["--link", "https://a.test/v/99"],
        ["--purpose", "victim-protection"],
        ["--until", "2001-01-01"],
        ["--case", "EU-8/26"],
        ["--content", NO_CONTENT],
    ] {
        assert_eq!(json_of(&more), json!([]), "{more:?}");
    }
    let text = out(&desk.site.run(&[&search[..], &["--from", "2026-01-01"]].concat()));
    assert!(text.contains("officer-9  prevention (EU-7/26)  open, 61 selectors"), "{text}");
    assert!(text.ends_with("1 questions; this reading is logged.\n"), "{text}");
    assert!(!text.contains("a.test"), "what is listed names no link");

    assert!(desk.refused(&[&search, &["--agency", "eu-nobody"]]).contains("not registered"));
    assert_eq!(desk.site.run(&[&search[..], &["--content", "abc"]].concat()).status.code(), Some(2));
    assert!(desk.refused(&[&search, &["--link", "gopher://a.test/"]]).starts_with("--link: "));
    assert!(desk.refused(&[&["access-log", "search", "--reader", " ", "--reason", "x"]]).contains("reader"));
    assert_eq!(desk.site.run(&search[..4]).status.code(), Some(2), "nobody reads it without a reason");

    let reads = desk.site.json(&["access-log", "reads"]);
    let told: Vec<(&Value, &Value)> =
        reads.as_array().unwrap().iter().map(|one| (&one["asked_for"], &one["found"])).collect();
    assert_eq!(told.len(), 7, "what was refused read nothing: {reads}");
    assert!(told[0].0.as_str().unwrap().starts_with("from ") && *told[0].1 == 1, "the newest first: {reads}");
    assert!(told[6].0.as_str().unwrap().ends_with("officer officer-9, a link"), "{reads}");
    assert!(reads.as_array().unwrap().iter().all(|one| one["reader"] == "DSB Muster"));
    let text = out(&desk.site.run(&["access-log", "reads", "--limit", "2"]));
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("DSB Muster: complaint 7/26  (from "), "{text}");
}
