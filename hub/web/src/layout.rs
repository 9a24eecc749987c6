//! The frame around every page.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{ICON, LIVE, Language, STYLE, Texts};

/// The frame around every page: who is signed in, where one can go, and what the page says.
#[derive(Template)]
#[template(path = "layout.html")]
pub struct Layout<'p> {
    t: Texts<'p>,
    service: &'p str,
    title: &'p str,
    person: Option<&'p Person>,
    nav: &'p [NavItem],
    warning: Option<&'p str>,
    live: Option<LivePage<'p>>,
    style: &'p str,
    script: &'p str,
    icon: &'p str,
    /// Made by askama, so escaped already.
    content: &'p str,
}

/// What differs from page to page.
#[derive(Debug, Clone)]
pub struct Page<'p> {
    /// The texts.
    pub texts: Texts<'p>,
    /// The service's name.
    pub service: &'p str,
    /// The page's heading.
    pub title: &'p str,
    /// Who is signed in.
    pub person: Option<&'p Person>,
    /// Where one can go.
    pub nav: &'p [NavItem],
    /// What everybody must see, on every page: that this is no real service, or that nothing can be written.
    pub warning: Option<&'p str>,
    /// How the page is kept up to date while it is open; none: it stays as it is.
    pub live: Option<LivePage<'p>>,
}

/// How a page is kept up to date while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LivePage<'p> {
    /// The path of the stream that says when something has changed.
    pub stream: &'p str,
    /// What the stream is told that the page knows already.
    pub seen: &'p str,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's name, or what the issuer calls it.
    pub name: String,
    /// The agency.
    pub agency: String,
    /// Roles in the page's language.
    pub roles: Vec<String>,
    /// What every form carries.
    pub form_token: String,
}

/// A place in the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Its path.
    pub path: &'static str,
    /// Its name.
    pub name: String,
    /// Whether it is this page.
    pub is_here: bool,
}

/// A page that says what went wrong and what helps.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct Problem<'p> {
    /// What went wrong.
    pub what: String,
    /// What helps.
    pub help: String,
    /// Where to go on: path and name.
    pub next: Option<(&'p str, String)>,
}

impl Page<'_> {
    /// The answer with this content inside the frame.
    pub fn respond(&self, status: StatusCode, content: &impl Template) -> Response {
        let rendered = content.render().and_then(|content| {
            let Self { texts: t, service, title, person, nav, warning, live } = *self;
            let (style, script, icon) = (&*STYLE, &*LIVE, &*ICON);
            Layout { t, service, title, person, nav, warning, live, style, script, icon, content: &content }
                .render()
        });
        // A template fails only where a value's own Display does, and ours do not.
        rendered.map_or_else(
            |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            |page| {
                let headers = [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    (header::CONTENT_LANGUAGE, self.texts.language().tag()),
                ];
                (status, headers, page).into_response()
            },
        )
    }
}

impl Layout<'_> {
    fn languages(&self) -> impl Iterator<Item = (Language, bool)> {
        let own = self.t.language();
        Language::ALL.into_iter().map(move |language| (language, language == own))
    }
}
