use meldeverbund_proto::CanonicalLink;

use super::*;

fn link(text: &str) -> CanonicalLink {
    CanonicalLink::parse(text).unwrap()
}

fn rules(text: &str) -> HostRules {
    toml::from_str(text).unwrap()
}

const RULES: &str = r#"
version = 3
[[provider]]
name = "filehost"
hosts = ["*.files.example"]
country = "DE"
land = "DE-NW"
until = 2026-01-01
[[provider]]
name = "filehost-new"
hosts = ["files.example"]
from = 2026-01-01
[[rule]]
name = "files"
hosts = ["files.example", "www.files.example"]
paths = ["/f/{id}", "/f/{id}/*", "/d/{id}.html"]
tracking = ["utm_*", "ref"]
[[rule]]
name = "watch"
hosts = ["*.tube.example"]
paths = ["/{page}"]
query = ["v"]
tracking = ["t"]
from = 2026-01-01
[[rule]]
name = "board"
hosts = ["board.example"]
tracking = ["sid"]
"#;

const NOW_US: i64 = 1_790_000_000_000_000;

fn key(text: &str) -> Option<String> {
    rules(RULES).key(&link(text), NOW_US)
}

#[test]
fn what_names_an_object_is_its_key_and_tracking_is_not() {
    for (text, wanted) in [
        ("https://files.example/f/abc", "files id=abc"),
        ("http://www.files.example/f/abc?utm_source=x&ref=7", "files id=abc"),
        ("https://files.example/f/abc/holiday.zip", "files id=abc"),
        ("https://files.example/d/abc.html", "files id=abc"),
        ("https://m.tube.example/watch?t=7&v=Q1", "watch page=watch&v=Q1"),
        ("https://tube.example/watch?v=Q1", "watch page=watch&v=Q1"),
        ("https://board.example/t/7/?sid=4", "board path=/t/7/"),
    ] {
        assert_eq!(key(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn in_doubt_no_rule_fits() {
    for text in [
        "https://files.example/f/",
        "https://files.example/f/abc?page=2",
        "https://files.example/g/abc",
        "https://cdn.files.example/f/abc",
        "https://files.example:8443/f/abc",
        "https://files.example/f/abc#!2",
        "ftp://files.example/f/abc",
        "https://tube.example/watch",
        "https://tube.example/watch?v=",
        "https://tube.example/watch?v=Q1&v=Q2",
        "https://nottube.example/watch?v=Q1",
        "https://board.example/t/7?page=2",
    ] {
        assert_eq!(key(text), None, "{text}");
    }
    assert_eq!(rules(RULES).key(&link("https://tube.example/watch?v=Q1"), 0), None, "not in force yet");
}

#[test]
fn keys_are_told_apart_by_rule_and_value() {
    assert_eq!(key("https://files.example/f/abc"), key("https://files.example/d/abc.html"));
    assert_ne!(key("https://files.example/f/abc"), key("https://files.example/f/Abc"));
    let rules = rules(RULES).indexed();
    assert!(rules.may_know("m.tube.example") && rules.may_know("board.example"));
    assert!(!rules.may_know("other.example") && !rules.may_know("xboard.example"));
}

#[test]
fn a_host_has_its_provider_in_its_time() {
    let named = |host, at_us| rules(RULES).provider(host, at_us).map(|one| one.name.clone());
    assert_eq!(named("cdn.files.example", 0).as_deref(), Some("filehost"));
    assert_eq!(named("files.example", NOW_US).as_deref(), Some("filehost-new"));
    assert_eq!(named("cdn.files.example", NOW_US), None);
}

#[test]
fn a_path_that_would_make_a_host_one_object_is_refused() {
    let path = |text: &str| Pattern::try_from(text.to_owned()).map(|pattern| pattern.as_str().to_owned());
    assert_eq!(path("/f/{id}/*").as_deref(), Ok("/f/{id}/*"));
    assert_eq!(path("f/{id}"), Err(PatternError::Start));
    for wrong in ["/f/{a}{b}", "/f/{", "/f/}", "/f/{}", "/f/{a-b}", "/*/{id}", "/f/{a}*"] {
        assert_eq!(path(wrong), Err(PatternError::Place), "{wrong}");
    }
    for wrong in ["/f", "/", "/f/*"] {
        assert_eq!(path(wrong), Err(PatternError::NoPlace), "{wrong}");
    }
}
