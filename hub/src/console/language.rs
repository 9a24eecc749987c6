//! The language of a page: chosen by the person, or preferred by the browser.

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT_LANGUAGE, REFERER, SET_COOKIE},
    },
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_people::LocalPath;
use meldeverbund_web::{Cookie, Language, cookie};

use super::Console;

/// The language that the person chose.
const LANGUAGE: Cookie = Cookie("language");

/// What answers at these addresses is no page that one can go back to.
const ANSWERS: [&str; 5] = ["/sign-in/return", "/sign-out", "/sessions/end", "/ledger/verify", "/audit/seen"];

/// The language of a request: chosen, or preferred by the browser.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE).and_then(Language::from_tag);
    chosen.unwrap_or_else(|| {
        let accept = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(accept.unwrap_or_default())
    })
}

/// Notes the language that a person chooses, and leads back to the page on which that was done.
pub(super) async fn choose(
    State(console): State<Console>,
    Path(tag): Path<String>,
    headers: HeaderMap,
) -> Response {
    match Language::from_tag(&tag) {
        Some(language) => {
            let back = Redirect::to(console.came_from(&headers).as_str());
            ([(SET_COOKIE, LANGUAGE.set(language.tag(), None))], back).into_response()
        }
        None => console.problem(Language::default(), StatusCode::NOT_FOUND, "not-found"),
    }
}

impl Console {
    /// The page of ours from which a browser comes: what our answers bid it say (`Referrer-Policy: same-origin`). The first
    /// page where it says nothing, or comes from elsewhere.
    fn came_from(&self, headers: &HeaderMap) -> LocalPath {
        let from = headers.get(REFERER).and_then(|value| value.to_str().ok());
        let path = from.and_then(|from| from.strip_prefix(&self.0.origin)).and_then(LocalPath::new);
        let path =
            path.filter(|path| !ANSWERS.contains(&path.as_str().split('?').next().unwrap_or_default()));
        path.unwrap_or_else(LocalPath::root)
    }
}
