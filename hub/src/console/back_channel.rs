//! An issuer tells a logout (OpenID Connect Back-Channel Logout 1.0, 2.8).

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::Console;
use crate::flow::{LogOut, causes};

#[derive(Deserialize)]
pub(super) struct Told {
    logout_token: String,
}

/// Ends what the token names. The issuer learns that it was understood, not whether there was a session.
pub(super) async fn log_out(State(console): State<Console>, Form(told): Form<Told>) -> Response {
    let now = console.0.hub.clock().now();
    let logout = match console.0.issuers.verify_logout(&told.logout_token, now).await {
        Ok(logout) => logout,
        Err(refusal) => {
            tracing::warn!(why = refusal.code(), "an issuer's logout was refused");
            let status = if refusal.is_temporary() {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::BAD_REQUEST
            };
            return status.into_response();
        }
    };
    match console.0.hub.run(LogOut(logout)).await {
        Ok(sessions) => {
            tracing::info!(sessions, "an issuer has logged somebody out");
            StatusCode::OK.into_response()
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "a logout could not be written");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
