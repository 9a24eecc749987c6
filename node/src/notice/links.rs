//! `links.csv`: the exact links (RFC 4180).

use std::io::{self, Write};

use meldeverbund_proto::v1::{ContentHash, HashAlgorithm};

use super::{Decision, Item};
use crate::import::formula::csv_cell;

/// The file's name.
pub(super) const NAME: &str = "links.csv";

/// The columns of every list.
const COLUMNS: [&str; 7] = ["position", "link", "sha256", "sha1", "md5", "reference", "round"];

/// The columns that the list of an order has besides, the same in each row: a row that is cut out still says on which
/// decision it rests.
const OF_AN_ORDER: [&str; 3] = ["decision_authority", "decision_date", "decision_reference"];

/// Writes the list; that of an order with its decision.
pub(super) fn write(out: &mut impl Write, items: &[Item], decision: Option<&Decision>) -> io::Result<()> {
    let mut csv = table(out);
    let more = if decision.is_some() { &OF_AN_ORDER[..] } else { &[] };
    csv.write_record(COLUMNS.iter().chain(more))?;
    for (position, item) in (1_u64..).zip(items) {
        let hashes = |of| hashes(&item.content_hashes, of);
        csv.write_field(position.to_string())?;
        csv.write_field(csv_cell(item.exact()).as_ref())?;
        csv.write_field(hashes(HashAlgorithm::Sha256))?;
        csv.write_field(hashes(HashAlgorithm::Sha1))?;
        csv.write_field(hashes(HashAlgorithm::Md5))?;
        csv.write_field(item.target.to_string())?;
        csv.write_field(item.round.to_string())?;
        if let Some(Decision { authority, on, reference, .. }) = decision {
            csv.write_field(csv_cell(authority).as_ref())?;
            csv.write_field(on.to_string())?;
            csv.write_field(csv_cell(reference).as_ref())?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// A table as RFC 4180 has it: commas, quotation marks where they are needed, CR LF.
pub(super) fn table<W: Write>(out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out)
}

/// The digests of one algorithm in hexadecimal, with a blank between them.
pub(super) fn hashes(hashes: &[ContentHash], of: HashAlgorithm) -> String {
    let mut of = hashes.iter().filter(|hash| hash.algorithm() == of).map(|hash| hex::encode(&hash.digest));
    let mut all = of.next().unwrap_or_default();
    for hash in of {
        all.push(' ');
        all.push_str(&hash);
    }
    all
}
