//! The few files that pages need, inside the program.

use std::sync::LazyLock;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

const STYLE_TEXT: &str = include_str!("../assets/style.css");

/// Where the style is. Its name holds its digest, so it may stay in browsers for ever and is never an old one.
pub static STYLE: LazyLock<String> = LazyLock::new(|| named("style", "css", STYLE_TEXT));

/// The file at this path; not found for any other.
pub fn asset(path: &str) -> Response {
    if path != *STYLE {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, STYLE_TEXT).into_response()
}

fn named(name: &str, extension: &str, text: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..8]);
    format!("/assets/{name}-{digest}.{extension}")
}
