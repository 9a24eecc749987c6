//! Somebody is still there.

use meldeverbund_people::SessionDigest;

use super::super::{Command, Failure, Lane};
use crate::store::Tx;

/// Notes that a session is used.
#[derive(Debug)]
pub struct TouchSession(pub SessionDigest);

impl Command for TouchSession {
    /// Whether it is there still.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        Ok(tx.touch_session(self.0.as_bytes()).await?)
    }
}
