//! The ledger's files over HTTP, on the connection that carries the calls: `GET /ledger/…`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use meldeverbund_certs::Peer;
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Rates, status::refusal};
use crate::flow::{Failure, File, Hub, admit, ledger_file};

/// Serves the files.
#[derive(Debug, Clone)]
pub struct Files {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
}

impl Files {
    /// The routes, to be served beside the calls.
    pub fn routes(self) -> Router {
        Router::new().route("/ledger/{*path}", get(file)).with_state(self)
    }
}

async fn file(
    State(files): State<Files>,
    peer: Option<Extension<Arc<Peer>>>,
    Path(path): Path<String>,
) -> Response {
    let found = match peer {
        Some(Extension(peer)) => files.read(&peer, &path).await,
        None => Err(Refusal::of(RefusalCode::AgencyUnknown, "the connection carries no certificate").into()),
    };
    match found {
        Ok(Some(File::Text(text))) => typed("text/plain; charset=utf-8", text),
        Ok(Some(File::Bytes(bytes))) => typed("application/octet-stream", bytes),
        Ok(Some(File::Json(json))) => typed("application/json", json),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => failed(&refusal(failure)),
    }
}

impl Files {
    async fn read(&self, peer: &Peer, path: &str) -> Result<Option<File>, Failure> {
        self.rates.count(&peer.agency)?;
        let mut reader = self.hub.reader().await?;
        let agency = admit(&mut reader, &peer.agency).await?.agency;
        agency.may_refer()?;
        Ok(ledger_file(&mut reader, &agency, path).await?)
    }
}

fn typed(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind)], body).into_response()
}

fn failed(refusal: &Refusal) -> Response {
    let status = match refusal.code() {
        RefusalCode::AgencyUnknown | RefusalCode::AgencySuspended | RefusalCode::NotPermitted => {
            StatusCode::FORBIDDEN
        }
        RefusalCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let reason = refusal.reason.clone();
    if refusal.retry_after_ms == 0 {
        return (status, reason).into_response();
    }
    let seconds = refusal.retry_after_ms.div_ceil(1_000).to_string();
    (status, [(RETRY_AFTER, seconds)], reason).into_response()
}
