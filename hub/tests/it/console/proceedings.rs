//! A prosecutor's own proceedings: what is listed, shown and printed, and that nobody else's is there.

use meldeverbund_people::Role;
use meldeverbund_proto::v1::{Case, CaseKind, OpenCaseRequest};

use super::{Centre, browser::Browser};
use crate::harness::{CENTRAL, Office, open_case};

impl Centre {
    /// A browser in which this person has signed in, with these references as own.
    pub(super) async fn prosecutor(&self, subject: &str, roles: &[Role], own: &[&str]) -> Browser {
        let mut browser = self.browser();
        self.issuer.person(subject, roles);
        self.issuer.person_says("proceedings", own.to_vec());
        let query = self.approved(&mut browser, "/").await;
        let back = browser.get(&format!("/sign-in/return?{query}")).await;
        assert_eq!((back.status, back.location()), (303, Some("/")));
        browser
    }

    /// The central office as one that refers.
    pub(super) async fn bka(&self) -> Office {
        self.federation.connect(CENTRAL, "desk").await
    }
}

impl Office {
    /// Opens proceedings under this reference.
    pub(super) async fn open_proceedings(&self, number: &str, reference: &str) {
        self.open_as(number, reference, CaseKind::Proceedings).await;
    }

    async fn open_as(&self, number: &str, reference: &str, kind: CaseKind) {
        let request = open_case(number);
        let case = Case {
            unit: "<i>SO 43</i>".into(),
            kind: kind.into(),
            review_on: "2028-01-01".into(),
            delete_on: "2029-01-01".into(),
            prosecutor_reference: reference.into(),
            ..request.case.unwrap()
        };
        self.cases().open_case(OpenCaseRequest { case: Some(case), ..request }).await.unwrap();
    }
}

