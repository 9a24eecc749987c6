//! Notices to providers: from links to files, and a provider's answers back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod bulk;
mod disk;
mod docs;
mod golden;
mod hostile;
mod plan;
mod round_trip;

use std::{fs, path::Path};

use jiff::civil::{Date, date};
use meldeverbund_node::notice::{
    Agency, Decision, Force, Item, Kind, LegalBasis, Options, Package, Provider, Reasons, Sender, Written,
    write,
};
use meldeverbund_proto::{
    CommandId, TargetId,
    v1::{ContentHash, HashAlgorithm, OffenceClass},
};

/// 21.11.2026 14:05 in Germany.
const FOUND_AT_US: i64 = 1_795_266_300_000_000;

const DATE: Date = date(2026, 11, 23);

fn target(number: u8) -> TargetId {
    TargetId::from_bytes([number; 16])
}

fn intent() -> CommandId {
    "0194f3a0-0000-7000-8000-000000000001".parse().unwrap()
}

fn item(number: u8, link: &str) -> Item {
    Item {
        target: target(number),
        link: link.into(),
        content_hashes: Vec::new(),
        offence_class: OffenceClass::Stgb184b,
        found_at_us: FOUND_AT_US,
        access_hint: String::new(),
        intent: intent(),
        round: 1,
    }
}

fn hash(algorithm: HashAlgorithm, byte: u8) -> ContentHash {
    let bytes = match algorithm {
        HashAlgorithm::Sha256 => 32,
        HashAlgorithm::Sha1 => 20,
        _ => 16,
    };
    ContentHash { algorithm: algorithm.into(), digest: vec![byte; bytes] }
}

fn sender() -> Sender {
    Sender {
        agency: Agency {
            id: "de-nw-lka".parse().unwrap(),
            name: "Landeskriminalamt Musterland".into(),
            address: vec!["Musterallee 1".into(), "00001 Musterstadt".into()],
            contact: "+49 30 00000-100".into(),
            email: "loeschung@lka.example".into(),
        },
        unit: "Dezernat 43".into(),
        officer: "Erika Muster".into(),
        on_behalf_of: "Staatsanwaltschaft Musterstadt".into(),
        legal_basis: LegalBasis {
            code: "dsa-16".into(),
            text: "Wortlaut der Rechtsgrundlage aus der Konfiguration.\nZweiter Absatz.".into(),
        },
        reasons: Reasons {
            stgb_184b: "Begründung zu § 184b StGB aus der Konfiguration.".into(),
            stgb_184c: "Begründung zu § 184c StGB aus der Konfiguration.".into(),
            stgb_176e: "Begründung zu § 176e StGB aus der Konfiguration.".into(),
            other: "Begründung zu einer anderen Vorschrift aus der Konfiguration.".into(),
        },
        force: Force::Request { effect: "Wirkung einer solchen Meldung, aus der Konfiguration.".into() },
        kind: Kind::First,
        file_reference: "ST/0123456/2026".into(),
        recipient: String::new(),
        at_us: FOUND_AT_US + 2 * 86_400_000_000,
        date: DATE,
        reply_by: date(2026, 11, 30),
        preserve_data: true,
        user_notice: String::new(),
        complaints: "Beschwerdestelle des Landeskriminalamts Musterland\nbeschwerde@lka.example".into(),
    }
}

fn order() -> Sender {
    Sender {
        force: Force::Order {
            decision: Decision {
                authority: "Amtsgericht Musterstadt".into(),
                on: date(2026, 11, 20),
                reference: "1 Gs 1/26".into(),
                text: "Worte zur Entscheidung aus der Konfiguration.".into(),
            },
            scope: "Europäische Union.".into(),
            remedies: "Rechtsbehelfe aus der Konfiguration.".into(),
        },
        legal_basis: LegalBasis { code: "stpo".into(), text: "Rechtsgrundlage der Anordnung.".into() },
        ..sender()
    }
}

fn provider(name: &str, hosts: &[&str]) -> Provider {
    Provider {
        name: name.into(),
        address: vec!["Beispielweg 3".into(), "00002 Beispielstadt".into()],
        hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
    }
}

fn options(providers: &[Provider]) -> Options {
    Options { providers: providers.to_vec(), ..Options::default() }
}

/// Plans with no list of providers, and writes.
fn written(items: Vec<Item>, sender: &Sender, dir: &Path) -> Vec<Written> {
    write(&Package::plan(items, sender, &Options::default()).unwrap(), dir).unwrap()
}

/// One file of the first folder, of links that belong to one provider.
fn file(items: Vec<Item>, sender: &Sender, name: &str) -> String {
    let disk = tempfile::tempdir().unwrap();
    let written = written(items, sender, &disk.path().join("notices"));
    assert_eq!(written.len(), 1);
    fs::read_to_string(written[0].folder.join(name)).unwrap()
}
