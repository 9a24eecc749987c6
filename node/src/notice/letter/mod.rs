//! The letter, in German: once as a page to print (`letter.html`), once as plain text (`letter.txt`). Both are the same
//! words.

mod body;
mod html;
mod shown;
mod text;
mod words;

pub use shown::defanged;

use std::collections::BTreeMap;

use jiff::civil::Date;
use meldeverbund_proto::v1::OffenceClass;

use super::{Item, Package};

/// The plain text's file name.
pub(super) const TEXT_NAME: &str = "letter.txt";

/// The page's file name.
pub(super) const HTML_NAME: &str = "letter.html";

/// A letter, composed but for the list of its links, which is read from the package while it is written.
pub(super) struct Letter<'a> {
    package: &'a Package,
    /// Who writes, line by line.
    from: Vec<&'a str>,
    /// To whom, line by line.
    to: Vec<&'a str>,
    /// Labels and values below the addresses.
    facts: Vec<(&'static str, String)>,
    subject: String,
    body: Vec<Block>,
    /// The lines below the last paragraph.
    close: Vec<&'a str>,
    /// What stands before the list.
    list_note: String,
    grounds: Grounds,
}

/// A part of the text.
enum Block {
    Heading(&'static str),
    Paragraph(String),
    Points(Vec<String>),
}

/// The offence classes of a package, each with the letter that its links bear, and how many links have it.
struct Grounds(BTreeMap<OffenceClass, (char, usize)>);

/// One line of the list.
struct Entry {
    position: u64,
    link: String,
    /// None in a recall, which gives no grounds.
    ground: Option<char>,
    reference: String,
    access_hint: String,
}

impl<'a> Letter<'a> {
    pub(super) fn new(package: &'a Package, list_sha256: &[u8; 32]) -> Self {
        let sender = &*package.sender;
        let agency = &sender.agency;
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let mut from = vec![agency.name.as_str()];
        from.extend(some(&sender.unit));
        from.extend(agency.address.iter().map(String::as_str));
        let to = if sender.recipient.is_empty() {
            let address = package.provider.address.iter().map(String::as_str);
            std::iter::once(package.provider.name.as_str()).chain(address).collect()
        } else {
            vec![sender.recipient.as_str()]
        };
        let grounds = Grounds::of(&package.items);
        let mut close = vec!["Mit freundlichen Grüßen", "Im Auftrag", ""];
        close.extend(some(&sender.officer));
        close.push(&agency.name);
        Self {
            package,
            from,
            to,
            facts: words::facts(sender),
            subject: words::subject(package),
            body: body::blocks(package, &grounds, list_sha256),
            close,
            list_note: words::list_note(package),
            grounds,
        }
    }

    /// The list; nothing if it is longer than a letter prints.
    fn entries(&self) -> impl Iterator<Item = Entry> {
        let items = &self.package.items;
        let printed = if items.len() > self.package.letter_links { &[] } else { items.as_slice() };
        let recall = self.package.sender.kind.is_recall();
        (1_u64..).zip(printed).map(move |(position, item)| Entry {
            position,
            link: shown::defanged(item.exact()),
            ground: Some(self.grounds.letter(item.offence_class)).filter(|_| !recall),
            reference: item.target.to_string(),
            access_hint: shown::visible(&item.access_hint),
        })
    }
}

impl Grounds {
    fn of(items: &[Item]) -> Self {
        let mut counts: BTreeMap<OffenceClass, (char, usize)> = BTreeMap::new();
        for item in items {
            counts.entry(item.offence_class).or_insert(('?', 0)).1 += 1;
        }
        for (letter, (is, _)) in ('A'..).zip(counts.values_mut()) {
            *is = letter;
        }
        Self(counts)
    }

    fn letter(&self, class: OffenceClass) -> char {
        self.0.get(&class).map_or('?', |(letter, _)| *letter)
    }
}

/// A date as letters write it: `3.11.2026` is 03.11.2026.
fn german(date: Date) -> String {
    date.strftime("%d.%m.%Y").to_string()
}
