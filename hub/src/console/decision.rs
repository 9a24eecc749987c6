//! A decision on targets that a form asks for: whoever is signed in takes it for the office, once, and on what was seen.

use meldeverbund_domain::moment;
use meldeverbund_proto::{
    InstanceId, TargetId,
    leaf::statement_digest,
    statement::{BatchStatement, DecisionStatement},
    v1::{DecideRequest, Decided, Refusal, decide_request::Decision},
};

use super::{
    Console,
    acting::{Acting, Sent, Stamp},
};
use crate::flow::{Decide, Failure, OwnProceeding};

/// The console as a sender: it intends no notices, so that it needs no name of its own.
const CONSOLE: InstanceId = InstanceId::from_bytes([0; 16]);

/// A target that is decided on, and how far it had come when whoever decides looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticked {
    pub(super) target: TargetId,
    /// The newest leaf that decided on it.
    pub(super) seen: i64,
}

impl Ticked {
    /// What a check box says; none: no page of ours made it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (target, seen) = text.split_once('.')?;
        Some(Self { target: target.parse().ok()?, seen: seen.parse().ok()? })
    }
}

impl Sent {
    /// The day until which something is to last, microseconds since 1970 UTC; 0: without an end.
    pub(super) fn until_us(&self) -> Result<i64, Refusal> {
        match self.text("until") {
            "" => Ok(0),
            day => moment::parse_us(day).map_err(|_| Refusal::invalid("until", "must be a day")),
        }
    }
}

/// Signs the decision and takes it, with the person noted who stands behind it; of a proceeding's targets only if they are its own
/// still.
///
/// # Errors
/// If it is refused as a whole, or the engine fails.
pub(super) async fn decide(
    console: &Console,
    acting: &Acting,
    ticked: &[Ticked],
    decision: Decision,
    only_in: Option<OwnProceeding>,
) -> Result<Decided, Failure> {
    let (hub, office) = (&console.0.hub, acting.caller.session.agency.clone());
    let Stamp { command, salt } = acting.stamp(console);
    let mut request = DecideRequest {
        command_id: command.to_string(),
        salt: salt.as_bytes().to_vec(),
        instance_id: CONSOLE.to_string(),
        officer: acting.officer(),
        target_ids: ticked.iter().map(|one| one.target.to_string()).collect(),
        dry_run: false,
        signature: None,
        decision: Some(decision),
    };
    let mut statement = Vec::new();
    DecisionStatement { agency: &office, request: &request }.encode(&mut statement);
    let digests = vec![statement_digest(&salt, &statement)];
    request.signature = console.0.pen.sign(&BatchStatement { agency: office.clone(), command, digests });
    let (keys, target_ids) = (hub.statement_keys(), hub.store().target_ids().clone());
    let command = Decide::parse(office, request, keys, target_ids, hub.policies().clone())?;
    let command = command.by(acting.caller.behind());
    let command = command.if_still(ticked.iter().map(|one| one.seen).collect());
    let command = match only_in {
        Some(proceeding) => command.only_in(proceeding),
        None => command,
    };
    hub.run(command).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_box_says_which_target_and_how_far_it_had_come() {
        let id = "018f0000-0000-7000-8000-000000000000";
        let ticked = Ticked::read(&format!("{id}.17")).unwrap();
        assert_eq!((ticked.target.to_string().as_str(), ticked.seen), (id, 17));
        for text in ["", id, "x.1", &format!("{id}."), &format!("{id}.x")] {
            assert_eq!(Ticked::read(text), None, "{text}");
        }
    }
}
