//! The letter as a page to print: one file, no scripts, nothing from elsewhere.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{Block, Letter};

/// The page's head. The policy forbids what the page does not have, whatever a text might smuggle in.
const HEAD: &str = r#"<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
"#;

/// How it looks on screen and on A4 paper.
const STYLE: &str = "<style>
@page { size: A4; margin: 25mm 20mm 20mm 25mm; @bottom-right { content: counter(page) \" / \" counter(pages); } }
body { font: 11pt/1.4 sans-serif; color: #000; background: #fff; max-width: 165mm; margin: 10mm auto; }
address { font-style: normal; margin-bottom: 10mm; }
.facts { margin-bottom: 10mm; border-collapse: collapse; }
.facts th { text-align: left; font-weight: normal; padding-right: 5mm; }
h1 { font-size: 11pt; }
h2 { font-size: 11pt; margin: 1.4em 0 0.4em; break-after: avoid; }
p, ul { margin: 0.4em 0; }
.close { margin-top: 8mm; break-inside: avoid; }
.list { break-before: page; }
.list table { width: 100%; border-collapse: collapse; font-size: 9pt; }
.list th, .list td { text-align: left; vertical-align: top; border-bottom: 0.2mm solid #999; padding: 1mm; }
.list tr { break-inside: avoid; }
.list thead { display: table-header-group; }
.list bdi { font-family: monospace; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } }
</style>
";

impl Letter<'_> {
    /// Writes the letter as a page (HTML, UTF-8).
    pub(in crate::notice) fn write_html(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(HEAD.as_bytes())?;
        writeln!(out, "<title>{}</title>", escaped(&self.subject))?;
        out.write_all(STYLE.as_bytes())?;
        writeln!(out, "</head>\n<body>")?;
        lines(out, "address", &self.from)?;
        lines(out, "address", &self.to)?;
        writeln!(out, "<table class=\"facts\">")?;
        for (label, value) in &self.facts {
            writeln!(out, "<tr><th scope=\"row\">{label}:</th><td>{}</td></tr>", escaped(value))?;
        }
        writeln!(out, "</table>\n<h1>{}</h1>", escaped(&self.subject))?;
        for block in &self.body {
            match block {
                Block::Heading(heading) => writeln!(out, "<h2>{heading}</h2>")?,
                Block::Paragraph(text) => writeln!(out, "<p>{}</p>", escaped(text))?,
                Block::Points(points) => {
                    writeln!(out, "<ul>")?;
                    points.iter().try_for_each(|point| writeln!(out, "<li>{}</li>", escaped(point)))?;
                    writeln!(out, "</ul>")?;
                }
            }
        }
        lines(out, "p class=\"close\"", &self.close)?;
        self.write_list(out)?;
        writeln!(out, "</body>\n</html>")
    }

    fn write_list(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "<section class=\"list\">\n<h2>Liste der Links</h2>\n<p>{}</p>",
            escaped(&self.list_note)
        )?;
        let mut entries = self.entries().peekable();
        if entries.peek().is_some() {
            writeln!(
                out,
                "<table>\n<thead><tr><th>Nr.</th><th>Link</th><th>Grund</th><th>Kennung</th></tr></thead>"
            )?;
            writeln!(out, "<tbody>")?;
            for entry in entries {
                write!(
                    out,
                    "<tr><td>{}</td><td><bdi dir=\"ltr\">{}</bdi>",
                    entry.position,
                    escaped(&entry.link)
                )?;
                if !entry.access_hint.is_empty() {
                    write!(out, "<br>Zugang: <bdi>{}</bdi>", escaped(&entry.access_hint))?;
                }
                let ground = entry.ground.unwrap_or('–');
                writeln!(out, "</td><td>{ground}</td><td>{}</td></tr>", entry.reference)?;
            }
            writeln!(out, "</tbody>\n</table>")?;
        }
        writeln!(out, "</section>")
    }
}

/// Lines in one element.
fn lines(out: &mut impl Write, element: &str, lines: &[&str]) -> io::Result<()> {
    write!(out, "<{element}>")?;
    for (i, line) in lines.iter().enumerate() {
        write!(out, "{}{}", if i > 0 { "<br>" } else { "" }, escaped(line))?;
    }
    let name = element.split(' ').next().unwrap_or_default();
    writeln!(out, "</{name}>")
}

/// Text as HTML has it, in elements and in attributes.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_html_is_escaped() {
        assert_eq!(escaped("<b a='x' c=\"y\">&amp;"), "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;amp;");
        assert!(matches!(escaped("größer"), Cow::Borrowed(_)));
    }
}
