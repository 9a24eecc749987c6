//! The lease under which a set is made: whoever loses it writes nothing more.

use std::time::Duration;

use tokio::time::Instant;

use crate::flow::{Command, Failure, Hub, LeasedJob, Probe, Turn};

/// How often a long computation says that it goes on: well within the lease's term.
const KEEP_EVERY: Duration = Duration::from_secs(15);

/// A turn at the job that is going on.
#[derive(Debug)]
pub(super) struct Holding<'h> {
    hub: &'h Hub,
    fence: i64,
    said: Instant,
}

impl<'h> Holding<'h> {
    /// Takes the job; none: another hub does it.
    pub(super) async fn take(hub: &'h Hub) -> Result<Option<Self>, Failure> {
        match hub.run(hub.leases().turn(LeasedJob::Blind, Probe)).await? {
            Turn::Mine((), fence) => Ok(Some(Self { hub, fence, said: Instant::now() })),
            Turn::Others => Ok(None),
        }
    }

    /// The hub.
    pub(super) fn hub(&self) -> &'h Hub {
        self.hub
    }

    /// Runs a command as long as the job has not passed on; none: it has.
    pub(super) async fn run<C: Command>(&mut self, command: C) -> Result<Option<C::Verdict>, Failure> {
        let turn = self.hub.leases().turn(LeasedJob::Blind, command).under(Some(self.fence));
        match self.hub.run(turn).await? {
            Turn::Mine(verdict, _) => {
                self.said = Instant::now();
                Ok(Some(verdict))
            }
            Turn::Others => Ok(None),
        }
    }

    /// Says that the job goes on, if it is time to; false: it has passed on.
    pub(super) async fn keep(&mut self) -> Result<bool, Failure> {
        Ok(self.said.elapsed() < KEEP_EVERY || self.run(Probe).await?.is_some())
    }

    /// Gives the job back.
    pub(super) async fn give_back(self) {
        // Whoever comes next waits for the term's end if this fails.
        let _ = self.hub.run(self.hub.leases().give_back(LeasedJob::Blind)).await;
    }
}
