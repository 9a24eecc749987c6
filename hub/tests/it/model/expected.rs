//! The model: what the hub must hold after a history, in maps and lists that need no database to be understood.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::TargetNo;
use meldeverbund_hub::store::TargetIds;
use meldeverbund_proto::{
    CanonicalLink,
    leaf::{self, Digest, Kind, Salt, decision_digest, statement_digest},
    statement::{
        AgencyStatement, CaseClosedStatement, CaseOpenedStatement, ReferralDecision, ReferralStatement,
    },
    v1::{
        AgencyCard, Case, CaseClosed, CaseOpened, CloseCaseRequest, FollowResponse, OpenCaseRequest,
        OwnerBasis, RecordedReferral, ReferralAnswer, ReferralsRecorded, RefusalCode, Role, Stage,
        SubmissionAccepted, SubmitRequest, TargetView, TargetsChanged, TargetsJoined, Verdict,
        follow_response::Event,
    },
};

use super::ops::{AGENCIES, Batch, LIAISON, Link};

#[derive(Default)]
pub(super) struct Model {
    pub(super) agencies: Vec<Agency>,
    /// By what the generator calls them; the hub knows nothing of that.
    pub(super) targets: BTreeMap<usize, Target>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) submissions: Vec<Submission>,
    pub(super) case_commands: Vec<CaseCommand>,
    pub(super) cases: i64,
    pub(super) time_us: i64,
}

pub(super) struct Agency {
    pub(super) card: AgencyCard,
    pub(super) suspended: bool,
    pub(super) cases: BTreeMap<String, CaseFile>,
    pub(super) feed: Vec<Told>,
}

pub(super) struct CaseFile {
    pub(super) no: i64,
    pub(super) closed: bool,
    pub(super) case: Case,
}

pub(super) struct Target {
    pub(super) no: i64,
    pub(super) link: CanonicalLink,
    pub(super) owner: usize,
    pub(super) opened_leaf: i64,
    pub(super) round: u32,
    pub(super) closed: bool,
    /// (agency, case's number in the store) and the leaf that bound it.
    pub(super) bindings: BTreeMap<(usize, i64), i64>,
}

pub(super) struct Leaf {
    pub(super) kind: Kind,
    pub(super) agency: usize,
    pub(super) time_us: i64,
    pub(super) salt: Salt,
    pub(super) statement: Vec<u8>,
    pub(super) decision: Vec<u8>,
}

pub(super) struct Submission {
    pub(super) agency: usize,
    pub(super) request: SubmitRequest,
    pub(super) items: Vec<Item>,
    first_leaf: u64,
    time_us: i64,
}

/// What became of one referral.
#[derive(Clone, Copy)]
pub(super) enum Item {
    Taken(Verdict, usize),
    Refused,
}

pub(super) struct CaseCommand {
    pub(super) agency: usize,
    pub(super) what: CaseRequest,
    /// It found the case as it wanted it.
    pub(super) stood: bool,
}

#[derive(Clone)]
pub(super) enum CaseRequest {
    Open(OpenCaseRequest),
    Close(CloseCaseRequest),
}

/// A row of an agency's feed.
pub(super) struct Told {
    time_us: i64,
    what: News,
}

enum News {
    Opened(Case),
    Closed(String),
    Recorded(usize),
    Joined(usize, Vec<usize>),
    Changed(Vec<usize>),
}

/// The leaf before, the first, is the hub's key.
pub(super) const FIRST_LEAF: usize = 1;

impl Model {
    /// A transaction has a time of its own: the clock's, or a moment after the one before.
    pub(super) fn passes(&mut self, now_us: i64) {
        self.time_us = if now_us > self.time_us { now_us } else { self.time_us + 1 };
    }

    /// The ledger as it begins: with the hub's key, of which the model knows only that it takes a place.
    pub(super) fn begin(&mut self) {
        let salt = Salt::from_random([1; 32]);
        self.append(Kind::LedgerKey, LIAISON, salt, Vec::new(), Vec::new());
    }

    /// Hashes of leaves, from what they commit to.
    pub(super) fn leaf_hashes(&self, first: u64, count: u64) -> Vec<Digest> {
        let leaves = &self.leaves[first as usize..(first + count) as usize];
        let committed = |leaf: &Leaf| leaf::Leaf {
            kind: leaf.kind,
            time_us: leaf.time_us.cast_unsigned(),
            statement: statement_digest(&leaf.salt, &leaf.statement),
            decision: decision_digest(&leaf.salt, &leaf.decision),
        };
        leaves.iter().map(|leaf| committed(leaf).hash()).collect()
    }

