//! Targets on the command line, or on standard input.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use meldeverbund_proto::TargetId;

/// Bytes of ids on standard input: a quarter of a million targets.
const INPUT_BYTES: u64 = 10 * 1024 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct Ids {
    /// The targets; `-`: from standard input, divided by blanks or lines.
    #[arg(required = true)]
    targets: Vec<String>,
}

impl Ids {
    /// This one target.
    pub(super) fn one(target: String) -> Self {
        Self { targets: vec![target] }
    }

    /// The targets, each once, in their order.
    pub(super) fn read(self) -> anyhow::Result<Vec<String>> {
        let mut targets: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for given in self.targets {
            let text = if given == "-" { input()? } else { given };
            for id in text.split_whitespace() {
                let id: TargetId = id.parse().with_context(|| "a target id".to_owned())?;
                if seen.insert(id) {
                    targets.push(id.to_string());
                }
            }
        }
        anyhow::ensure!(!targets.is_empty(), "no target is given");
        Ok(targets)
    }
}

fn input() -> anyhow::Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().take(INPUT_BYTES + 1).read_to_string(&mut text);
    let read = read.context("cannot read standard input")?;
    anyhow::ensure!(u64::try_from(read)? <= INPUT_BYTES, "standard input has more than {INPUT_BYTES} bytes");
    Ok(text)
}
