//! What can be tried while everything runs.

use std::path::Path;

use crate::stage::{AGENCIES, Stage};

/// Prints the commands, for an officer of the first office; the link is that of the story, if there is one.
pub(crate) fn print(stage: &Stage, folder: &Path, link: Option<&str>) {
    let first = AGENCIES[0];
    let config = folder.join(first).join("node.toml");
    println!("\nThe hub listens on {}. Everything lies in {}.", stage.address(), folder.display());
    println!("To try as an officer of {first} (Ctrl-C here ends it all and removes the folder):\n");
    println!("  export MELDEVERBUND_NODE_CONFIG={}", config.display());
    for verb in ["status", "links", "case list", "watch", "doctor", "inbox"] {
        println!("  cargo run --release --bin meldeverbund-node -- {verb}");
    }
    let Some(link) = link else { return };
    for verb in [
        format!("show '{link}'"),
        format!("explain '{link}'"),
        format!("ledger prove '{link}'"),
        "ledger export /tmp/ledger".to_owned(),
        "ledger verify /tmp/ledger".to_owned(),
        format!("gate assess --link '{link}' --finding unlawful --offence stgb184b --means 'seized phone'"),
        format!("hold place --link '{link}' --reason investigation --authority 'StA Beispielstadt'"),
        "hold list".to_owned(),
    ] {
        println!("  cargo run --release --bin meldeverbund-node -- {verb}");
    }
}