    pub(super) fn add_agency(&mut self, card: AgencyCard, salt: Salt) {
        let mut statement = Vec::new();
        AgencyStatement { card: card.clone(), reason: String::new() }.encode(&mut statement);
        let agency = self.agencies.len();
        self.append(Kind::AgencyAdded, agency, salt, statement, Vec::new());
        self.agencies.push(Agency { card, suspended: false, cases: BTreeMap::new(), feed: Vec::new() });
    }

    /// True if that changes something.
    pub(super) fn set_state(&mut self, agency: usize, suspended: bool, salt: Salt) -> bool {
        let changed = std::mem::replace(&mut self.agencies[agency].suspended, suspended) != suspended;
        if changed {
            let card = AgencyCard { agency_id: AGENCIES[agency].into(), ..AgencyCard::default() };
            let mut statement = Vec::new();
            AgencyStatement { card, reason: "model".into() }.encode(&mut statement);
            let kind = if suspended { Kind::AgencySuspended } else { Kind::AgencyResumed };
            self.append(kind, agency, salt, statement, Vec::new());
        }
        changed
    }

    /// Why an agency may not keep cases and refer, if it may not.
    pub(super) fn barred(&self, agency: usize) -> Option<RefusalCode> {
        if self.agencies[agency].suspended {
            Some(RefusalCode::AgencySuspended)
        } else {
            (agency == LIAISON).then_some(RefusalCode::NotPermitted)
        }
    }

    /// Opens or closes a case; true if it stood as wanted already.
    pub(super) fn run_case(&mut self, agency: usize, what: CaseRequest) -> Result<bool, RefusalCode> {
        if let Some(code) = self.barred(agency) {
            return Err(code);
        }
        let id: meldeverbund_proto::AgencyId = AGENCIES[agency].parse().unwrap();
        let mut statement = Vec::new();
        let (kind, salt, stood, news) = match &what {
            CaseRequest::Open(request) => {
                let case = request.case.as_ref().unwrap();
                let command = request.command_id.parse().unwrap();
                CaseOpenedStatement { agency: &id, command, case }.encode(&mut statement);
                let stood = self.agencies[agency].cases.contains_key(&case.number);
                if !stood {
                    self.cases += 1;
                    let file = CaseFile { no: self.cases, closed: false, case: case.clone() };
                    self.agencies[agency].cases.insert(case.number.clone(), file);
                }
                (Kind::CaseOpened, &request.salt, stood, News::Opened(case.clone()))
            }
            CaseRequest::Close(request) => {
                let CloseCaseRequest { command_id, number, reason, .. } = request;
                let command = command_id.parse().unwrap();
                CaseClosedStatement { agency: &id, command, number, reason }.encode(&mut statement);
                let case = self.agencies[agency].cases.get_mut(number).ok_or(RefusalCode::CaseUnknown)?;
                let stood = std::mem::replace(&mut case.closed, true);
                (Kind::CaseClosed, &request.salt, stood, News::Closed(number.clone()))
            }
        };
        let salt = Salt::from_slice(salt).unwrap();
        self.append(kind, agency, salt, statement, Vec::new());
        if !stood {
            self.tell(agency, news);
        }
        self.case_commands.push(CaseCommand { agency, what, stood });
        Ok(stood)
    }

