//! A write that changes nothing: shows that the hub can write.

use super::{Command, Failure, Lane};
use crate::store::Tx;

/// Takes the head, writes it back and commits.
#[derive(Debug)]
pub struct Probe;

impl Command for Probe {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, _tx: &mut Tx<'_>) -> Result<(), Failure> {
        Ok(())
    }
}
