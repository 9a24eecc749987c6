//! The same list as a table, as German Excel writes it.

use std::io::{self, Write};

use jiff::{SignedDuration, civil::DateTime};

use super::{
    SampleLine, SampleList,
    rng::{Rng, Stream},
};

/// The columns of the table.
const COLUMNS: [&str; 9] =
    ["Link", "Fundort", "Fundzeit", "Delikt", "SHA-256", "Eilgrund", "Verborgen", "4x4", "Bemerkung"];

impl SampleList {
    /// Writes the list, one line after the other.
    ///
    /// # Errors
    /// What the output says.
    pub fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        for line in self.iter() {
            out.write_all(line.text.as_bytes())?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Writes the list as CSV with semicolons, with a column for most fields of a referral.
    ///
    /// # Errors
    /// What the output says.
    pub fn write_csv(&self, out: impl Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(out);
        writer.write_record(COLUMNS)?;
        for line in self.iter() {
            writer.write_record(row(self.seed, line))?;
        }
        writer.flush()
    }
}

fn row(seed: u64, line: SampleLine) -> [String; COLUMNS.len()] {
    let mut rng = Rng::of(seed, Stream::Row, line.number);
    let forum = format!("Forum {}, Thema {}", rng.below(9) + 1, rng.below(5_000));
    let seconds = SignedDuration::from_secs(rng.below(180 * 86_400) as i64);
    let found_at = DateTime::constant(2026, 3, 30, 0, 0, 0, 0).saturating_add(seconds);
    let offence = rng.pick(&["", "184b", "§ 184b StGB", "§ 184c StGB", "184b"]);
    let hash = if rng.per_mille(200) {
        (0..4).map(|_| format!("{:016x}", rng.next())).collect()
    } else {
        String::new()
    };
    let urgent = if rng.per_mille(10) { "Missbrauch dauert an" } else { "" };
    let hidden = if rng.per_mille(30) { "ja" } else { "nein" };
    let grading = rng.pick(&["", "A1", "B2", "X4"]);
    let note = if rng.per_mille(50) { "Passwort im Thema; siehe \"Teil 2\"" } else { "" };
    [
        line.text,
        forum,
        found_at.strftime("%d.%m.%Y %H:%M").to_string(),
        (*offence).to_owned(),
        hash,
        urgent.to_owned(),
        hidden.to_owned(),
        (*grading).to_owned(),
        note.to_owned(),
    ]
}
