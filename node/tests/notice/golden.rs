//! Every file of a package, byte for byte, as it was read and found right.

use std::fs;

use jiff::civil::date;
use meldeverbund_node::notice::{Item, Kind, Package, Sender, write};
use meldeverbund_proto::v1::{HashAlgorithm, OffenceClass};
use sha2::{Digest as _, Sha256};

use crate::{hash, item, options, order, provider, sender};

/// Three links of one provider: with everything, with nothing, and one that XARF cannot name.
fn items() -> Vec<Item> {
    let full = Item {
        content_hashes: vec![
            hash(HashAlgorithm::Sha256, 0xab),
            hash(HashAlgorithm::Sha1, 0xcd),
            hash(HashAlgorithm::Md5, 0xef),
            hash(HashAlgorithm::Sha256, 0x12),
        ],
        access_hint: "Kennwort: grün;blau".into(),
        round: 2,
        ..item(1, "https://filehost-03.example/d/a1?x=1,2&y=\"3\"")
    };
    let bare = Item {
        offence_class: OffenceClass::Stgb176e,
        found_at_us: 0,
        ..item(2, "http://cdn.filehost-03.example/größe.bin")
    };
    let other = Item { offence_class: OffenceClass::Other, ..item(3, "ftp://192.0.2.7/pub/a%20b.zip") };
    vec![full, bare, other]
}

fn check(sender: &Sender, files: &[(&'static str, &str)]) {
    let options = options(&[provider("Filehost 03 GmbH & Co. KG", &["filehost-03.example", "192.0.2.7"])]);
    let packages = Package::plan(items(), sender, &options).unwrap();
    let disk = tempfile::tempdir().unwrap();
    let written = write(&packages, &disk.path().join("notices")).unwrap();
    assert_eq!(written.len(), 1);
    let folder = &written[0].folder;
    assert!(folder.ends_with("notices/filehost-03-gmbh-co.kg"));
    for (name, wanted) in files {
        let bytes = fs::read(folder.join(name)).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), *wanted, "{name}");
        let file = written[0].files.iter().find(|file| file.name == *name).unwrap();
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(file.sha256[..], Sha256::digest(&bytes)[..]);
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), written[0].files.len());
}

#[test]
fn a_request() {
    check(
        &sender(),
        &[
            ("links.csv", include_str!("golden/request/links.csv")),
            ("notice.xarf.json", include_str!("golden/request/notice.xarf.json")),
            ("answer.csv", include_str!("golden/request/answer.csv")),
            ("letter.txt", include_str!("golden/request/letter.txt")),
            ("letter.html", include_str!("golden/request/letter.html")),
        ],
    );
}

#[test]
fn an_order() {
    let sender = Sender {
        preserve_data: false,
        on_behalf_of: String::new(),
        user_notice: "Bitte unterrichten Sie Ihren Nutzer nicht vor dem 31.12.2026.".into(),
        ..order()
    };
    check(
        &sender,
        &[
            ("links.csv", include_str!("golden/order/links.csv")),
            ("notice.xarf.json", include_str!("golden/order/notice.xarf.json")),
            ("letter.txt", include_str!("golden/order/letter.txt")),
        ],
    );
}

#[test]
fn a_reminder() {
    let sender = Sender { kind: Kind::Reminder { first_on: date(2026, 11, 2) }, ..sender() };
    check(&sender, &[("letter.txt", include_str!("golden/reminder/letter.txt"))]);
}

#[test]
fn a_recall() {
    let reason = "Die Bewertung hat sich geändert.".into();
    let sender = Sender { kind: Kind::Recall { first_on: date(2026, 11, 2), reason }, ..order() };
    check(&sender, &[("letter.txt", include_str!("golden/recall/letter.txt"))]);
}
