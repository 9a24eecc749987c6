//! The letter as plain text, in lines that fit a page.

use std::io::{self, Write};

use super::{Block, Letter};

/// Characters of a line; links are never broken.
const WIDTH: usize = 76;

impl Letter<'_> {
    /// Writes the letter as plain text (UTF-8, LF).
    pub(in crate::notice) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        for line in self.from.iter().chain(&[""]).chain(&self.to).chain(&[""]) {
            writeln!(out, "{line}")?;
        }
        for (label, value) in &self.facts {
            let label = format!("{label}:");
            writeln!(out, "{label:<22}{value}")?;
        }
        writeln!(out)?;
        wrapped(out, "Betreff: ", "         ", &self.subject)?;
        for block in &self.body {
            match block {
                Block::Heading(heading) => {
                    writeln!(out, "\n{heading}\n{}", "-".repeat(heading.chars().count()))?;
                }
                Block::Paragraph(text) => {
                    writeln!(out)?;
                    wrapped(out, "", "", text)?;
                }
                Block::Points(points) => {
                    writeln!(out)?;
                    points.iter().try_for_each(|point| wrapped(out, "- ", "  ", point))?;
                }
            }
        }
        writeln!(out)?;
        self.close.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out, "\n\nListe der Links\n===============\n")?;
        wrapped(out, "", "", &self.list_note)?;
        for entry in self.entries() {
            writeln!(out, "\n{}. {}", entry.position, entry.link)?;
            let ground = entry.ground.map_or_else(String::new, |letter| format!("Grund {letter}, "));
            writeln!(out, "   {ground}Kennung {}", entry.reference)?;
            if !entry.access_hint.is_empty() {
                writeln!(out, "   Zugang: {}", entry.access_hint)?;
            }
        }
        Ok(())
    }
}

/// Words in lines, the first one behind `first`, the others behind `next`. Line breaks are blanks.
fn wrapped(out: &mut impl Write, first: &str, next: &str, text: &str) -> io::Result<()> {
    let mut line = first.to_owned();
    let mut width = first.chars().count();
    let mut begun = false;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if begun && width + 1 + letters > WIDTH {
            writeln!(out, "{line}")?;
            next.clone_into(&mut line);
            width = next.chars().count();
            begun = false;
        }
        if begun {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += letters;
        begun = true;
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let mut out = Vec::new();
        let long = "x".repeat(WIDTH + 10);
        wrapped(&mut out, "- ", "  ", &format!("{} {long} Ende\nder Zeile", "ä".repeat(WIDTH - 2))).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, format!("- {}\n  {long}\n  Ende der Zeile\n", "ä".repeat(WIDTH - 2)));
    }
}
