//! The central office's pages. Sees [`crate::flow`] alone, like the wire does.
//!
//! A request finds its session (`caller`), the session's roles say what it may see (`access`), a page asks `flow` and shows
//! what came of it inside the frame (`frame`). Whoever is not signed in sees the sign-in and nothing else.

mod access;
mod back_channel;
mod caller;
mod connections;
mod frame;
mod live;
mod overview;
mod sessions;
mod sign_in;
mod target;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use meldeverbund_people::{Issuers, ReturnAddress};
use meldeverbund_proto::AgencyId;
use meldeverbund_web::{Catalogue, asset, check_origin, guard};
use tokio_util::sync::CancellationToken;

pub(crate) use connections::serve;

use self::live::Live;
use crate::{
    flow::{Hub, SessionLimits, Tally, beat},
    serve::{ConsoleSettings, PublicUrlError},
};

/// Our forms hold a token and a few fields; a logout token is the largest that anybody sends.
const BODY_BYTES: usize = 32 * 1024;

/// Where issuers tell their logouts; the one address that no page of ours sends to.
const BACK_CHANNEL: &str = "/logout/back-channel";

const GERMAN: &str = include_str!("../../texts/console.de.ftl");
const ENGLISH: &str = include_str!("../../texts/console.en.ftl");

/// What the pages share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Console(Arc<Shared>);

pub(crate) struct Shared {
    hub: Hub,
    issuers: Arc<Issuers>,
    /// The central office: its people alone use these pages.
    agency: AgencyId,
    /// Scheme, host and port, as browsers know this service.
    origin: String,
    return_to: ReturnAddress,
    limits: SessionLimits,
    catalogue: Catalogue,
    tally: Tally,
    live: Live,
}

impl Console {
    /// The pages of this hub.
    ///
    /// # Errors
    /// If the public address is none.
    pub(crate) fn new(
        hub: Hub,
        issuers: Arc<Issuers>,
        agency: AgencyId,
        settings: &ConsoleSettings,
    ) -> Result<Self, PublicUrlError> {
        let origin = settings.origin()?;
        let return_to = ReturnAddress::new(format!("{origin}/sign-in/return"));
        let return_to = return_to.expect("an origin and a path are an address");
        let catalogue = Catalogue::new(GERMAN, ENGLISH).expect("a test reads the texts");
        let limits = settings.limits();
        let (tally, live) = (Tally::default(), Live::default());
        let shared = Shared { hub, issuers, agency, origin, return_to, limits, catalogue, tally, live };
        Ok(Self(Arc::new(shared)))
    }

    /// Follows the ledger for the pages that are open, until `stop`; then their streams end.
    pub(crate) async fn follow(self, stop: CancellationToken) {
        beat(self.0.hub.clone(), self.0.live.pulse(), stop).await;
        self.0.live.end();
    }

    /// Every page.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/", get(overview::page))
            .route("/targets/{id}", get(target::page))
            .route("/targets", get(target::find))
            .route("/sessions", get(sessions::page))
            .route("/sessions/end", post(sessions::end_all))
            .route("/sign-in", get(sign_in::page))
            .route("/sign-in/begin", get(sign_in::begin))
            .route("/sign-in/return", get(sign_in::finish))
            .route("/sign-out", post(sign_in::sign_out))
            .route(frame::STREAM, get(live::follow))
            .route("/language/{tag}", get(frame::choose_language))
            .route(BACK_CHANNEL, post(back_channel::log_out))
            .route("/assets/{name}", get(async |request: Request| asset(request.uri().path())))
            .fallback(frame::not_found)
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .layer(from_fn_with_state(self.clone(), own_forms))
            .layer(from_fn(guard))
            .with_state(self)
    }
}

/// Refuses what another site's page sends. Issuers are no pages: what they send is signed.
async fn own_forms(State(console): State<Console>, request: Request, next: Next) -> Response {
    let is_signed = request.uri().path() == BACK_CHANNEL;
    match check_origin(request.method(), request.headers(), &console.0.origin) {
        Err(_) if !is_signed => {
            let language = frame::language(request.headers());
            console.problem(language, StatusCode::FORBIDDEN, "foreign-form").into_response()
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use meldeverbund_web::Language;

    use super::*;

    /// A text that a page asks for exists in both languages, and each text is asked for.
    #[test]
    fn pages_and_texts_fit() {
        let catalogue = Catalogue::new(GERMAN, ENGLISH).unwrap();
        let keys: Vec<_> = catalogue.keys().collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["templates", "src/console", "web/templates"];
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
        let sources: String =
            files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        for call in ["t.say(\"", "t.name(\"", "t.count(\""] {
            for part in sources.split(call).skip(1) {
                let key = part.split('"').next().unwrap();
                assert!(key.contains('{') || keys.contains(&key), "{key}");
            }
        }
        // Made from names: of roles, stages, bases, and of what went wrong.
        let made = ["role-", "stage-", "basis-", "responsibility-", "failed", "foreign-form", "not-found"];
        for key in &keys {
            let asked = sources.contains(&format!("\"{}\"", key.trim_end_matches("-help")));
            assert!(asked || made.iter().any(|made| key.starts_with(made)), "nobody asks for {key}");
        }
    }

    /// Whatever the wire may say has a word.
    #[test]
    fn every_stage_basis_and_responsibility_has_a_word() {
        use meldeverbund_proto::v1::{OwnerBasis, Responsibility, Stage};
        let catalogue = Catalogue::new(GERMAN, ENGLISH).unwrap();
        let stages =
            (1..).map_while(|n| Stage::try_from(n).ok()).map(|n| ("stage", "STAGE_", n.as_str_name()));
        let bases = (1..).map_while(|n| OwnerBasis::try_from(n).ok());
        let bases = bases.map(|n| ("basis", "OWNER_BASIS_", n.as_str_name()));
        let firm = (1..).map_while(|n| Responsibility::try_from(n).ok());
        let firm = firm.map(|n| ("responsibility", "RESPONSIBILITY_", n.as_str_name()));
        let named: Vec<_> = stages.chain(bases).chain(firm).collect();
        assert!(named.len() >= 17);
        for (kind, prefix, name) in named {
            let key = format!("{kind}-{}", target::word(name, prefix));
            for language in Language::ALL {
                assert_ne!(catalogue.texts(language).say(&key), key);
            }
        }
    }
}
