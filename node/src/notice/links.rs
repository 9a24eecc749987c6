//! `links.csv`: the exact links (RFC 4180).

use std::io::{self, Write};

use meldeverbund_proto::v1::{ContentHash, HashAlgorithm};

use super::Item;
use crate::import::formula::csv_cell;

/// The file's name.
pub(super) const NAME: &str = "links.csv";

/// Writes the list.
pub(super) fn write(out: &mut impl Write, items: &[Item]) -> io::Result<()> {
    let mut csv = table(out);
    csv.write_record(["position", "link", "sha256", "sha1", "md5", "reference", "round"])?;
    for (position, item) in (1_u64..).zip(items) {
        let hashes = |of| hashes(&item.content_hashes, of);
        csv.write_field(position.to_string())?;
        csv.write_field(csv_cell(item.exact()).as_ref())?;
        csv.write_field(hashes(HashAlgorithm::Sha256))?;
        csv.write_field(hashes(HashAlgorithm::Sha1))?;
        csv.write_field(hashes(HashAlgorithm::Md5))?;
        csv.write_field(item.target.to_string())?;
        csv.write_field(item.round.to_string())?;
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
