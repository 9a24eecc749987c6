//! Notices: by where they stand and by provider, what is due, what failed.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_domain::life::{NoticeKind, NoticeStanding};
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, caller::Caller};
use crate::{
    clock::now_us,
    flow::{Failure, NoticePage, SoughtNotices, causes, notices},
};

#[derive(Template)]
#[template(path = "notices.html")]
struct Notices<'p> {
    t: Texts<'p>,
    now_us: i64,
    sought: SoughtNotices,
    found: NoticePage,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    provider: String,
    after: Option<String>,
}

impl Notices<'_> {
    fn standings(&self) -> [NoticeStanding; 5] {
        NoticeStanding::ALL
    }

    fn standing(&self, standing: &NoticeStanding) -> String {
        self.t.say(&format!("notice-{}", standing.name()))
    }

    fn kind(&self, kind: &NoticeKind) -> String {
        self.t.say(match kind {
            NoticeKind::First => "notice-kind-first",
            NoticeKind::Reminder => "notice-kind-reminder",
            NoticeKind::Recall => "notice-kind-recall",
            NoticeKind::Incident => "notice-kind-incident",
        })
    }

    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }

    /// Whether somebody has to see to it by now.
    fn is_due(&self, due_us: &i64) -> bool {
        *due_us <= self.now_us
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Notices) {
        return console.no_page(&caller);
    }
    let standing = NoticeStanding::from_name(&asked.state).unwrap_or(NoticeStanding::Failed);
    let sought = SoughtNotices { standing, provider: asked.provider, after: asked.after };
    match read(&console, &caller, &sought).await {
        Ok(found) => {
            let t = console.texts(caller.language);
            let content = Notices { t, now_us: now_us(console.0.hub.clock()), sought, found };
            console.page(&caller, Area::Notices, &t.say("notices-page"), &content)
        }
        // A place that no page named.
        Err(Failure::Refused(_)) => console.no_page(&caller),
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "notices could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn read(console: &Console, caller: &Caller, sought: &SoughtNotices) -> Result<NoticePage, Failure> {
    let hub = &console.0.hub;
    notices(&mut hub.still().await?, &hub.views(), &caller.session.agency, sought).await
}
