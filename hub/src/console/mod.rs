//! The central office's pages. Sees [`crate::flow`] alone, like the wire does.
//!
//! A request finds its session (`caller`), the session's roles say what it may see (`access`), a page asks `flow` and shows
//! what came of it inside the frame (`frame`), and before that leaves it is noted who sees which targets (`seen`). What a person
//! decides comes as a form (`acting`); on targets it is one decision (`decision`). Whoever is not signed in sees the sign-in and nothing else.

mod access;
mod acting;
mod agencies;
mod audit;
mod back_channel;
mod caller;
mod chosen;
mod connections;
mod deciding;
mod decision;
mod duplicates;
mod figures;
mod figures_chart;
mod figures_download;
mod frame;
mod holds;
mod judged;
mod judging;
mod language;
mod ledger;
mod live;
mod noted;
mod notices;
mod overview;
mod ownership;
mod pairs;
mod pen;
mod proceeding;
mod proceedings;
mod releases;
mod releasing;
mod rule_reasons;
mod search;
mod seen;
mod sessions;
mod shown;
mod sign_in;
mod target;
mod ticking;

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
use meldeverbund_proto::{AgencyId, note::SigningKey};
use meldeverbund_web::{Catalogue, asset, check_origin, guard};
use tokio_util::sync::CancellationToken;

pub(crate) use connections::serve;
use pen::Pen;

use self::{live::Live, noted::Noted};
use crate::{
    flow::{Hub, SessionLimits, Tally, Verifications, beat},
    serve::{ConsoleSettings, FigureSettings, PublicUrlError},
};

/// Our forms hold a token, a few fields, and at most a page of check boxes; a logout token is the largest that anybody sends.
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
    /// Signs what is decided here.
    pen: Pen,
    verifications: Verifications,
    /// Numbers below this are not published.
    public_threshold: i64,
    tally: Tally,
    live: Live,
    noted: Noted,
}

impl Console {
    /// The pages of this hub. With a statement key they sign what is decided there.
    ///
    /// # Errors
    /// If the public address is none.
    pub(crate) fn new(
        hub: Hub,
        issuers: Arc<Issuers>,
        agency: AgencyId,
        settings: &ConsoleSettings,
        statement_key: Option<SigningKey>,
        figures: &FigureSettings,
    ) -> Result<Self, PublicUrlError> {
        let origin = settings.origin()?;
        let return_to = ReturnAddress::new(format!("{origin}/sign-in/return"));
        let return_to = return_to.expect("an origin and a path are an address");
        let catalogue = Catalogue::new(GERMAN, ENGLISH).expect("a test reads the texts");
        let (limits, pen) = (settings.limits(), Pen::new(statement_key));
        let verifications = Verifications::default();
        let (tally, live, noted) = (Tally::default(), Live::default(), Noted::default());
        Ok(Self(Arc::new(Shared {
            hub,
            issuers,
            agency,
            origin,
            return_to,
            limits,
            catalogue,
            pen,
            verifications,
            tally,
            live,
            noted,
            public_threshold: figures.public_threshold,
        })))
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
            .route("/targets/{id}/decide", get(deciding::page).post(deciding::decide))
            .route("/targets/{id}/names", get(duplicates::names_page))
            .route("/targets", get(search::page).post(search::find))
            .route("/duplicates", get(duplicates::page).post(judging::judge))
            .route("/duplicates/compare", get(judging::compare))
            .route("/duplicates/decisions/{leaf}", get(judged::page).post(judged::take_back))
            .route("/ownership", get(ownership::page))
            .route("/holds", get(holds::page))
            .route("/proceedings", get(proceedings::page))
            .route("/proceedings/{no}", get(proceeding::page).post(releasing::decide))
            .route("/releases", get(releases::page).post(releases::decide))
            .route("/notices", get(notices::page))
            .route("/agencies", get(agencies::page))
            .route("/ledger", get(ledger::page))
            .route("/ledger/verify", post(ledger::verify))
            .route("/audit", get(audit::page).post(audit::search))
            .route("/audit/seen", post(audit::look_at))
            .route("/figures", get(figures::page))
            .route("/figures.csv", get(figures_download::csv))
            .route("/figures.json", get(figures_download::json))
            .route("/figures/public.csv", get(figures_download::published_csv))
            .route("/figures/public.json", get(figures_download::published_json))
            .route("/sessions", get(sessions::page))
            .route("/sessions/end", post(sessions::end_all))
            .route("/sign-in", get(sign_in::page))
            .route("/sign-in/begin", get(sign_in::begin))
            .route("/sign-in/return", get(sign_in::finish))
            .route("/sign-out", post(sign_in::sign_out))
            .route(frame::STREAM, get(live::follow))
            .route("/language/{tag}", get(language::choose))
            .route(BACK_CHANNEL, post(back_channel::log_out))
            .route("/assets/{name}", get(async |request: Request| asset(request.uri().path())))
            .fallback(frame::not_found)
            .layer(from_fn_with_state(self.clone(), seen::note))
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
            let language = language::language(request.headers());
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
        // Of the desk: of refusals, of what was searched, decided, and of holds' reasons.
        let desk = ["refusal-", "search-what-", "search-nothing-", "act-", "hold-reason-"];
        // Of the books: of what is not shown, of searches of the log, of signals, leaves and notices.
        let books = ["not-noted", "audit-wrong-", "signal-", "kind-", "notice-"];
        let figures = ["figure-", "figures-class-", "proceeding-release-"];
        let made = [&made[..], &desk[..], &books[..], &figures[..]].concat();
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
