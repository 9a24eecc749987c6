//! The few files that pages need, inside the program.

use std::sync::LazyLock;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

const STYLE_TEXT: &str = include_str!("../assets/style.css");
const LIVE_TEXT: &str = include_str!("../assets/live.js");

const ICON_TEXT: &str = include_str!("../assets/icon.svg");

/// Where the style is. Its name holds its digest, so it may stay in browsers for ever and is never an old one.
pub static STYLE: LazyLock<String> = LazyLock::new(|| named("style", "css", STYLE_TEXT));

/// Where the script is that keeps an open page up to date; named like the style.
pub static LIVE: LazyLock<String> = LazyLock::new(|| named("live", "js", LIVE_TEXT));

/// Where the icon is; browsers ask for one, and note an error where there is none.
pub static ICON: LazyLock<String> = LazyLock::new(|| named("icon", "svg", ICON_TEXT));

/// The file at this path; not found for any other.
pub fn asset(path: &str) -> Response {
    let (content_type, text) = match path {
        path if path == *STYLE => ("text/css; charset=utf-8", STYLE_TEXT),
        path if path == *LIVE => ("text/javascript; charset=utf-8", LIVE_TEXT),
        path if path == *ICON => ("image/svg+xml", ICON_TEXT),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text).into_response()
}

fn named(name: &str, extension: &str, text: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..8]);
    format!("/assets/{name}-{digest}.{extension}")
}
