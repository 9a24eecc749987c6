//! Metrics and probes over plain HTTP: `/metrics`, `/livez`, `/readyz`.

use std::{io, net::SocketAddr};

use axum::{Json, Router, http::StatusCode, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, sync::watch, task::AbortHandle};

use super::Readiness;

/// Serves until it is aborted, so that probes are answered while calls are drained; without a recorder (several hubs in
/// one process) there are no metrics.
pub(super) fn serve(
    listener: TcpListener,
    recorder: Option<PrometheusHandle>,
    readiness: watch::Receiver<Readiness>,
) -> io::Result<(SocketAddr, AbortHandle)> {
    let address = listener.local_addr()?;
    let ready = move || {
        let now = readiness.borrow().clone();
        let code = if now.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        async move { (code, Json(now)) }
    };
    let metrics = move || {
        let text = recorder.as_ref().map(PrometheusHandle::render);
        async move { text.ok_or(StatusCode::NOT_FOUND) }
    };
    let router = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    let server = tokio::spawn(axum::serve(listener, router).into_future());
    Ok((address, server.abort_handle()))
}
