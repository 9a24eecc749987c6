//! The central office's pages in a real Chromium, against a real hub with a few thousand made-up targets.
//!
//! What is looked at stands in the scripts beside this file; here is the world they look at. `.ci/screenshots` runs the same with
//! `MELDEVERBUND_SCREENSHOTS`, which names the folder for pictures of every page.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "../it/harness.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
mod harness;
mod issuer;
mod process;
mod script;
mod world;

use std::path::PathBuf;

use script::Script;
use world::World;

/// Names the folder for pictures.
const SCREENSHOTS: &str = "MELDEVERBUND_SCREENSHOTS";

#[tokio::test(flavor = "multi_thread")]
async fn the_console_in_a_browser() {
    let world = World::new().await;
    let pictures = std::env::var_os(SCREENSHOTS).map(PathBuf::from);
    let findings = Script::start(&world, pictures.as_deref()).findings(&world).await;
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
    world.end().await;
}
