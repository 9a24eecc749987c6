//! A node says up to where it has applied its feed.

use meldeverbund_proto::{
    AgencyId, InstanceId,
    v1::{AcknowledgeRequest, Refusal},
};

use super::{Command, Failure, Lane, admit::caller, once::parse_instance, place::kept};
use crate::store::Tx;

/// Notes up to where a node has applied its feed. Saying less than before changes nothing.
#[derive(Debug)]
pub struct Acknowledge {
    caller: AgencyId,
    instance: InstanceId,
    epoch: u32,
    sequence: u64,
}

impl Acknowledge {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(caller: AgencyId, request: &AcknowledgeRequest) -> Result<Self, Refusal> {
        let AcknowledgeRequest { instance_id, sequence, epoch } = request;
        let instance = parse_instance(instance_id)?;
        Ok(Self { caller, instance, epoch: *epoch, sequence: *sequence })
    }
}

impl Command for Acknowledge {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let row = caller(tx, &self.caller).await?;
        row.agency.admit()?;
        let (newest, no) = (tx.epoch(), row.agency.no);
        let kept = kept(tx.reading(), no, newest, (self.epoch, self.sequence)).await?;
        let sequence = kept.filter(|sequence| *sequence <= row.feed_sequence);
        let sequence =
            sequence.ok_or_else(|| Refusal::invalid("sequence", "lies beyond the end of your feed"))?;
        Ok(tx.acknowledge(row.agency.no, self.instance, sequence).await?)
    }
}
