//! What a notice must say before it is written.

use std::fs;

use jiff::civil::date;
use meldeverbund_node::notice::{
    Decision, Force, Item, Kind, LegalBasis, Options, Package, PlanError, Reasons, Sender,
};
use meldeverbund_proto::{text::TextError, v1::OffenceClass};

use crate::{DATE, file, item, options, order, provider, sender, target, written};

fn refused(items: Vec<Item>, sender: &Sender) -> PlanError {
    Package::plan(items, sender, &Options::default()).unwrap_err()
}

fn one() -> Vec<Item> {
    vec![item(1, "https://h.example/geheim")]
}

#[test]
fn links_are_grouped_by_provider_and_keep_their_order() {
    let list = [provider("Zuletzt AG", &["a.example"])];
    let items = vec![
        item(1, "https://b.example/1"),
        item(2, "https://a.example/2"),
        item(3, "https://x.b.example/3"),
        item(4, "http://192.0.2.1/4"),
        item(5, "https://b.example/0"),
    ];
    let packages = Package::plan(items, &sender(), &options(&list)).unwrap();
    let shape: Vec<(&str, &str, Vec<u8>)> = packages
        .iter()
        .map(|one| {
            (one.provider(), one.folder(), one.items().iter().map(|item| item.target.as_bytes()[0]).collect())
        })
        .collect();
    assert_eq!(
        shape,
        [
            ("192.0.2.1", "192.0.2.1", vec![4]),
            ("Zuletzt AG", "zuletzt-ag", vec![2]),
            ("b.example", "b.example", vec![1, 3, 5]),
        ]
    );
}

#[test]
fn what_the_hub_refuses_is_left_out() {
    let items = (1..=3).map(|number| item(number, "https://h.example/same")).collect();
    let mut packages = Package::plan(items, &sender(), &Options::default()).unwrap();
    let intent = "0194f3a0-0000-7000-8000-0000000000ff".parse().unwrap();
    let package = packages.remove(0).intended(|one| (one != target(2)).then_some(intent)).unwrap();
    assert_eq!(package.recipient(), "h.example");
    let left: Vec<_> = package.items().iter().map(|item| (item.target, item.intent)).collect();
    assert_eq!(left, [(target(1), intent), (target(3), intent)]);
    assert!(package.intended(|_| None).is_none());
}

#[test]
fn what_the_articles_ask_for_is_required() {
    let empty = |field, sender: Sender| {
        let error = refused(one(), &sender);
        assert_eq!(error, PlanError::Text { field, error: TextError::Empty });
    };
    let text = |text: &str| LegalBasis { code: "dsa-16".into(), text: text.into() };
    empty("legal_basis.text", Sender { legal_basis: text(" \n"), ..sender() });
    empty(
        "legal_basis.code",
        Sender { legal_basis: LegalBasis { code: String::new(), ..text("x") }, ..sender() },
    );
    empty("effect", Sender { force: Force::Request { effect: String::new() }, ..sender() });
    let without = |name: &str| {
        let part = |is: &str| if is == name { String::new() } else { "x".to_owned() };
        let decision = Decision {
            authority: part("decision.authority"),
            on: DATE,
            reference: part("decision.reference"),
            text: String::new(),
        };
        let (scope, remedies) = (part("scope"), part("remedies"));
        Sender { force: Force::Order { decision, scope, remedies }, ..order() }
    };
    for field in ["decision.authority", "decision.reference", "scope", "remedies"] {
        empty(field, without(field));
    }
    empty("reasons.stgb_184b", Sender { reasons: Reasons::default(), ..sender() });
    empty("file_reference", Sender { file_reference: String::new(), ..sender() });
    empty("complaints", Sender { complaints: String::new(), ..sender() });
    let recall = Kind::Recall { first_on: DATE, reason: String::new() };
    empty("recall.reason", Sender { kind: recall, ..sender() });
    let mut nameless = sender();
    nameless.agency.name.clear();
    empty("agency.name", nameless);
}

