//! `notice.xarf.json`: a JSON array of XARF v4 reports, one a link and one a line.
//!
//! Content never goes out: no `evidence`, no `screenshot_url`. What XARF has no member for stands in two objects: in
//! `meldeverbund`, under the names of the import's fields, what an importer may take over, and in `meldeverbund_notice`
//! what belongs to this notice alone.

mod naming;

use std::io::{self, Write};

use jiff::Timestamp;
use meldeverbund_proto::{
    CanonicalLink,
    v1::{ContentHash, HashAlgorithm, OffenceClass},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::naming::{Naming, naming};
use super::{Item, Package, Sender, email, links::hashes, provider};

/// The file's name.
pub(super) const NAME: &str = "notice.xarf.json";

/// The version of the specification whose schemas the reports follow.
pub(super) const VERSION: &str = "4.2.0";

/// Separates the ids of reports from other digests.
const ID_TAG: &[u8] = b"meldeverbund notice report v1\0";

/// Writes the reports, one at a time.
pub(super) fn write(out: &mut impl Write, package: &Package) -> io::Result<()> {
    let mut before: &[u8] = b"[\n";
    for item in &package.items {
        let Some(report) = Report::new(item, package) else { continue };
        out.write_all(before)?;
        serde_json::to_writer(&mut *out, &report)?;
        before = b",\n";
    }
    out.write_all(b"\n]\n")
}

/// True if a report can name the offence.
pub(super) fn can_name(class: OffenceClass) -> bool {
    naming(class).is_some()
}

#[derive(Serialize)]
struct Report<'a> {
    xarf_version: &'static str,
    report_id: String,
    timestamp: String,
    reporter: Contact<'a>,
    sender: Contact<'a>,
    source_identifier: String,
    category: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exploitation_type: Option<&'static str>,
    detection_method: &'static str,
    evidence_source: &'static str,
    hosting_provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_values: Option<HashValues>,
    tags: [&'static str; 2],
    meldeverbund: Own<'a>,
    meldeverbund_notice: Notice<'a>,
}

#[derive(Serialize)]
struct Contact<'a> {
    org: &'a str,
    contact: &'a str,
    domain: &'a str,
}

#[derive(Serialize)]
struct HashValues {
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
}

/// What an importer may take over.
#[derive(Serialize)]
struct Own<'a> {
    offence_class: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    content_hashes: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    access_hint: &'a str,
}

/// What belongs to this notice alone.
#[derive(Serialize)]
struct Notice<'a> {
    reference: String,
    round: u32,
    intent: String,
    kind: &'static str,
    force: &'static str,
    legal_basis: &'a str,
    file_reference: &'a str,
    date: String,
    reply_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Ordered<'a>>,
}

/// The decision that an order carries.
#[derive(Serialize)]
struct Ordered<'a> {
    authority: &'a str,
    date: String,
    reference: &'a str,
}

impl<'a> Report<'a> {
    fn new(item: &'a Item, package: &'a Package) -> Option<Self> {
        let Naming { kind, classification, exploitation_type, detection_method, offence_class } =
            naming(item.offence_class)?;
        let Sender { agency, on_behalf_of, .. } = &*package.sender;
        let domain = email::domain(&agency.email).unwrap_or_default();
        let contact = |org| Contact { org, contact: &agency.email, domain };
        let link = CanonicalLink::parse(&item.link).ok();
        Some(Self {
            xarf_version: VERSION,
            report_id: report_id(item),
            timestamp: time(if item.found_at_us == 0 { package.sender.at_us } else { item.found_at_us }),
            reporter: contact(if on_behalf_of.is_empty() { &agency.name } else { on_behalf_of }),
            sender: contact(&agency.name),
            source_identifier: link.as_ref().map(provider::host).unwrap_or_default().to_owned(),
            category: "content",
            kind,
            url: item.exact(),
            classification,
            exploitation_type,
            detection_method,
            evidence_source: "law_enforcement",
            hosting_provider: &package.provider.name,
            hash_values: HashValues::new(&item.content_hashes),
            tags: tags(&package.sender),
            meldeverbund: Own {
                offence_class,
                content_hashes: more_hashes(&item.content_hashes),
                access_hint: &item.access_hint,
            },
            meldeverbund_notice: notice(item, &package.sender),
        })
    }
}

impl HashValues {
    /// The first of each algorithm: XARF has room for one.
    fn new(hashes: &[ContentHash]) -> Option<Self> {
        let first =
            |of| hashes.iter().find(|hash| hash.algorithm() == of).map(|hash| hex::encode(&hash.digest));
        let all = Self {
            sha256: first(HashAlgorithm::Sha256),
            sha1: first(HashAlgorithm::Sha1),
            md5: first(HashAlgorithm::Md5),
        };
        (all.sha256.is_some() || all.sha1.is_some() || all.md5.is_some()).then_some(all)
    }
}

fn notice<'a>(item: &Item, sender: &'a Sender) -> Notice<'a> {
    let decision = sender.force.decision().map(|decision| Ordered {
        authority: &decision.authority,
        date: decision.on.to_string(),
        reference: &decision.reference,
    });
    Notice {
        reference: item.target.to_string(),
        round: item.round,
        intent: item.intent.to_string(),
        kind: sender.kind.name(),
        force: sender.force.name(),
        legal_basis: &sender.legal_basis.code,
        file_reference: &sender.file_reference,
        date: sender.date.to_string(),
        reply_by: sender.reply_by.to_string(),
        decision,
    }
}

/// Kind and force once more where programs that know XARF alone look.
fn tags(sender: &Sender) -> [&'static str; 2] {
    let kind = match sender.kind.name() {
        "reminder" => "notice:reminder",
        _ => "notice:first",
    };
    [kind, if sender.force.name() == "order" { "force:order" } else { "force:request" }]
}

/// The same for the same intent and link, so that a report that arrives twice is known to be one. In the form of version
/// 4, as the specification asks: a digest is as good as chance to everybody who does not know the intent.
fn report_id(item: &Item) -> String {
    let mut digest = Sha256::new();
    digest.update(ID_TAG);
    digest.update(item.intent.as_bytes());
    digest.update(item.target.as_bytes());
    digest.update(item.exact());
    let digest: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(id).into_uuid().to_string()
}

/// All hashes where there is more than one of an algorithm, else nothing.
fn more_hashes(all: &[ContentHash]) -> String {
    let kinds = [HashAlgorithm::Sha256, HashAlgorithm::Sha1, HashAlgorithm::Md5];
    let of_kind = |kind| all.iter().filter(|hash| hash.algorithm() == kind).count();
    if kinds.into_iter().all(|kind| of_kind(kind) <= 1) {
        return String::new();
    }
    // An algorithm is told by its digest's length.
    let each = kinds.map(|kind| hashes(all, kind));
    each.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn time(us: i64) -> String {
    Timestamp::from_microsecond(us).map(|instant| instant.to_string()).unwrap_or_default()
}
