//! What holds for every text and every pair of links.

use std::borrow::Cow;

use meldeverbund_proto::{
    CanonicalLink,
    link::{check::check_properties, refang},
};
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};

use crate::{
    generators::{link_like, rest},
    meaning::meaning,
};

fn canonical(link: &str) -> String {
    CanonicalLink::parse(link).map(CanonicalLink::into_string).unwrap_or_else(|error| format!("{error}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_link_like_text_keeps_the_promises(text in link_like()) {
        check_properties(&text);
    }

    #[test]
    fn every_path_keeps_the_promises(rest in rest()) {
        check_properties(&format!("https://h.example{rest}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_has_an_error_or_a_key(text in "(?s).{0,64}") {
        check_properties(&text);
    }

    #[test]
    fn equal_ids_are_equal_spellings(a in few_links(), b in few_links()) {
        if let (Ok(a), Ok(b)) = (CanonicalLink::parse(&a), CanonicalLink::parse(&b)) {
            prop_assert_eq!(a.id() == b.id(), a.as_str() == b.as_str());
        }
    }

    #[test]
    fn links_that_are_one_say_the_same(a in few_links(), b in few_links()) {
        if CanonicalLink::parse(&a).is_ok() && canonical(&a) == canonical(&b) {
            prop_assert_eq!(meaning(&a), meaning(&b), "{} {}", a, b);
        }
    }

    #[test]
    fn respelling_changes_nothing((link, other) in respelt()) {
        prop_assert!(CanonicalLink::parse(&link).is_ok());
        prop_assert_eq!(canonical(&link), canonical(&other), "{} {}", link, other);
    }

    #[test]
    fn dots_are_resolved_as_a_stack_would(segments in vec(select(&["a", "C:", "c|", "", ".", "..", "%2e", ".%2E"][..]), 1..9)) {
        let spelling = canonical(&format!("https://h.example/{}", segments.join("/")));
        prop_assert_eq!(spelling, format!("https://h.example/{}", stack(&segments).join("/")));
    }

    #[test]
    fn mending_leaves_links_alone_and_undoes_defanging(text in link_like()) {
        if let Ok(link) = CanonicalLink::parse(&text) {
            let link = link.as_str();
            prop_assert!(matches!(refang(link), Cow::Borrowed(same) if same == link));
            let (scheme, rest) = link.split_once("://").unwrap();
            let (host, path) = rest.split_once('/').unwrap();
            let defanged = format!("<{}[:]//{}/{path}>", scheme.replace("tt", "xx"), host.replace('.', "[.]"));
            // A path that has brackets of its own cannot be told from a defanged one.
            if !path.contains(['[', '(', '{']) && scheme != "ftp" {
                prop_assert_eq!(refang(&defanged), link);
            }
        }
    }
}

#[test]
fn about_half_of_the_generated_texts_are_links() {
    let mut runner = TestRunner::deterministic();
    let texts = (0..2_000).map(|_| link_like().new_tree(&mut runner).unwrap().current());
    let links = texts.filter(|text| CanonicalLink::parse(text).is_ok()).count();
    assert!((600..1_600).contains(&links), "{links} of 2000");
}

/// Links so few that pairs of them often are one.
fn few_links() -> impl Strategy<Value = String> {
    let scheme = select(&["http", "https", "ftp"][..]);
    let host =
        select(&["h.example", "H.example.", "u@h.example", "www.h.example", "192.0.2.1", "0xc0000201"][..]);
    let port = select(&["", ":80", ":443", ":21"][..]);
    let path = vec(
        select(
            &["a", "A", "%61", "/", "/./", "/../", "%2f", "%2F", "+", "%20", "%", "4", "%34", "1", "%31"][..],
        ),
        0..4,
    );
    let end = select(&["", "?", "?a", "?%61", "?a&b", "?b&a", "#", "#a", "#/a", "#/%61", "#!a", "#%21a"][..]);
    (scheme, host, port, path, end)
        .prop_map(|(scheme, host, port, path, end)| format!("{scheme}://{host}{port}/{}{end}", path.concat()))
}

/// A plain link, and the same spelt in another way.
fn respelt() -> impl Strategy<Value = (String, String)> {
    let scheme = select(&["https://", "http://", "HTTP:", "hTTps:\\\\", " \thttps:///"][..]);
    let user = select(&["", "u@", "u:p@", "@", ":@"][..]);
    let dot = select(&["", ".", "%2e", "。"][..]);
    let dots = select(&["", "./", "b/../", "%2e/", "b/%2E./"][..]);
    let fragment = select(&["", "#", "#a", "#a/b"][..]);
    let case = any::<bool>();
    ("[a-z]{1,8}", "[a-zA-Z0-9._~-]{0,12}[a-z]", any::<u16>(), scheme, user, dot, dots, fragment, case)
        .prop_map(|(host, path, escaped, scheme, user, dot, dots, fragment, case)| {
            let port = if scheme.to_ascii_lowercase().contains("https") { ":443" } else { ":80" };
            let escape = |(at, c): (usize, char)| {
                if escaped >> (at % 16) & 1 == 1 { format!("%{:02x}", u32::from(c)) } else { c.to_string() }
            };
            let other_path: String = path.chars().enumerate().map(escape).collect();
            let other_host = if case { host.to_uppercase() } else { host.clone() };
            let other = format!("{scheme}{user}{other_host}.example{dot}{port}/{dots}{other_path}{fragment}");
            (format!("https://{host}.example/{path}"), other)
        })
}

/// WHATWG's path state over a list.
fn stack<'a>(segments: &[&'a str]) -> Vec<&'a str> {
    let mut path = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        match segment.to_lowercase().replace("%2e", ".").as_str() {
            "." if last => path.push(""),
            "." => {}
            ".." => {
                path.pop();
                if last {
                    path.push("");
                }
            }
            _ => path.push(segment),
        }
    }
    path
}
