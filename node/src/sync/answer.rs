//! Applies the hub's answer to a submission: all of it in one transaction.

use std::collections::HashMap;

use meldeverbund_proto::{
    TargetId,
    leaf::Kind,
    v1::{AgencyCard, ReferralAnswer, Refusal, Role, SubmissionAccepted, Verdict},
};

use super::window::Signed;
use crate::{
    store::{Answered, HandIn, NewAnswer, RefusedSubmission, StoreError, Subject, Target, Tx, Unsent, Write},
    witness::{Promise, WitnessNow},
};

/// Answers that are written together.
#[derive(Debug)]
pub(super) struct Apply {
    pub(super) answers: Vec<Answer>,
    pub(super) witness: WitnessNow,
}

/// The answer to a submission, ready to be written.
#[derive(Debug)]
pub(super) struct Answer {
    submission: i64,
    recorded_us: i64,
    owners: Vec<AgencyCard>,
    answers: Vec<Parsed>,
    promise: Promise,
}

/// The answer to one referral.
#[derive(Debug)]
pub(super) struct Parsed {
    verdict: Verdict,
    /// The owner's place among `owners`, and the target with an owner that is not known yet.
    target: Option<(usize, Target)>,
    /// The id under which the link itself stands, where that is another name.
    name: Option<TargetId>,
    refusal: Option<Refusal>,
}

impl Answer {
    /// The submission's row.
    pub(super) fn submission(&self) -> i64 {
        self.submission
    }

    /// Checks that the answer keeps the contract.
    pub(super) fn parse(
        submission: &Signed<Unsent>,
        accepted: SubmissionAccepted,
    ) -> Result<Self, &'static str> {
        let Signed { command: submission, digests } = submission;
        if accepted.answers.len() as u64 != submission.referral_count {
            return Err("an answer with another number of verdicts than referrals");
        }
        let taken = |answer: &ReferralAnswer| answer.verdict() != Verdict::Refused;
        let statements = accepted.answers.iter().zip(digests).filter(|(answer, _)| taken(answer));
        let promise = Promise {
            subject: Subject::Submission(submission.id),
            command: submission.submission_id,
            kind: Kind::Referral,
            recorded_us: accepted.recorded_at_us,
            first_leaf: accepted.first_leaf_index,
            statements: statements.map(|(_, digest)| *digest).collect(),
            receipt: accepted.receipt,
        };
        let answers = parse_answers(accepted.answers, &accepted.owners)?;
        let recorded_us = accepted.recorded_at_us;
        Ok(Self { submission: submission.id, recorded_us, owners: accepted.owners, answers, promise })
    }
}

/// Parses answers whose owners' cards are given.
pub(super) fn parse_answers(
    answers: Vec<ReferralAnswer>,
    owners: &[AgencyCard],
) -> Result<Vec<Parsed>, &'static str> {
    let place: HashMap<&str, usize> =
        owners.iter().enumerate().map(|(place, card)| (card.agency_id.as_str(), place)).collect();
    answers.into_iter().map(|answer| parse(answer, &place)).collect()
}

fn parse(answer: ReferralAnswer, owners: &HashMap<&str, usize>) -> Result<Parsed, &'static str> {
    let verdict = answer.verdict();
    match verdict {
        Verdict::Unspecified => Err("an answer without a verdict"),
        Verdict::Refused => {
            let refusal = answer.refusal.ok_or("a refused referral without a reason")?;
            Ok(Parsed { verdict, target: None, name: None, refusal: Some(refusal) })
        }
        Verdict::New | Verdict::Joined | Verdict::AlreadyYours | Verdict::Reopened => {
            let place = owners.get(answer.owner_agency_id.as_str()).ok_or("an owner without a card")?;
            let target_id = answer.target_id.parse().map_err(|_| "a target's id that is none")?;
            let name = match answer.name_id.as_str() {
                "" => None,
                name => Some(name.parse().map_err(|_| "a name's id that is none")?),
            };
            // Whoever has no part in a target any more is not told what becomes of its names.
            let (target_id, name) = match answer.role() {
                Role::Unspecified => (name.unwrap_or(target_id), None),
                Role::Owner | Role::CoInterested => (target_id, name),
            };
            let target = Target {
                target_id,
                owner: 0,
                basis: answer.owner_basis(),
                stage: answer.stage(),
                round: answer.round,
                role: answer.role(),
            };
            Ok(Parsed { verdict, target: Some((*place, target)), name, refusal: None })
        }
    }
}

/// Writes the owners' cards and gives each answer its owner's row.
pub(super) async fn with_owners(
    tx: &mut Tx,
    owners: &[AgencyCard],
    answers: &[Parsed],
) -> Result<Vec<NewAnswer>, StoreError> {
    let mut rows = Vec::with_capacity(owners.len());
    for card in owners {
        rows.push(tx.keep_agency(card).await?);
    }
    let owned = |parsed: &Parsed| NewAnswer {
        verdict: parsed.verdict,
        target: parsed.target.map(|(place, target)| Target { owner: rows[place], ..target }),
        name: parsed.name,
        refusal: parsed.refusal.clone(),
    };
    Ok(answers.iter().map(owned).collect())
}

impl Write for Apply {
    /// The hand-ins that were answered further, each once.
    type Out = Vec<HandIn>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<HandIn>, StoreError> {
        let mut touched = Vec::new();
        let keys = self.witness.known_keys(tx).await?;
        for Answer { submission, recorded_us, owners, answers, promise } in &self.answers {
            let answers = with_owners(tx, owners, answers).await?;
            let answered = Answered { submission: *submission, answers, recorded_us: *recorded_us };
            touched.extend(tx.apply_answers(&answered).await?);
            promise.keep(tx, &keys, self.witness.now_us).await?;
        }
        touched.dedup();
        let mut hand_ins = Vec::with_capacity(touched.len());
        for id in touched {
            hand_ins.extend(tx.hand_in(id).await?);
        }
        Ok(hand_ins)
    }
}

/// The hub refused the submission as a whole.
#[derive(Debug)]
pub(super) struct Refuse {
    pub(super) submission: Unsent,
    pub(super) refusal: Refusal,
    pub(super) now_us: i64,
}

impl Write for Refuse {
    type Out = Option<RefusedSubmission>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        if !tx.submission_refused(self.submission.id, &self.refusal, self.now_us).await? {
            return Ok(None);
        }
        tx.refused_submission(self.submission.id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer that leads to a target by a name, and a role.
    fn parsed(role: Role) -> Parsed {
        let id = |byte| TargetId::from_bytes([byte; 16]).to_string();
        let answer = ReferralAnswer {
            verdict: Verdict::Joined.into(),
            target_id: id(1),
            name_id: id(2),
            owner_agency_id: "de-nw-lka".into(),
            role: role.into(),
            ..ReferralAnswer::default()
        };
        parse(answer, &HashMap::from([("de-nw-lka", 0)])).unwrap()
    }

    #[test]
    fn of_what_is_no_business_of_this_agency_only_the_links_own_id_is_taken() {
        let target = |parsed: &Parsed| parsed.target.unwrap().1.target_id;
        let own = parsed(Role::CoInterested);
        assert_eq!(
            (target(&own), own.name),
            (TargetId::from_bytes([1; 16]), Some(TargetId::from_bytes([2; 16])))
        );
        let foreign = parsed(Role::Unspecified);
        assert_eq!((target(&foreign), foreign.name), (TargetId::from_bytes([2; 16]), None));
    }
}