    /// Takes a submission whose id is new; its place among the submissions.
    pub(super) fn submit(
        &mut self,
        batch: &Batch,
        request: &SubmitRequest,
        ids: &TargetIds,
    ) -> Result<usize, RefusalCode> {
        let agency = batch.agency;
        if let Some(code) = self.barred(agency) {
            return Err(code);
        }
        let case = self.agencies[agency].cases.get(&request.case_number).ok_or(RefusalCode::CaseUnknown)?;
        let case = if case.closed { return Err(RefusalCode::CaseClosed) } else { case.no };
        let first_leaf = self.leaves.len() as u64;
        let mut news: BTreeMap<usize, BTreeMap<i64, usize>> = BTreeMap::new();
        // A round that opens again changes what every bound agency sees.
        let mut reopened: BTreeMap<usize, BTreeMap<i64, usize>> = BTreeMap::new();
        let mut items = Vec::new();
        for (position, link) in batch.links.iter().enumerate() {
            let Link::Good { target, .. } = *link else {
                items.push(Item::Refused);
                continue;
            };
            let (verdict, is_news) = self.refer(agency, case, target, *link);
            items.push(Item::Taken(verdict, target));
            self.append_referral(agency, request, position, verdict, target, ids);
            let known = &self.targets[&target];
            // The owner; and who is bound and has neither consented nor let its window end: here nobody does.
            let bound = known.bindings.keys().map(|(bound, _)| *bound);
            let others = bound.filter(|_| matches!(verdict, Verdict::Joined | Verdict::Reopened));
            for told in others.chain(is_news.then_some(known.owner)).filter(|told| *told != agency) {
                news.entry(told).or_default().insert(known.no, target);
            }
            if verdict == Verdict::Reopened {
                for told in known.bindings.keys().map(|(bound, _)| *bound).chain([agency, known.owner]) {
                    reopened.entry(told).or_default().insert(known.no, target);
                }
            }
        }
        let time_us = self.time_us;
        self.submissions.push(Submission { agency, request: request.clone(), items, first_leaf, time_us });
        let place = self.submissions.len() - 1;
        self.tell(agency, News::Recorded(place));
        for (told, targets) in news {
            self.tell(told, News::Joined(agency, targets.into_values().collect()));
        }
        for (told, targets) in reopened {
            self.tell(told, News::Changed(targets.into_values().collect()));
        }
        Ok(place)
    }

    /// The rule in one place: first seised owns, who comes later joins, what comes back opens the next round.
    fn refer(&mut self, agency: usize, case: i64, target: usize, link: Link) -> (Verdict, bool) {
        let (leaf, no) = (self.leaves.len() as i64, self.targets.len() as i64 + 1);
        let Some(known) = self.targets.get_mut(&target) else {
            let link = CanonicalLink::parse(&link.text()).unwrap();
            let bindings = BTreeMap::from([((agency, case), leaf)]);
            let (owner, opened_leaf, round, closed) = (agency, leaf, 1, false);
            self.targets.insert(target, Target { no, link, owner, opened_leaf, round, closed, bindings });
            return (Verdict::New, true);
        };
        let ours = known.bindings.keys().any(|(bound, _)| *bound == agency);
        let binds = !known.bindings.contains_key(&(agency, case));
        known.bindings.entry((agency, case)).or_insert(leaf);
        if std::mem::replace(&mut known.closed, false) {
            known.round += 1;
            return (Verdict::Reopened, true);
        }
        (if ours { Verdict::AlreadyYours } else { Verdict::Joined }, binds)
    }

    fn append_referral(
        &mut self,
        agency: usize,
        request: &SubmitRequest,
        position: usize,
        verdict: Verdict,
        target: usize,
        ids: &TargetIds,
    ) {
        let referral = &request.referrals[position];
        let id = AGENCIES[agency].parse().unwrap();
        let (mut statement, mut decision) = (Vec::new(), Vec::new());
        ReferralStatement {
            agency: &id,
            submission: request.submission_id.parse().unwrap(),
            position: u32::try_from(position).unwrap(),
            case_number: &request.case_number,
            referral,
        }
        .encode(&mut statement);
        let known = &self.targets[&target];
        ReferralDecision {
            verdict,
            target: ids.id(TargetNo(known.no)),
            round: known.round,
            owner: AGENCIES[known.owner].parse().unwrap(),
            basis: OwnerBasis::FirstSeised,
            link_version: 1,
            link: known.link.id(),
        }
        .encode(&mut decision);
        let salt = Salt::from_slice(&referral.salt).unwrap();
        self.append(Kind::Referral, agency, salt, statement, decision);
    }

    fn append(&mut self, kind: Kind, agency: usize, salt: Salt, statement: Vec<u8>, decision: Vec<u8>) {
        let time_us = self.time_us;
        self.leaves.push(Leaf { kind, agency, time_us, salt, statement, decision });
    }

    fn tell(&mut self, agency: usize, what: News) {
        let time_us = self.time_us;
        self.agencies[agency].feed.push(Told { time_us, what });
    }

