//! A page as a browser gets it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use askama::Template;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{Response, StatusCode, header},
    middleware::from_fn,
    routing::get,
};
use meldeverbund_web::{
    Catalogue, LIVE, Language, LivePage, NavItem, POLICY, Page, Person, Problem, STYLE, asset, guard,
};
use tower::ServiceExt as _;

const EVIL: &str = "<script>alert('x')</script>\"><b>";

fn problem() -> Problem<'static> {
    Problem { what: EVIL.to_owned(), help: "…".to_owned(), next: Some(("/", "Übersicht".to_owned())) }
}

async fn page(language: Language) -> String {
    page_that_is(None, language).await
}

async fn page_that_is(live: Option<LivePage<'_>>, language: Language) -> String {
    let catalogue = Catalogue::new("", "").unwrap();
    let person = Person {
        name: EVIL.into(),
        agency: "de-bka".into(),
        roles: vec!["Leitung".into(), "Prüfung".into()],
        form_token: "token".into(),
    };
    let nav = [
        NavItem { path: "/", name: "Übersicht".into(), is_here: true },
        NavItem { path: "/search", name: "Suche".into(), is_here: false },
    ];
    let page = Page {
        texts: catalogue.texts(language),
        service: "Meldeverbund",
        title: EVIL,
        person: Some(&person),
        nav: &nav,
        warning: Some(EVIL),
        live,
    };
    text(page.respond(StatusCode::OK, &problem())).await
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn whatever_a_text_holds_it_stays_text() {
    let page = page(Language::German).await;
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    assert_eq!(page.matches("&#60;script&#62;").count(), 4 + 1, "title, heading, warning, name, problem");
}

#[tokio::test]
async fn a_page_says_its_language_and_offers_the_other() {
    let german = page(Language::German).await;
    assert!(german.contains("<html lang=\"de\">") && german.contains("Abmelden"));
    assert!(german.contains("href=\"/language/en\"") && !german.contains("href=\"/language/de\""));
    let english = page(Language::English).await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("Sign out"));
}

/// Nothing inline, nothing from elsewhere: else the policy would break the page.
#[tokio::test]
async fn a_page_keeps_its_own_policy() {
    let page = page(Language::German).await;
    for inline in ["style=", "<style", " onclick", " onload", "javascript:", "http://", "https://", "<script"]
    {
        assert!(!page.contains(inline), "{inline}");
    }
    assert!(page.contains(&format!("href=\"{}\"", *STYLE)));
    assert_eq!(page.matches("<form method=\"post\"").count(), page.matches("name=\"form_token\"").count());
    assert!(page.contains("aria-current=\"page\"") && page.contains("class=\"skip\" href=\"#main\""));
}

/// The one script is a file of our own, and only where something is to be kept up to date.
#[tokio::test]
async fn a_live_page_names_its_stream() {
    let live = LivePage { stream: "/live", seen: "1-7" };
    let page = page_that_is(Some(live), Language::German).await;
    assert!(page.contains("<body data-live=\"/live\" data-seen=\"1-7\">"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains(&format!("<script src=\"{}\" defer></script>", *LIVE)));
    assert_eq!(page.matches(" hidden>").count(), 2, "nobody is told anything before it happens");
}

/// Sinks that trusted types forbid, and what an attribute or a text could become a script by.
#[test]
fn the_script_makes_no_markup_from_text() {
    let script = include_str!("../assets/live.js");
    for sink in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "parseFromString",
        "document.write",
        "eval(",
        "Function(",
    ] {
        assert!(!script.contains(sink), "{sink}");
    }
    assert!(!script.contains("http://") && !script.contains("https://") && !script.contains("import"));
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let app = Router::new()
        .route("/", get(async || "page"))
        .route("/assets/{name}", get(async |request: Request| asset(request.uri().path())))
        .layer(from_fn(guard));
    let ask = async |path: &str| {
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    };
    for (path, status) in [("/", 200), ("/missing", 404), ("/assets/style-0.css", 404)] {
        let answer = ask(path).await;
        assert_eq!(answer.status(), status);
        let headers = answer.headers();
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], POLICY);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
    assert!(!POLICY.contains("unsafe") && !POLICY.contains('*') && POLICY.starts_with("default-src 'none'"));
    let style = ask(&STYLE).await;
    assert_eq!(style.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(style.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
    let script = ask(&LIVE).await;
    assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    let text = text(style).await;
    assert!(text.contains("prefers-color-scheme: dark") && text.contains("@media print"));
    assert!(!text.contains("url(") && !text.contains("@import"), "nothing from elsewhere");
}

/// A text that a template asks for exists. (That both languages have it is the catalogue's own check.)
#[test]
fn every_text_that_a_template_asks_for_exists() {
    let catalogue = Catalogue::new("", "").unwrap();
    let keys: Vec<_> = catalogue.keys().collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut asked = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let template = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for part in template.split("t.say(\"").skip(1) {
            let key = part.split('"').next().unwrap();
            assert!(keys.contains(&key), "{key}");
            asked += 1;
        }
    }
    assert!(asked >= 5);
    assert!(problem().render().unwrap().contains("role=\"alert\""));
}
