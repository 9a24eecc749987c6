//! `target list`: what is due at the centre.

use std::{path::Path, process::ExitCode};

use meldeverbund_proto::TargetId;

use super::{Desk, words};
use crate::{
    cli::{offline, output::print},
    flow::{Attention, Concern, attention},
};

pub(super) async fn run(
    config: &Path,
    json: bool,
    after: Option<TargetId>,
    limit: i64,
) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config).await?;
    let page = attention(&mut *desk.store.reader().await?, &desk.views(), &desk.office, after, limit).await;
    desk.store.close().await;
    let page = page.map_err(offline::failed)?;
    let mut text: String = page.targets.iter().map(told).collect();
    match &page.next {
        Some(next) => text.push_str(&format!("There may be more: --after {next}\n")),
        None if page.targets.is_empty() => text.push_str("Nothing is due at the centre.\n"),
        None => {}
    }
    print(json, &page, &text)
}

fn told(attention: &Attention) -> String {
    let concerns = attention.concerns.iter().map(|concern| format!("    {}\n", words(concern)));
    format!("{}  owner {}\n{}", attention.target, attention.owner, concerns.collect::<String>())
}

fn words(concern: &Concern) -> String {
    match concern {
        Concern::Dispute { by, claimed, decide_by_us, escalated } => {
            let state = if *escalated { "overdue since" } else { "to be decided by" };
            format!("disputed by {by}, claimed for {claimed}, {state} {}", words::time(*decide_by_us))
        }
        Concern::LapsedHold { agency, until_us } => {
            format!("hold of {agency}, which is suspended, lapsed {}", words::time(*until_us))
        }
        Concern::Unresolved { intent, since_us, failed } => {
            let state = if *failed { "failed" } else { "in doubt" };
            format!("notice {state}, under way since {} ({intent})", words::time(*since_us))
        }
        Concern::Incidents { count } => format!("{count} notices left without an intent"),
    }
}
