//! What the hub has recorded, and the promises that a node must not break.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::{
    CanonicalLink, CommandId,
    leaf::Kind,
    statement::ReferralStatement,
    v1::{
        AgencyCard, Case, CaseOpened, CaseState, FollowResponse, OwnerBasis, ReferralAnswer,
        ReferralsRecorded, Refusal, RefusalCode, Role, Stage, SubmissionAccepted, SubmitRequest, Verdict,
        follow_response::Event,
    },
};
use prost::Message as _;

use super::{blind::Blind, decisions::Decisions, ledger::Ledger, liaison::Liaison};

/// The hub's memory.
#[derive(Debug)]
pub(crate) struct State {
    /// Who the caller is.
    pub(crate) agency: String,
    /// The contract's number of its kind.
    pub(crate) kind: i32,
    /// What liaison bodies asked and were asked.
    pub(crate) liaison: Liaison,
    /// What was asked blindly.
    pub(crate) blind: Blind,
    /// Cases by number.
    pub(crate) cases: HashMap<String, (Case, CaseState)>,
    /// Case commands by id, as they came.
    pub(crate) commands: HashMap<String, Vec<u8>>,
    /// Refusals of the next case commands.
    pub(crate) refuse_cases: Vec<Refusal>,
    /// Submissions by id: their bytes and the answer for ever.
    pub(crate) submissions: HashMap<String, (Vec<u8>, SubmissionAccepted)>,
    /// Targets by canonical link: id and owner.
    pub(crate) targets: HashMap<String, (String, String)>,
    /// The feed.
    pub(crate) feed: Vec<FollowResponse>,
    /// How far the node says it has applied it.
    pub(crate) acknowledged: u64,
    /// Whether following is refused.
    pub(crate) refuse_follow: Option<Refusal>,
    /// How many `Follow` calls there were, and after which sequence.
    pub(crate) follows: Vec<u64>,
    /// Every submission that was read, in order, sent again or not.
    pub(crate) read: Vec<String>,
    /// Answers that the node has not been given yet, and the most there were.
    pub(crate) unanswered: usize,
    pub(crate) most_unanswered: usize,
    /// What the node did that it may not do.
    pub(crate) broken: Vec<String>,
    /// What was decided.
    pub(crate) decisions: Decisions,
    /// The ledger, if this hub has one.
    pub(crate) ledger: Option<Ledger>,
    /// The ledger's epoch.
    pub(crate) log_epoch: u32,
    /// Epochs for which the node said that all is handed in again.
    pub(crate) reconciled: Vec<u32>,
    /// Targets that nodes have asked for.
    pub(crate) asked: Vec<String>,
    /// What nodes have shown as the newest checkpoint that they know.
    pub(crate) shown: Vec<String>,
    leaves: u64,
    sequence: u64,
    /// Targets that were lost: their numbers are not given again.
    lost_targets: u128,
}

impl State {
    pub(crate) fn new(agency: &str) -> Self {
        Self {
            agency: agency.into(),
            kind: 1,
            liaison: Liaison::default(),
            blind: Blind::default(),
            cases: HashMap::new(),
            commands: HashMap::new(),
            refuse_cases: Vec::new(),
            submissions: HashMap::new(),
            targets: HashMap::new(),
            feed: Vec::new(),
            acknowledged: 0,
            refuse_follow: None,
            follows: Vec::new(),
            read: Vec::new(),
            unanswered: 0,
            most_unanswered: 0,
            broken: Vec::new(),
            decisions: Decisions::default(),
            ledger: None,
            log_epoch: 1,
            reconciled: Vec::new(),
            asked: Vec::new(),
            shown: Vec::new(),
            leaves: 0,
            sequence: 0,
            lost_targets: 0,
        }
    }

    /// Referrals that were recorded.
    pub(crate) fn recorded(&self) -> usize {
        self.submissions.values().map(|(_, accepted)| accepted.answers.len()).sum()
    }