#[test]
fn reasons_are_needed_for_the_offences_that_occur() {
    let reasons = Reasons { stgb_184c: "x".into(), ..Reasons::default() };
    let sender = Sender { reasons, ..sender() };
    let of = |offence_class| vec![Item { offence_class, ..item(1, "https://h.example/") }];
    assert!(Package::plan(of(OffenceClass::Stgb184c), &sender, &Options::default()).is_ok());
    for (class, field) in
        [(OffenceClass::Stgb176e, "reasons.stgb_176e"), (OffenceClass::Other, "reasons.other")]
    {
        assert_eq!(refused(of(class), &sender), PlanError::Text { field, error: TextError::Empty });
    }
    let error = refused(of(OffenceClass::Unspecified), &sender);
    assert_eq!(error, PlanError::NotAssessed { target: target(1) });
}

#[test]
fn what_cannot_be_is_refused_and_no_error_repeats_it() {
    let mut errors = vec![
        refused(Vec::new(), &sender()),
        refused(one(), &Sender { reply_by: date(2026, 11, 22), ..sender() }),
        refused(one(), &Sender { at_us: i64::MAX, ..sender() }),
        refused(one(), &Sender { date: date(2026, 11, 19), ..order() }),
        refused(one(), &Sender { officer: "geheim\u{7}".into(), ..sender() }),
        refused(one(), &Sender { unit: "geheim".repeat(20), ..sender() }),
        refused(one(), &Sender { user_notice: "geheim ".repeat(1_000), ..sender() }),
        refused(vec![item(1, "https://geheim/\nx")], &sender()),
        refused(vec![item(1, "gopher://geheim.example/")], &sender()),
        refused(
            vec![Item { access_hint: "data:geheim,x".into(), ..item(1, "https://h.example/") }],
            &sender(),
        ),
    ];
    let mut no_mail = sender();
    no_mail.agency.email = "geheim".into();
    errors.push(refused(one(), &no_mail));
    let two = vec![item(1, "https://a.example/geheim"), item(2, "https://b.example/geheim")];
    errors.push(refused(two, &Sender { recipient: "Geheim GmbH".into(), ..sender() }));
    for error in errors {
        assert!(!format!("{error} {error:?}").to_lowercase().contains("geheim"), "{error}");
    }
    let packages = Package::plan(one(), &sender(), &Options::default()).unwrap();
    let debug = format!("{packages:?} {:?} {:?}", packages[0].items(), sender());
    assert!(!debug.contains("geheim") && !debug.contains("0123456"), "{debug}");
}

#[test]
fn order_and_request_are_worded_apart() {
    let request = file(one(), &sender(), "letter.txt");
    let order = file(one(), &order(), "letter.txt");
    for words in
        ["freiwillige Anregung", "ist keine Anordnung", "in gutem Glauben", "Wirkung einer solchen Meldung"]
    {
        assert!(request.contains(words) && !order.contains(words), "{words}");
    }
    for words in [
        "Art dieses Schreibens: Anordnung",
        "- Stelle: Amtsgericht Musterstadt\n- Datum: 20.11.2026\n- Aktenzeichen: 1 Gs 1/26\n",
        "Worte zur Entscheidung",
        "Rechtsbehelfe aus der",
        "Europäische Union",
    ] {
        assert!(order.contains(words) && !request.contains(words), "{words}");
    }
}