/// Where the list leads.
pub(super) fn addresses(list: &str) -> Vec<String> {
    let links = list.split("href=\"/proceedings/").skip(1);
    links.map(|rest| format!("/proceedings/{}", rest.split('"').next().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn own_proceedings_are_listed_and_nobody_elses() {
    let centre = Centre::new().await;
    let (nw, bka) = (centre.office("de-nw-lka").await, centre.bka().await);
    bka.open_proceedings("7/26", "60  UJs 7/26").await;
    bka.open_proceedings("8/26", "60 UJs <b>").await;
    bka.open_proceedings("9/26", "60 UJsA 9/26").await;
    bka.open_proceedings("10/26", "12 Js 34/26").await;
    bka.open_as("11/26", "60 UJs 11/26", CaseKind::DangerPrevention).await;
    nw.open_proceedings("2/26", "60 UJs 2/26").await;
    let links = ["https://files.example/a", "https://files.example/b", "https://files.example/c"];
    nw.refer("2/26", &links[2..]).await;
    let ids: Vec<_> = bka.refer("7/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    bka.refer("10/26", &["https://files.example/d"]).await;
    centre.compare().await;

    let mut browser = centre.prosecutor("ostain", &[Role::Prosecutor], &["60 UJs"]).await;
    assert_eq!(browser.get("/").await.location(), Some("/proceedings"), "where the day begins");
    let list = browser.get("/proceedings").await;
    assert_eq!(list.status, 200);
    for says in ["60  UJs 7/26", "60 UJs &#60;b&#62;", "&#60;i&#62;SO 43", "2028-01-01", "2029-01-01"] {
        assert!(list.body.contains(says), "{says}: {}", list.body);
    }
    let own = addresses(&list.body);
    assert_eq!(own.len(), 2, "{}", list.body);
    for foreign in ["60 UJsA", "12 Js", "11/26", "2/26<", "60 UJs <b>"] {
        assert!(!list.body.contains(foreign), "{foreign}: {}", list.body);
    }
    // Three targets, of which the third is another office's: two wait for this one.
    assert!(list.body.contains("<td class=\"number\">3</td>\n<td class=\"number\">2</td>"), "{}", list.body);

    let page = browser.get(&own[0]).await;
    assert_eq!(page.status, 200);
    for says in
        ["hxxps[://]files[.]example/a", "hxxps[://]files[.]example/c", "de-nw-lka", "nicht freigegeben"]
    {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    assert!(!page.body.contains("https://files") && !page.body.contains("example/d"), "{}", page.body);
    assert_eq!(page.values("target").len(), 2, "what another office is responsible for is not offered");
    assert!(page.body.contains(&ids[2]) && !page.body.contains("2/26<"), "nor is its case told");
    for printed in ["class=\"sheet\"", "class=\"signature\">Unterschrift: Erika Mustermann"] {
        assert!(page.body.contains(printed), "{printed}: {}", page.body);
    }
    let views = centre.views().await;
    let seen = views.last().unwrap();
    assert_eq!((seen.page.as_str(), seen.shown.len()), ("proceedings", 3), "and it is noted who saw them");

    // Another's, another office's, one that is none, and what there is not: one answer.
    let unknown = browser.get("/proceedings/9999").await;
    assert_eq!(unknown.status, 404);
    let mut other = centre.prosecutor("staatsanwalt", &[Role::Prosecutor], &["12 Js 34/26"]).await;
    let foreign = addresses(&other.get("/proceedings").await.body);
    assert_eq!(foreign.len(), 1);
    for n in (1..=8).map(|n| format!("/proceedings/{n}")).filter(|address| !own.contains(address)) {
        let answer = browser.get(&n).await;
        assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{n}");
    }
    for address in
        ["/proceedings/x", "/proceedings/-1", &foreign[0], &format!("{}?after={}", foreign[0], ids[0])]
    {
        assert_eq!(browser.get(address).await.body, unknown.body, "{address}");
    }
    assert_eq!(browser.get(&format!("/targets/{}", ids[0])).await.status, 404, "targets' pages stay closed");
    drop((nw, bka));
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_are_paged_by_key() {
    let centre = Centre::new().await;
    let bka = centre.bka().await;
    for n in 0..45 {
        bka.open_proceedings(&format!("{n}/26"), &format!("60 UJs {}/26", n % 7)).await;
    }
    let links: Vec<_> = (0..120).map(|n| format!("https://files.example/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    bka.refer("0/26", &links).await;
    centre.compare().await;
    let mut browser = centre.prosecutor("ostain", &[Role::Prosecutor], &["60 UJs 1/26", "60 UJs"]).await;
    let (mut address, mut seen) = ("/proceedings".to_owned(), Vec::new());
    loop {
        let list = browser.get(&address).await.body;
        seen.extend(addresses(&list));
        if address == "/proceedings" {
            assert!(list.contains(">mehr als 100<") && list.contains(">mindestens 100<"), "{list}");
        }
        let Some((_, next)) = list.split_once("href=\"/proceedings?after=") else { break };
        address = format!("/proceedings?after={}", next.split('"').next().unwrap());
    }
    let full = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((full, seen.len()), (45, 45), "each once");

    let first = addresses(&browser.get("/proceedings").await.body).remove(0);
    let (mut address, mut links) = (first.clone(), 0);
    loop {
        let page = browser.get(&address).await.body;
        links += page.matches("hxxps[://]").count();
        let Some((_, next)) = page.split_once(&format!("href=\"{first}?after=")) else { break };
        address = format!("{first}?after={}", next.split('"').next().unwrap());
    }
    assert_eq!(links, 120);
    drop(bka);
    centre.end().await;
}

/// Without the claim, or without the role, nothing is anybody's own; a session of several roles has the pages of each.
#[tokio::test(flavor = "multi_thread")]
async fn roles_and_claims() {
    let centre = Centre::new().await;
    let bka = centre.bka().await;
    bka.open_proceedings("7/26", "60 UJs 7/26").await;
    let accepted = bka.refer("7/26", &["https://files.example/a"]).await;
    centre.compare().await;
    let mut browser = centre.prosecutor("ostain", &[Role::Prosecutor], &["60 UJs"]).await;
    let address = addresses(&browser.get("/proceedings").await.body).remove(0);
    let ticked = browser.get(&address).await.values("target").remove(0);
    let leaves = centre.federation.counts().await.leaves;
    for role in Role::ALL {
        let mut browser = centre.prosecutor(role.as_str(), &[role], &["60 UJs"]).await;
        let own = browser.get("/sessions").await;
        let is_open = role == Role::Prosecutor;
        for page in ["/proceedings", &address] {
            assert_eq!(browser.get(page).await.status, if is_open { 200 } else { 404 }, "{role} {page}");
        }
        let sent = browser.post(&address, &own.form(&[])).await;
        // Nothing ticked: refused, and not as a page that is not there.
        assert_eq!(sent.status, if is_open { 422 } else { 404 }, "{role}");
        if !is_open {
            let form = own.form(&[("decision", "release"), ("target", &ticked), ("authority", "StA")]);
            assert_eq!(browser.post(&address, &form).await.status, 404, "{role}");
        }
        assert_eq!(own.body.contains("href=\"/proceedings\""), is_open, "{role}");
    }
    let none: [&[&str]; 3] = [&[], &["60 UJ"], &["61 UJs"]];
    for own in none {
        let mut browser = centre.prosecutor("other", &[Role::Prosecutor], own).await;
        let list = browser.get("/proceedings").await;
        assert_eq!((list.status, addresses(&list.body).len()), (200, 0), "{own:?}");
        assert!(list.body.contains(if own.is_empty() {
            "nennt kein Aktenzeichen"
        } else {
            "keinen Vorgang"
        }));
        assert_eq!(browser.get(&address).await.status, 404, "{own:?}");
        let form = list.form(&[("decision", "release"), ("target", &ticked), ("authority", "StA")]);
        assert_eq!(browser.post(&address, &form).await.status, 404, "{own:?}");
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves, "nobody has decided anything");

    let roles = [Role::Prosecutor, Role::DeskOfficer];
    let mut both = centre.prosecutor("both", &roles, &["60 UJs"]).await;
    let overview = both.get("/").await;
    assert_eq!(overview.status, 200);
    assert!(overview.body.contains("href=\"/proceedings\"") && overview.body.contains("href=\"/holds\""));
    assert_eq!(both.get(&address).await.status, 200);
    assert_eq!(both.get(&format!("/targets/{}", accepted.answers[0].target_id)).await.status, 200);
    both.get("/language/en").await;
    assert!(both.get(&address).await.body.contains("Proceedings 60 UJs 7/26"));

    // What is no list signs nobody in; of anybody but a prosecutor it is not looked at.
    for (role, status) in [(Role::Prosecutor, 403), (Role::DeskOfficer, 303)] {
        let mut browser = centre.browser();
        centre.issuer.person("erika", &[role]);
        centre.issuer.person_says("proceedings", "60 UJs");
        let query = centre.approved(&mut browser, "/").await;
        let back = browser.get(&format!("/sign-in/return?{query}")).await;
        assert_eq!(back.status, status, "{role}");
    }
    drop(bka);
    centre.end().await;
}