    /// The answer to a submission as it must be now; the verdicts in it never change.
    pub(super) fn answer(&self, place: usize, repeated: bool, ids: &TargetIds) -> SubmissionAccepted {
        let submission = &self.submissions[place];
        let answers: Vec<_> =
            submission.items.iter().map(|item| self.answer_one(submission.agency, *item, ids)).collect();
        let named: BTreeSet<_> = answers.iter().map(|answer| answer.owner_agency_id.clone()).collect();
        let cards = self.agencies.iter().map(|agency| agency.card.clone());
        SubmissionAccepted {
            owners: cards.filter(|card| named.contains(&card.agency_id)).collect(),
            recorded_at_us: submission.time_us,
            first_leaf_index: submission.first_leaf,
            leaf_count: answers.iter().filter(|answer| answer.verdict() != Verdict::Refused).count() as u64,
            repeated,
            receipt: None,
            answers,
        }
    }

    fn answer_one(&self, agency: usize, item: Item, ids: &TargetIds) -> ReferralAnswer {
        let Item::Taken(verdict, target) = item else {
            // The refusal itself is put in from the first answer: its code is the contract's matter.
            return ReferralAnswer { verdict: Verdict::Refused.into(), ..ReferralAnswer::default() };
        };
        let known = &self.targets[&target];
        ReferralAnswer {
            verdict: verdict.into(),
            target_id: ids.id(TargetNo(known.no)).to_string(),
            link_id: known.link.id().as_bytes().to_vec(),
            owner_agency_id: AGENCIES[known.owner].into(),
            owner_basis: OwnerBasis::FirstSeised.into(),
            stage: known.stage().into(),
            round: known.round,
            role: if known.owner == agency { Role::Owner } else { Role::CoInterested }.into(),
            ..ReferralAnswer::default()
        }
    }

    /// The agency's feed after a cursor, as a node with another store reads it.
    pub(super) fn feed(&self, agency: usize, after: usize, ids: &TargetIds) -> Vec<FollowResponse> {
        let feed = &self.agencies[agency].feed;
        let event = |(sequence, told): (usize, &Told)| FollowResponse {
            sequence: sequence as u64 + 1,
            recorded_at_us: told.time_us,
            event: Some(self.event(&told.what, ids)),
            epoch: 1,
        };
        feed.iter().enumerate().skip(after).map(event).collect()
    }

    fn event(&self, news: &News, ids: &TargetIds) -> Event {
        match news {
            News::Opened(case) => Event::CaseOpened(CaseOpened { case: Some(case.clone()) }),
            News::Closed(number) => Event::CaseClosed(CaseClosed { number: number.clone() }),
            News::Joined(agency, targets) => Event::TargetsJoined(TargetsJoined {
                agency: Some(self.agencies[*agency].card.clone()),
                target_ids: targets
                    .iter()
                    .map(|target| ids.id(TargetNo(self.targets[target].no)).to_string())
                    .collect(),
            }),
            // The views are others' business: here counts who is told of which targets.
            News::Changed(targets) => Event::TargetsChanged(TargetsChanged {
                targets: targets
                    .iter()
                    .map(|target| TargetView {
                        target_id: ids.id(TargetNo(self.targets[target].no)).to_string(),
                        ..TargetView::default()
                    })
                    .collect(),
                ..TargetsChanged::default()
            }),
            News::Recorded(place) => {
                let Submission { agency, request, items, .. } = &self.submissions[*place];
                let taken = request.referrals.iter().zip(items).filter_map(|(referral, item)| match item {
                    Item::Refused => None,
                    Item::Taken(..) => Some(RecordedReferral {
                        referral: Some(referral.clone()),
                        answer: Some(self.answer_one(*agency, *item, ids)),
                    }),
                });
                Event::ReferralsRecorded(ReferralsRecorded {
                    submission_id: request.submission_id.clone(),
                    instance_id: request.instance_id.clone(),
                    case_number: request.case_number.clone(),
                    referrals: taken.collect(),
                    redacted: 0,
                })
            }
        }
    }
}

impl Target {
    pub(super) fn stage(&self) -> Stage {
        if self.closed { Stage::Closed } else { Stage::Referred }
    }
}

/// A case's number as its agency writes it.
pub(super) fn case_number(agency: usize, case: usize) -> String {
    match case {
        0 => "1/26".into(),
        _ => format!("VNR-{}-{case}/26", AGENCIES[agency].to_uppercase()),
    }
}