#[test]
fn an_order_names_its_decision_in_every_file() {
    let mut named = order();
    if let Force::Order { decision, .. } = &mut named.force {
        decision.reference = "=1 Gs 1/26".into();
    }
    let list = file(one(), &named, "links.csv");
    let (header, row) = list.trim_end().split_once("\r\n").unwrap();
    assert!(header.ends_with(",round,decision_authority,decision_date,decision_reference"), "{header}");
    assert!(row.ends_with(",1,Amtsgericht Musterstadt,2026-11-20,'=1 Gs 1/26"), "no formula: {row}");
    assert!(!file(one(), &sender(), "links.csv").contains("decision"));
    let reports: serde_json::Value = serde_json::from_str(&file(one(), &named, "notice.xarf.json")).unwrap();
    let decision = &reports[0]["meldeverbund_notice"]["decision"];
    let wanted = serde_json::json!({
        "authority": "Amtsgericht Musterstadt", "date": "2026-11-20", "reference": "=1 Gs 1/26"
    });
    assert_eq!(decision, &wanted);
    assert!(!file(one(), &sender(), "notice.xarf.json").contains("decision"));
    let future = Sender { date: date(2026, 11, 19), ..order() };
    assert_eq!(refused(one(), &future), PlanError::DecisionAfterDate);
    let recall = Kind::Recall { first_on: date(2026, 11, 22), reason: "Irrtum".into() };
    assert!(
        file(one(), &Sender { kind: recall, ..order() }, "letter.txt").contains("Aktenzeichen: 1 Gs 1/26")
    );
}

#[test]
fn data_are_kept_unless_they_are_not_needed() {
    let words = "zu der Person führen";
    assert!(file(one(), &sender(), "letter.html").contains(words));
    assert!(!file(one(), &Sender { preserve_data: false, ..sender() }, "letter.html").contains(words));
}

#[test]
fn a_recall_is_no_report_for_programs() {
    let recall = Kind::Recall { first_on: DATE, reason: "Irrtum".into() };
    let disk = tempfile::tempdir().unwrap();
    let written = written(one(), &Sender { kind: recall, ..sender() }, &disk.path().join("notices"));
    assert!(written[0].files.iter().all(|file| file.name != "notice.xarf.json"));
    let letter = fs::read_to_string(written[0].folder.join("letter.txt")).unwrap();
    assert!(!letter.contains("notice.xarf.json"));
}

#[test]
fn a_recall_needs_no_grounds() {
    let unassessed = Item { offence_class: OffenceClass::Unspecified, ..item(1, "https://h.example/") };
    let recall = Sender {
        kind: Kind::Recall { first_on: DATE, reason: "Die Bewertung ist zurückgenommen.".into() },
        force: Force::Request { effect: String::new() },
        reasons: Reasons::default(),
        ..sender()
    };
    for name in ["letter.txt", "letter.html"] {
        let letter = file(vec![unassessed.clone()], &recall, name);
        assert!(
            letter.contains("Die Bewertung ist zurückgenommen.") && !letter.contains("strafbar"),
            "{name}"
        );
    }
}

#[test]
fn a_stated_recipient_goes_before_the_list() {
    let letter =
        file(one(), &Sender { recipient: "Host 9 Ltd., abuse@h.example".into(), ..sender() }, "letter.txt");
    assert!(letter.contains("\nHost 9 Ltd., abuse@h.example\n") && !letter.contains("\nh.example\n"));
}

#[test]
fn a_letter_does_not_print_more_than_it_may() {
    let disk = tempfile::tempdir().unwrap();
    let items = vec![item(1, "https://h.example/1"), item(2, "https://h.example/2")];
    let print = |letter_links: usize, name: &str| {
        let options = Options { letter_links, ..Options::default() };
        let packages = Package::plan(items.clone(), &sender(), &options).unwrap();
        let written = meldeverbund_node::notice::write(&packages, &disk.path().join(name)).unwrap();
        let list = hex::encode(written[0].files.iter().find(|file| file.name == "links.csv").unwrap().sha256);
        let letter = |name: &str| fs::read_to_string(written[0].folder.join(name)).unwrap();
        let (text, page) = (letter("letter.txt"), letter("letter.html"));
        assert!(
            text.replace("\n  ", " ").contains(&list) && page.contains(&list),
            "the list's digest is stated"
        );
        (text.contains("h[.]example/1"), page.contains("h[.]example/2"))
    };
    assert_eq!(print(2, "all"), (true, true));
    assert_eq!(print(1, "none"), (false, false));
}