    pub(crate) fn append(&mut self, event: Option<Event>) -> u64 {
        self.sequence += 1;
        let recorded_at_us = 1_800_000_000_000_000 + i64::try_from(self.sequence).unwrap();
        // The ledger's time never goes back.
        let last_us = self.feed.last().map_or(0, |event| event.recorded_at_us);
        let recorded_at_us = recorded_at_us.max(last_us);
        self.feed.push(FollowResponse {
            sequence: self.sequence,
            recorded_at_us,
            event,
            epoch: self.log_epoch,
        });
        self.sequence
    }

    /// Goes back to a copy of so many leaves, and begins an epoch that names this checkpoint.
    pub(crate) fn restore(&mut self, kept: u64, last_checkpoint: String) {
        self.submissions.retain(|_, (_, accepted)| accepted.first_leaf_index + accepted.leaf_count <= kept);
        let answers = self.submissions.values().flat_map(|(_, accepted)| &accepted.answers);
        let known: HashSet<String> = answers.map(|answer| answer.target_id.clone()).collect();
        let before = self.targets.len();
        self.targets.retain(|_, (id, _)| known.contains(id));
        self.lost_targets += (before - self.targets.len()) as u128;
        self.decisions.targets.retain(|id| known.contains(id));
        self.decisions.views.clear();
        self.decisions.known.retain(|_, (_, decided)| decided.leaf_index < kept);
        let lost = |event: &FollowResponse| match &event.event {
            Some(Event::ReferralsRecorded(told)) => !self.submissions.contains_key(&told.submission_id),
            Some(Event::TargetsChanged(told)) => !self.decisions.known.contains_key(&told.command_id),
            _ => false,
        };
        let end = self.feed.iter().position(lost).unwrap_or(self.feed.len());
        self.feed.truncate(end);
        self.sequence = end as u64;
        self.acknowledged = self.acknowledged.min(self.sequence);
        self.ledger.as_mut().unwrap().restore(kept, last_checkpoint);
        self.log_epoch += 1;
        self.feed.iter_mut().for_each(|event| event.epoch = self.log_epoch);
    }

    pub(super) fn open(
        &mut self,
        command_id: &str,
        bytes: &[u8],
        case: &Case,
    ) -> Result<(Case, CaseState, bool), Refusal> {
        self.command(command_id, bytes);
        if !self.refuse_cases.is_empty() {
            return Err(self.refuse_cases.remove(0));
        }
        if let Some((case, state)) = self.cases.get(&case.number) {
            return Ok((case.clone(), *state, true));
        }
        self.cases.insert(case.number.clone(), (case.clone(), CaseState::Open));
        self.append(Some(Event::CaseOpened(CaseOpened { case: Some(case.clone()) })));
        Ok((case.clone(), CaseState::Open, false))
    }

    pub(super) fn close(&mut self, command_id: &str, bytes: &[u8], number: &str) -> Result<(), Refusal> {
        self.command(command_id, bytes);
        match self.cases.get_mut(number) {
            None => Err(Refusal::of(RefusalCode::CaseUnknown, "is unknown")),
            Some((_, state)) => {
                *state = CaseState::Closed;
                Ok(())
            }
        }
    }

    fn command(&mut self, id: &str, bytes: &[u8]) {
        if self.commands.insert(id.into(), bytes.to_vec()).is_some_and(|before| before != bytes) {
            self.broken.push(format!("case command {id} came with other content"));
        }
    }

    /// Records a submission, or finds it recorded.
    pub(super) fn record(&mut self, request: &SubmitRequest) -> Result<SubmissionAccepted, Refusal> {
        let bytes = request.encode_to_vec();
        if let Some((before, accepted)) = self.submissions.get(&request.submission_id) {
            if *before != bytes {
                self.broken.push(format!("submission {} came with other content", request.submission_id));
            }
            return Ok(SubmissionAccepted { repeated: true, ..accepted.clone() });
        }
        match self.cases.get(&request.case_number) {
            None => return Err(Refusal::at(RefusalCode::CaseUnknown, "case_number", "is unknown")),
            Some((_, CaseState::Closed)) => {
                return Err(Refusal::at(RefusalCode::CaseClosed, "case_number", "is closed"));
            }
            Some(_) => {}
        }
        let answers: Vec<ReferralAnswer> =
            request.referrals.iter().map(|referral| self.answer(&referral.link, &referral.salt)).collect();
        let taken = answers.iter().filter(|answer| answer.refusal.is_none()).count() as u64;
        let mut accepted = SubmissionAccepted {
            answers,
            owners: vec![card("de-nw-lka"), card("de-by-lka")],
            recorded_at_us: 1_800_000_000_000_000,
            first_leaf_index: self.leaves,
            leaf_count: taken,
            repeated: false,
            receipt: None,
        };
        self.leaves += taken;
        if let Some(ledger) = &mut self.ledger {
            promise(ledger, &self.agency, request, &mut accepted);
        }
        self.submissions.insert(request.submission_id.clone(), (bytes, accepted.clone()));
        self.append(Some(Event::ReferralsRecorded(ReferralsRecorded {
            submission_id: request.submission_id.clone(),
            instance_id: request.instance_id.clone(),
            ..ReferralsRecorded::default()
        })));
        Ok(accepted)
    }

