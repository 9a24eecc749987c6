//! An agency hands in a batch of referrals.
//!
//! What needs no facts is done before the lock is taken: parsing, canonical form, statements and their digests
//! ([`prepare`]). Under the lock the batch is decided as a fold over the facts ([`decide`]), and written set by set ([`apply`]).

mod answer;
mod apply;
mod decide;
mod lives;
mod prepare;
mod verdict;

use std::sync::Mutex;

use meldeverbund_domain::case::refer_in;
use meldeverbund_proto::{AgencyId, CaseNumber, CommandId, InstanceId, leaf::Digest, v1::SubmissionAccepted};

use self::{
    answer::Answers,
    prepare::{Item, Prepared},
    verdict::StoredVerdict,
};
use super::{
    Command, Failure, Lane, Policies,
    admit::caller,
    once::replay,
    signed::Signed,
    states::{Members, states},
};
use crate::store::{Sighting, Store, StoreError, TargetIds, Tx, resolved};

pub(super) use self::answer::{answer, owner};

/// Referrals that a person hands in by hand and waits for; a larger submission comes from a file. That few are decided
/// in well under a millisecond, so that they hold up nobody by going first.
const INTERACTIVE_REFERRALS: usize = 10;

/// Referrals of a batch whose links are looked for ahead; fewer are sooner found under the lock.
const LOOKS_AHEAD: usize = 100;

/// One batch of referrals in one case, ready to be decided.
#[derive(Debug)]
pub struct Submit {
    caller: AgencyId,
    id: CommandId,
    instance: InstanceId,
    case_number: CaseNumber,
    items: Vec<Item>,
    statements: Vec<u8>,
    digest: Digest,
    signed: Signed,
    target_ids: TargetIds,
    policies: Policies,
    /// Which links stood before the lock was asked for. Who is run once more looks for himself.
    sighted: Mutex<Option<Sighting>>,
}

impl Command for Submit {
    type Verdict = SubmissionAccepted;

    fn lane(&self) -> Lane {
        if self.items.len() <= INTERACTIVE_REFERRALS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn look_ahead(&mut self, store: &Store) -> Result<(), StoreError> {
        if self.items.len() >= LOOKS_AHEAD {
            let sighting = Sighting::of(&mut *store.reader().await?, self.links()).await?;
            self.sighted = Mutex::new(Some(sighting));
        }
        Ok(())
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<SubmissionAccepted, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_refer()?;
        let members = Members::in_force(tx, &self.policies).await?;
        let agencies = &members.rows;
        if let Some(known) = replay(tx, agency.no, self.id, &self.digest).await? {
            let verdict = StoredVerdict::read(&known.verdict)?;
            let numbers: Vec<_> = verdict.targets().collect();
            let (now, names) = resolved(tx.reading(), &numbers).await?;
            let states = states(tx.reading(), &members, &now).await?;
            let answers = Answers { agencies, agency: &agency, target_ids: &self.target_ids };
            return Ok(answers.repeated(&known, &verdict, &states, &names, self.links())?);
        }
        let judged = self.signed.judge(tx).await?;
        let case = tx.case(agency.no, self.case_number.as_str()).await?.map(|(facts, _)| facts);
        let case = refer_in(case)?;
        let (decisions, keys) = self.decide(tx, &agency, case, &members).await?;
        self.apply(tx, &agency, case, &members, (decisions, keys), judged).await
    }
}

impl Submit {
    fn prepared(&self) -> impl Iterator<Item = &Prepared> {
        self.items.iter().filter_map(|item| match item {
            Item::Prepared(prepared) => Some(prepared),
            Item::Refused(_) => None,
        })
    }
}
