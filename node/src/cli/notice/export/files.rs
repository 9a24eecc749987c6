//! The files of what the hub agreed to, and the report that they were sent.

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
    /// When they left, microseconds since 1970-01-01T00:00:00Z.
    pub(super) at_us: i64,
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
        let intended = |package: Package| package.intended(|target| intents.taken.get(&target).copied());
        let packages: Vec<Package> = packages.into_iter().filter_map(intended).collect();
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
        let at_us = self.export.at.unwrap_or_else(|| Clock::system().now_us());
        let sent = v1::ReportSent {
            // The node knows the notice under way of each target.
            intent_id: String::new(),
            sent_at_us: at_us,
            reference: String::new(),
        };
        let ids: Vec<String> = intents.taken.keys().map(ToString::to_string).collect();
        let calls: Vec<Call> = ids
            .chunks(TARGETS)
            .map(|chunk| Call {
                key: 0,
                target_ids: chunk.to_vec(),
                decision: Decision::ReportSent(sent.clone()),
            })
            .collect();
        let mut told = Sent { at_us, targets: ids.len() as u64, ..Sent::default() };
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
