//! The ledger: where it stands, who vouched for it, whether it is whole, and one leaf by its number.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::leaf::Kind;
use meldeverbund_web::{Instant, Texts};
use serde::Deserialize;

use super::{Console, access::Area, audit::known_as, caller::Caller, sign_in::Signed};
use crate::flow::{
    Failure, LedgerState, PublicLeaf, VerificationEnded, VerificationKnown, VerificationOutcome, causes,
    ledger_state, public_leaf,
};

#[derive(Template)]
#[template(path = "ledger.html")]
struct Ledger<'p> {
    t: Texts<'p>,
    form_token: String,
    state: LedgerState,
    known: VerificationKnown,
    /// What was asked for.
    asked: String,
    leaf: Option<PublicLeaf>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    leaf: String,
}

impl Ledger<'_> {
    fn instant(&self, micros: &i64) -> Option<Instant> {
        Instant::from_micros(*micros)
    }

    fn missing(&self) -> String {
        self.t.name("ledger-missing", &self.state.missing.join(", "))
    }

    /// The name of a kind; its number where this version has none for it.
    fn kind(&self, number: &i64) -> String {
        let key = format!("kind-{number}");
        let said = self.t.say(&key);
        if said != key {
            return said;
        }
        let kind = u16::try_from(*number).ok().and_then(Kind::from_number);
        kind.map_or_else(|| number.to_string(), |kind| format!("{kind:?}"))
    }

    /// In one sentence what came of a run.
    fn outcome(&self, ended: &VerificationEnded) -> String {
        match &ended.outcome {
            VerificationOutcome::Read { count: 0, .. } => self.t.say("ledger-whole"),
            VerificationOutcome::Read { count, .. } => {
                self.t.count("ledger-not-whole", i64::try_from(*count).unwrap_or(i64::MAX))
            }
            VerificationOutcome::TooLong => self.t.say("ledger-too-long"),
            VerificationOutcome::Failed => self.t.say("ledger-unread"),
        }
    }

    fn is_whole(&self, ended: &VerificationEnded) -> bool {
        matches!(ended.outcome, VerificationOutcome::Read { count: 0, .. })
    }

    /// What was looked at: leaves, redacted ones, signed batches, checkpoints, cosignatures.
    fn figures(&self, ended: &VerificationEnded) -> Option<[(&'static str, u64); 5]> {
        let VerificationOutcome::Read { verified, .. } = &ended.outcome else { return None };
        Some([
            ("ledger-leaves", verified.leaves),
            ("ledger-redacted", verified.redacted),
            ("ledger-envelopes", verified.envelopes),
            ("ledger-checkpoints", verified.checkpoints),
            ("ledger-cosignatures", verified.cosignatures),
        ])
    }

    fn faults(&self, ended: &VerificationEnded) -> Vec<String> {
        let VerificationOutcome::Read { faults, .. } = &ended.outcome else { return Vec::new() };
        faults.iter().map(ToString::to_string).collect()
    }
}

/// The page; with one leaf, if its number was asked for.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Ledger) {
        return console.no_page(&caller);
    }
    match read(&console, &caller, asked.leaf.trim()).await {
        Ok((state, leaf)) => {
            let t = console.texts(caller.language);
            let (form_token, known) = (caller.id.form_token(), console.0.verifications.known());
            let content = Ledger { t, form_token, state, known, asked: asked.leaf, leaf };
            console.page(&caller, Area::Ledger, &t.say("ledger"), &content)
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "where the ledger stands could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn read(
    console: &Console,
    caller: &Caller,
    leaf: &str,
) -> Result<(LedgerState, Option<PublicLeaf>), Failure> {
    let (hub, agency) = (&console.0.hub, &caller.session.agency);
    let mut still = hub.still().await?;
    let state = ledger_state(hub, &mut still, agency).await?;
    let leaf = match leaf.parse() {
        Ok(index) => public_leaf(&mut still, agency, index).await?,
        Err(_) => None,
    };
    Ok((state, leaf))
}

/// Begins to verify the whole ledger; where somebody else has begun, that run stands.
pub(super) async fn verify(
    State(console): State<Console>,
    caller: Caller,
    Form(signed): Form<Signed>,
) -> Response {
    if !caller.may(Area::Ledger) {
        return console.no_page(&caller);
    }
    if !caller.id.is_form_token(signed.token()) {
        return console.problem_for(&caller, StatusCode::FORBIDDEN, "foreign-form");
    }
    console.0.verifications.begin(&console.0.hub, known_as(&caller.session));
    Redirect::to("/ledger").into_response()
}
