//! `answer.csv`: the form that the provider fills in.

use std::io::{self, Write};

use super::{Item, links::table};

/// The file's name.
pub(super) const NAME: &str = "answer.csv";

/// The columns, as [`super::answer`] reads them back.
pub(super) const COLUMNS: [&str; 5] = ["position", "reference", "answer", "date", "remark"];

/// Writes the empty form: one row a link. It names no link, so that it can travel back by plain mail.
pub(super) fn write(out: &mut impl Write, items: &[Item]) -> io::Result<()> {
    let mut csv = table(out);
    csv.write_record(COLUMNS)?;
    for (position, item) in (1_u64..).zip(items) {
        csv.write_record([position.to_string().as_str(), item.target.to_string().as_str(), "", "", ""])?;
    }
    csv.flush()
}
