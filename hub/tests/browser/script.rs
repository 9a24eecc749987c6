//! The scripts beside this file, run by Node.js: they drive the browser, say what they find, and ask for things to happen.

use std::{path::Path, process::Command, time::Duration};

use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::{issuer::ORIGIN, process::Process, world::World};

/// They take about a minute; on a machine with much else to do, several.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The libraries that `.ci/browser` installs.
const LIBRARIES: &str = "../target/browser";

pub(crate) struct Script(Process);

/// A line that they write.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Something is wrong.
    Finding(String),
    /// How far they are.
    Note(String),
    /// Something is to happen, and they wait until it has.
    Happens { what: String, target: usize },
}

impl Script {
    pub(crate) fn start(world: &World, pictures: Option<&Path>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = root.join(LIBRARIES);
        assert!(
            home.join("node_modules").is_dir(),
            "the browser's libraries are not installed: run .ci/browser"
        );
        let config = json!({
            "home": home,
            "origin": ORIGIN,
            "address": world.federation.server.console_address().unwrap().to_string(),
            "certificate": world.federation.config.tls.certificate,
            "targets": world.targets[..20],
            "pictures": pictures,
        });
        let mut command = Command::new("node");
        Self(Process::start(command.arg(root.join("tests/browser/run.mjs")).arg(config.to_string())))
    }

    /// What they find; empty: all is well.
    pub(crate) async fn findings(mut self, world: &World) -> Vec<String> {
        let mut findings = Vec::new();
        let followed = async {
            while let Some(line) = self.0.line().await {
                match serde_json::from_str(&line).unwrap() {
                    Line::Finding(finding) => findings.push(finding),
                    Line::Note(note) => println!("{note}"),
                    Line::Happens { what, target } => {
                        world.happens(&what, target).await;
                        self.0.say("done");
                    }
                }
            }
            self.0.status()
        };
        let ended = timeout(PATIENCE, followed).await;
        match ended {
            Ok(status) if status.success() => {}
            Ok(status) => findings.push(format!("the scripts ended with {status}")),
            Err(_) => findings.push("the scripts did not end in time".to_owned()),
        }
        findings
    }
}
