//! What the hub must have written down of a step of a disclosure, and whether its receipt proves it.
//!
//! An office follows the ledger, so the receipt of its answer or restriction is kept and joined to a published tree as that of a
//! decision is. A liaison body does not; the receipt of its request is kept with the command.

use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Kind, Salt, statement_digest},
    statement::{DisclosureStatement, DisclosureStep, content_digest},
    v1::Receipt,
};

use crate::{
    store::{StoreError, Subject, Tx, Write},
    sync::Disclosures,
    witness::{Promise, WitnessNow},
};

/// A step as this node has sent it.
pub(super) struct Step<'s> {
    /// What is done.
    pub(super) what: DisclosureStep,
    /// To which disclosure.
    pub(super) disclosure: &'s str,
    /// By which command.
    pub(super) command: &'s str,
    /// The salt of its leaf.
    pub(super) salt: &'s [u8],
    /// Issuer of the officer's token, where the hub asks for one, and the officer.
    pub(super) by: (String, String),
    /// The request without its salt.
    pub(super) body: Vec<u8>,
}

/// What the hub says of its leaf.
pub(super) struct Recorded {
    pub(super) leaf_index: u64,
    pub(super) recorded_at_us: i64,
    pub(super) receipt: Option<Receipt>,
}

impl<'s> Step<'s> {
    /// A step of the office that is asked: the hub records it in the name that the message says, and asks for no issuer.
    pub(super) fn of_office(
        what: DisclosureStep,
        (disclosure, command): (&'s str, &'s str),
        salt: &'s [u8],
        officer: &str,
        body: Vec<u8>,
    ) -> Self {
        Self { what, disclosure, command, salt, by: (String::new(), officer.to_owned()), body }
    }

    /// What the hub promises by answering: a leaf that this node can write down itself.
    pub(super) fn promise(self, agency: &AgencyId, recorded: Recorded) -> Option<Promise> {
        let Self { what, disclosure, command, salt, by: (issuer, officer), body } = self;
        let (disclosure, command) =
            (disclosure.parse::<CommandId>().ok()?, command.parse::<CommandId>().ok()?);
        let salt = Salt::from_slice(salt)?;
        let mut bytes = Vec::new();
        DisclosureStatement {
            agency: agency.to_string(),
            disclosure: *disclosure.as_bytes(),
            issuer,
            officer,
            step: what,
            command: *command.as_bytes(),
            content: content_digest(&salt, &body),
        }
        .encode(&mut bytes);
        let subject = match what {
            DisclosureStep::Asked => Subject::Request,
            DisclosureStep::Answered | DisclosureStep::Restricted => Subject::Answer,
        };
        Some(Promise {
            subject,
            command,
            kind: Kind::Disclosure,
            recorded_us: recorded.recorded_at_us,
            first_leaf: recorded.leaf_index,
            statements: vec![statement_digest(&salt, &bytes)],
            receipt: recorded.receipt,
        })
    }
}

/// Keeps what was answered to a step, and that it was, and raises an alarm if the hub has promised nothing, or what it promised is not
/// so. The answer counts all the same.
pub(super) struct Keep {
    /// The disclosure as it is now, where the answer tells it.
    pub(super) told: Option<Disclosures>,
    /// The command's row.
    pub(super) command: i64,
    /// What is promised; none: the token does not say in which name the hub records it.
    pub(super) promise: Option<Promise>,
    pub(super) witness: WitnessNow,
}

impl Write for Keep {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.liaison_command_answered(self.command, self.witness.now_us).await?;
        if let Some(told) = &self.told {
            told.run(tx).await?;
        }
        let Some(promise) = &self.promise else { return Ok(()) };
        if let (Subject::Request, Some(receipt)) = (promise.subject, &promise.receipt) {
            tx.keep_request_receipt(self.command, receipt).await?;
        }
        let keys = self.witness.known_keys(tx).await?;
        promise.keep(tx, &keys, self.witness.now_us).await
    }
}
