//! The frame around the console's pages, and what goes wrong.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use meldeverbund_web::{Language, LivePage, NavItem, Page, Problem, Texts};

use super::{Console, access::Area, caller::Caller, language::language, seen};

/// Where a page hears that something has changed.
pub(super) const STREAM: &str = "/live";

/// The places in the navigation, in its order.
const PLACES: [(&str, &str, Area); 12] = [
    ("/", "overview", Area::Overview),
    ("/proceedings", "proceedings", Area::Proceedings),
    ("/targets", "search", Area::Search),
    ("/duplicates", "duplicates", Area::Duplicates),
    ("/ownership", "ownership", Area::Ownership),
    ("/holds", "holds", Area::Holds),
    ("/releases", "releases", Area::Releases),
    ("/notices", "notices-page", Area::Notices),
    ("/figures", "figures", Area::Figures),
    ("/agencies", "agencies", Area::Agencies),
    ("/ledger", "ledger", Area::Ledger),
    ("/audit", "audit", Area::Audit),
];

/// Whatever has no page.
pub(super) async fn not_found(State(console): State<Console>, headers: HeaderMap) -> Response {
    console.problem(language(&headers), StatusCode::NOT_FOUND, "not-found")
}

impl Console {
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
