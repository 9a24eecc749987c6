//! From the wire to a command, before the lock: all that needs no facts.

use std::{ops::Range, sync::Mutex};

use meldeverbund_domain::{
    liaison::{HashKey, Visibility},
    life::Origin,
};
use meldeverbund_proto::{
    AgencyId, CaseNumber, LinkId,
    check::check_referral,
    leaf::{Digest, Salt, batch_digest, statement_digest},
    limits::REFERRALS_PER_SUBMISSION,
    statement::{BatchStatement, ReferralStatement},
    text::TextError,
    v1::{Refusal, RefusalCode, SubmitRequest},
};

use super::Submit;
use crate::{
    flow::{Policies, StatementKeys, once, signed::Signed, states::origin_of},
    store::TargetIds,
};

/// Ordinary bytes of one statement; only a guess, to grow the buffer once.
const STATEMENT_BYTES: usize = 160;

/// One referral of a batch.
#[derive(Debug)]
pub(super) enum Item {
    /// Ready to be decided.
    Prepared(Prepared),
    /// Breaks the rule of a field; that is its verdict.
    Refused(Refusal),
}

/// A referral that is ready to be decided.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The canonical link's id.
    pub(super) link: LinkId,
    /// The salt of its leaf.
    pub(super) salt: Salt,
    /// Where its statement stands in the batch's buffer.
    pub(super) statement: Range<usize>,
    /// The statement's salted digest.
    pub(super) statement_digest: Digest,
    /// What the ownership rules look at, if they may look at all.
    pub(super) origin: Option<Box<Origin>>,
    /// A host rule may speak of it.
    pub(super) asks_rules: bool,
    /// Somebody has notified the provider outside this system.
    pub(super) elsewhere: bool,
    /// Abuse is going on.
    pub(super) urgent: bool,
    /// What liaison may be told of it.
    pub(super) visibility: Visibility,
    /// The content hashes that it carries.
    pub(super) hashes: Vec<HashKey>,
}

impl Submit {
    /// Reads a request. A referral that breaks a rule is refused by itself; what concerns the whole batch (ids, case
    /// number, salts, size) refuses it as a whole. `keys` verify its signature.
    ///
    /// # Errors
    /// The field for which the whole batch is refused.
    pub fn parse(
        caller: AgencyId,
        request: &SubmitRequest,
        keys: &StatementKeys,
        target_ids: TargetIds,
        policies: Policies,
    ) -> Result<Self, Refusal> {
        let rules_look = policies.may_look_at_links();
        let SubmitRequest { submission_id, instance_id, case_number, referrals, signature } = request;
        let id = once::parse_id("submission_id", submission_id)?;
        let instance = once::parse_instance(instance_id)?;
        let case_number = case_number.parse().map_err(|error: TextError| error.at("case_number"))?;
        if referrals.is_empty() {
            return Err(Refusal::missing("referrals"));
        }
        if referrals.len() > REFERRALS_PER_SUBMISSION {
            let reason = format!("has more than {REFERRALS_PER_SUBMISSION} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "referrals", reason));
        }
        let mut items = Vec::with_capacity(referrals.len());
        let mut statements = Vec::with_capacity(referrals.len() * STATEMENT_BYTES);
        let mut digests = Vec::with_capacity(referrals.len());
        for (position, referral) in (0u32..).zip(referrals) {
            let salt = once::parse_salt(&format!("referrals[{position}].salt"), &referral.salt)?;
            let start = statements.len();
            let (agency, submission, case_number) = (&caller, id, CaseNumber::as_str(&case_number));
            ReferralStatement { agency, submission, position, case_number, referral }.encode(&mut statements);
            let statement_digest = statement_digest(&salt, &statements[start..]);
            digests.push(statement_digest);
            items.push(match check_referral(referral) {
                Ok(canonical) => {
                    let statement = start..statements.len();
                    let named = !referral.proposed_owner.is_empty() || !referral.suspect_land.is_empty();
                    let origin = (named || rules_look).then(|| Box::new(origin_of(referral, &canonical)));
                    Item::Prepared(Prepared {
                        link: canonical.id(),
                        salt,
                        statement,
                        statement_digest,
                        origin,
                        asks_rules: policies.may_know_host(canonical.host()),
                        elsewhere: referral.notified_elsewhere.is_some(),
                        urgent: !referral.urgency_reason.is_empty(),
                        visibility: Visibility::of(referral),
                        hashes: HashKey::all_of(referral).collect(),
                    })
                }
                Err(refusal) => {
                    statements.truncate(start);
                    Item::Refused(refusal.within(&format!("referrals[{position}]")))
                }
            });
        }
        let digest = batch_digest(&digests);
        let batch = BatchStatement { agency: caller.clone(), command: id, digests };
        let signed = Signed::read(batch, signature.as_ref(), keys)?;
        Ok(Self {
            caller,
            id,
            instance,
            case_number,
            items,
            statements,
            digest,
            signed,
            target_ids,
            policies,
            sighted: Mutex::default(),
        })
    }

    /// The links of the referrals that are not refused, in their order.
    pub(super) fn links(&self) -> impl Iterator<Item = LinkId> {
        self.prepared().map(|item| item.link)
    }
}