    /// A link with `theirs` in it is another agency's already; one with `bad` in it is refused; one that ends in
    /// `copy-of-3` leads to the target that the third link opened.
    fn answer(&mut self, link: &str, salt: &[u8]) -> ReferralAnswer {
        if salt.len() != 32 || salt.iter().all(|byte| *byte == 0) {
            self.broken.push("a referral without a salt".into());
        }
        if link.contains("bad") {
            let refusal = Refusal::at(RefusalCode::LinkHost, "referrals[0].link", "the host is bad");
            return ReferralAnswer {
                verdict: Verdict::Refused.into(),
                refusal: Some(refusal),
                ..ReferralAnswer::default()
            };
        }
        let canonical = CanonicalLink::parse(link).expect("the node checks links").into_string();
        let next = self.targets.len() as u128 + 1 + self.lost_targets;
        let (verdict, (target, owner)) = match self.targets.get(&canonical) {
            Some(found) => (Verdict::AlreadyYours, found.clone()),
            None => {
                let owner = if link.contains("theirs") { "de-by-lka" } else { "de-nw-lka" };
                let copy_of = link.rsplit_once("copy-of-").map(|(_, number)| number.parse().unwrap());
                let made = (uuid::Uuid::from_u128(copy_of.unwrap_or(next)).to_string(), owner.to_owned());
                self.decisions.targets.insert(made.0.clone());
                self.targets.insert(canonical, made.clone());
                (if owner == "de-nw-lka" { Verdict::New } else { Verdict::Joined }, made)
            }
        };
        let role = if owner == "de-nw-lka" { Role::Owner } else { Role::CoInterested };
        ReferralAnswer {
            verdict: verdict.into(),
            target_id: target,
            link_id: vec![7; 32],
            owner_agency_id: owner,
            owner_basis: OwnerBasis::FirstSeised.into(),
            stage: Stage::Referred.into(),
            round: 1,
            role: role.into(),
            ..ReferralAnswer::default()
        }
    }
}

/// Each referral that was taken is a leaf.
fn promise(ledger: &mut Ledger, agency: &str, request: &SubmitRequest, accepted: &mut SubmissionAccepted) {
    let agency = agency.parse().unwrap();
    let submission: CommandId = request.submission_id.parse().unwrap();
    let (first, time_us) = (ledger.size(), ledger.next_us());
    let mut decisions = Vec::new();
    for (position, referral) in (0..).zip(&request.referrals) {
        if accepted.answers[position as usize].refusal.is_some() {
            continue;
        }
        let mut statement = Vec::new();
        ReferralStatement {
            agency: &agency,
            submission,
            position,
            case_number: &request.case_number,
            referral,
        }
        .encode(&mut statement);
        let kind = (Kind::Referral, agency.as_str());
        decisions.push(ledger.append_at(time_us, kind, &referral.salt, &statement, b"decided"));
    }
    accepted.recorded_at_us = time_us.cast_signed();
    accepted.first_leaf_index = first;
    if !decisions.is_empty() {
        ledger.grow(ledger.ahead);
        accepted.receipt = ledger.receipt(first, decisions);
    }
}

pub(crate) fn card(id: &str) -> AgencyCard {
    AgencyCard { agency_id: id.into(), name: format!("Office {id}"), contact: "+49 30 0".into(), kind: 1 }
}
