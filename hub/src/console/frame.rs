//! The frame around the console's pages, its language, and what goes wrong.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT_LANGUAGE, REFERER, SET_COOKIE},
    },
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_people::LocalPath;
use meldeverbund_web::{Cookie, Language, LivePage, NavItem, Page, Problem, Texts, cookie};

use super::{Console, access::Area, caller::Caller, seen};

/// The language that the person chose.
const LANGUAGE: Cookie = Cookie("language");

/// Where a page hears that something has changed.
pub(super) const STREAM: &str = "/live";

/// What answers at these addresses is no page that one can go back to.
const ANSWERS: [&str; 5] = ["/sign-in/return", "/sign-out", "/sessions/end", "/ledger/verify", "/audit/seen"];

/// The places in the navigation, in its order.
const PLACES: [(&str, &str, Area); 11] = [
    ("/", "overview", Area::Overview),
    ("/proceedings", "proceedings", Area::Proceedings),
    ("/targets", "search", Area::Search),
    ("/duplicates", "duplicates", Area::Duplicates),
    ("/ownership", "ownership", Area::Ownership),
    ("/holds", "holds", Area::Holds),
    ("/notices", "notices-page", Area::Notices),
    ("/figures", "figures", Area::Figures),
    ("/agencies", "agencies", Area::Agencies),
    ("/ledger", "ledger", Area::Ledger),
    ("/audit", "audit", Area::Audit),
];

/// The language of a request: chosen, or preferred by the browser.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE).and_then(Language::from_tag);
    chosen.unwrap_or_else(|| {
        let accept = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(accept.unwrap_or_default())
    })
}

/// Notes the language that a person chooses, and leads back to the page on which that was done.
pub(super) async fn choose_language(
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

/// Whatever has no page.
pub(super) async fn not_found(State(console): State<Console>, headers: HeaderMap) -> Response {
    console.problem(language(&headers), StatusCode::NOT_FOUND, "not-found")
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

    pub(super) fn texts(&self, language: Language) -> Texts<'_> {
        self.0.catalogue.texts(language)
    }

    /// A page for a person who is signed in, or the answer that there is none for these roles.
    pub(super) fn page(&self, caller: &Caller, area: Area, title: &str, content: &impl Template) -> Response {
        if !caller.may(area) {
            return self.no_page(caller);
        }
        self.framed(caller, Some(area), StatusCode::OK, title, content)
    }

    /// There is no such page, or not for these roles: nobody learns which.
    pub(super) fn no_page(&self, caller: &Caller) -> Response {
        self.problem_for(caller, StatusCode::NOT_FOUND, "not-found")
    }

    /// What went wrong, for a person who is signed in.
    pub(super) fn problem_for(&self, caller: &Caller, status: StatusCode, what: &str) -> Response {
        let texts = self.texts(caller.language);
        self.framed(caller, None, status, &texts.say("console"), &problem(texts, what))
    }

    /// What went wrong, for whoever it is.
    pub(super) fn problem(&self, language: Language, status: StatusCode, what: &str) -> Response {
        let texts = self.texts(language);
        self.open_page(language, status, &texts.say("console"), &problem(texts, what))
    }

    /// A page that everybody may see.
    pub(super) fn open_page(
        &self,
        language: Language,
        status: StatusCode,
        title: &str,
        content: &impl Template,
    ) -> Response {
        let texts = self.texts(language);
        let service = texts.say("service");
        let page =
            Page { texts, service: &service, title, person: None, nav: &[], warning: None, live: None };
        page.respond(status, content)
    }

    /// A page for a person who may see it, with what became of what was asked; of no area if it only says what went wrong.
    pub(super) fn framed(
        &self,
        caller: &Caller,
        area: Option<Area>,
        status: StatusCode,
        title: &str,
        content: &impl Template,
    ) -> Response {
        let texts = self.texts(caller.language);
        let places = PLACES.into_iter().filter(|(.., area)| caller.may(*area));
        let nav = places.map(|(path, name, _)| {
            let name = texts.say(name);
            NavItem { path, is_here: name == title, name }
        });
        let (nav, person, service): (Vec<_>, _, _) =
            (nav.collect(), caller.person(self), texts.say("service"));
        let live = caller.at.filter(|_| status == StatusCode::OK).map(|at| at.to_string());
        let live = live.as_deref().map(|seen| LivePage { stream: STREAM, seen });
        let page =
            Page { texts, service: &service, title, person: Some(&person), nav: &nav, warning: None, live };
        seen::by(caller, area, page.respond(status, content))
    }
}

fn problem(texts: Texts<'_>, what: &str) -> Problem<'static> {
    Problem {
        what: texts.say(what),
        help: texts.say(&format!("{what}-help")),
        next: Some(("/", texts.say("to-overview"))),
    }
}
