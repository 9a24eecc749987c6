//! The files of what the hub agreed to, and the report that they were sent.

use std::collections::HashSet;

use futures::StreamExt as _;
use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use super::{Work, intents::Intents, report::Report};
use crate::{
    cli::{Exit, error::CliError},
    client::bulk::{self, Call, TARGETS},
    clock::Clock,
    notice::{Package, write},
};

/// What became of the report that the notices were sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) targets: u64,
    pub(super) taken: u64,
    pub(super) failed: Option<CliError>,
}

impl Work<'_> {
    /// Writes the files, reports them sent if that was asked for, and tells the officer.
    pub(super) async fn finish(
        &mut self,
        packages: Vec<Package>,
        intents: Intents,
        mut report: Report,
    ) -> Result<Exit, CliError> {
        let packages = packages.into_iter().enumerate().filter_map(|(key, package)| {
            package.intended(|target| {
                intents.taken.get(&target).filter(|(of, _)| *of == key).map(|(_, intent)| *intent)
            })
        });
        let packages: Vec<Package> = packages.collect();
        if !packages.is_empty() {
            let written = write(&packages, &self.export.out);
            let written = written.map_err(|error| CliError::Stranded {
                error,
                targets: intents.taken.len() as u64,
                selection: self.export.selection.words(),
            })?;
            report.add_written(&packages, &written);
            if self.export.sent {
                report.sent = Some(self.report_sent(&intents).await);
            }
        }
        report.show(self.context)
    }

    async fn report_sent(&self, intents: &Intents) -> Sent {
        let sent = v1::ReportSent {
            // The node knows the notice under way of each target.
            intent_id: String::new(),
            sent_at_us: self.export.at.unwrap_or_else(|| Clock::system().now_us()),
            reference: String::new(),
        };
        let ids: HashSet<String> = intents.taken.keys().map(ToString::to_string).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let calls: Vec<Call> = ids
            .chunks(TARGETS)
            .map(|chunk| Call {
                key: 0,
                target_ids: chunk.to_vec(),
                decision: Decision::ReportSent(sent.clone()),
            })
            .collect();
        let mut told = Sent { targets: ids.len() as u64, ..Sent::default() };
        let mut answers = Box::pin(bulk::decide_all(&self.desk, calls, false, &self.export.officer));
        while let Some(called) = answers.next().await {
            match called.outcome {
                Ok(done) => told.taken += done.decision.map_or(0, |row| row.taken),
                Err(status) => told.failed = Some(status.into()),
            }
        }
        told
    }
}
