//! The model: what the hub must hold after a history, in maps and lists that need no database to be understood.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{self as domain, AgencyNo, AgencyState, Policy, TargetNo, referral::role};
use meldeverbund_hub::store::TargetIds;
use meldeverbund_proto::{
    leaf::{self, Digest, Kind, Salt, decision_digest, statement_digest},
    statement::{
        AgencyStatement, CaseClosedStatement, CaseOpenedStatement, ReferralDecision, ReferralStatement,
    },
    v1::{
        AgencyCard, Case, CaseClosed, CaseOpened, CloseCaseRequest, FollowResponse, MergedTarget,
        OpenCaseRequest, RecordedReferral, ReferralAnswer, ReferralsRecorded, RefusalCode,
        SubmissionAccepted, SubmitRequest, TargetView, TargetsChanged, TargetsJoined, Verdict,
        follow_response::Event,
    },
};

use super::{
    books::{Books, Facts},
    deciding::name,
    judged::{Judgement, Seen},
    ops::{AGENCIES, Batch, CENTRAL, LIAISON, Link},
    told::{concerned, knows, shows, watching},
};

#[derive(Default)]
pub(super) struct Model {
    pub(super) agencies: Vec<Agency>,
    pub(super) books: Books,
    pub(super) leaves: Vec<Leaf>,
    pub(super) submissions: Vec<Submission>,
    pub(super) case_commands: Vec<CaseCommand>,
    pub(super) judgements: Vec<Judgement>,
    pub(super) seen: Seen,
    /// How many decisions on targets were taken.
    pub(super) decisions: usize,
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

pub(super) enum News {
    Opened(Case),
    Closed(String),
    Recorded(usize),
    Joined(usize, Vec<usize>),
    /// `what` only says that a merge or a split was decided, which everybody may know.
    Changed {
        what: &'static str,
        targets: Vec<usize>,
    },
}

/// Targets of which an agency is told at once, by their numbers.
type ByNumber = BTreeMap<i64, usize>;

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
        let (actor, mut items) = (AgencyNo(agency as i64 + 1), Vec::new());
        let mut joined: BTreeMap<AgencyNo, ByNumber> = BTreeMap::new();
        // Whom it concerns that more than a join has changed; and the agency itself of what it looks at anew.
        let mut changed: BTreeMap<AgencyNo, Vec<usize>> = BTreeMap::new();
        let mut touched = BTreeMap::new();
        for (position, link) in batch.links.iter().enumerate() {
            let Link::Good { target, .. } = *link else {
                items.push(Item::Refused);
                continue;
            };
            let facts = self.facts();
            let met = self.books.refer((actor, case), target, &link.text(), &facts);
            items.push(Item::Taken(met.verdict, target));
            self.append_referral(agency, request, position, met.verdict, target, ids);
            let state = &self.books.targets[&met.root].state;
            let (no, owner) = (state.target.no.0, state.owner());
            if met.is_news && owner != actor {
                joined.entry(owner).or_default().insert(no, met.root);
            }
            if let Some(before) = met.before {
                touched.insert(no, (met.root, before));
            }
        }
        let (facts, mut looks_anew) = (self.facts(), Vec::new());
        for (no, (root, before)) in touched {
            let after = &self.books.targets[&root].state;
            for told in watching(&before, actor, &facts) {
                joined.entry(told).or_default().insert(no, root);
            }
            if shows(&before, after) {
                for told in concerned(&before, after, actor, &facts) {
                    changed.entry(told).or_default().push(root);
                }
            } else if knows(actor, &before, &facts) && !before.is_bound(actor) {
                looks_anew.push(root);
            }
        }
        if !looks_anew.is_empty() {
            changed.entry(actor).or_default().extend(looks_anew);
        }
        let time_us = self.time_us;
        self.submissions.push(Submission { agency, request: request.clone(), items, first_leaf, time_us });
        let place = self.submissions.len() - 1;
        self.tell(agency, News::Recorded(place));
        for (told, targets) in joined {
            self.tell_no(told, News::Joined(agency, targets.into_values().collect()));
        }
        for (told, targets) in changed {
            self.tell_no(told, News::changed(targets));
        }
        Ok(place)
    }

    /// What a rule looks at now.
    pub(super) fn facts(&self) -> Facts {
        let agency = |(no, known): (i64, &Agency)| domain::Agency {
            no: AgencyNo(no),
            id: known.card.agency_id.parse().unwrap(),
            kind: known.card.kind(),
            state: if known.suspended { AgencyState::Suspended } else { AgencyState::Active },
        };
        let agencies = (1..).zip(&self.agencies).map(agency).collect();
        let (leaf, now_us) = (self.leaves.len() as i64, self.time_us);
        Facts { agencies, policy: Policy::default(), now_us, leaf }
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
        let row = self.books.targets[&self.books.root(target)].state.target;
        ReferralDecision {
            verdict,
            target: ids.id(row.no),
            round: row.round,
            owner: name(row.ownership.owner).parse().unwrap(),
            basis: row.ownership.basis,
            link_version: 1,
            link: self.books.targets[&target].link.id(),
        }
        .encode(&mut decision);
        let salt = Salt::from_slice(&referral.salt).unwrap();
        self.append(Kind::Referral, agency, salt, statement, decision);
    }

    pub(super) fn append(
        &mut self,
        kind: Kind,
        agency: usize,
        salt: Salt,
        statement: Vec<u8>,
        decision: Vec<u8>,
    ) {
        let time_us = self.time_us;
        self.leaves.push(Leaf { kind, agency, time_us, salt, statement, decision });
    }

    fn tell(&mut self, agency: usize, what: News) {
        let time_us = self.time_us;
        self.agencies[agency].feed.push(Told { time_us, what });
    }

    pub(super) fn tell_no(&mut self, agency: AgencyNo, what: News) {
        self.tell(usize::try_from(agency.0 - 1).unwrap(), what);
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
        let (root, own) = (self.books.root(target), &self.books.targets[&target]);
        let row = self.books.targets[&root].state.target;
        ReferralAnswer {
            verdict: verdict.into(),
            target_id: ids.id(row.no).to_string(),
            link_id: own.link.id().as_bytes().to_vec(),
            owner_agency_id: name(row.ownership.owner).into(),
            owner_basis: row.ownership.basis.into(),
            stage: row.stage.into(),
            round: row.round,
            role: role(&row, AgencyNo(agency as i64 + 1)).into(),
            // The link's own id, for when it is a target of its own again.
            name_id: if root == target { String::new() } else { ids.id(own.state.target.no).to_string() },
            ..ReferralAnswer::default()
        }
    }

    /// The agency's feed after a cursor, as a node with another store reads it.
    pub(super) fn feed(&self, agency: usize, after: usize, ids: &TargetIds) -> Vec<FollowResponse> {
        let feed = &self.agencies[agency].feed;
        let event = |(sequence, told): (usize, &Told)| FollowResponse {
            sequence: sequence as u64 + 1,
            recorded_at_us: told.time_us,
            event: Some(self.event(agency, &told.what, ids)),
            epoch: 1,
        };
        feed.iter().enumerate().skip(after).map(event).collect()
    }

    fn event(&self, reader: usize, news: &News, ids: &TargetIds) -> Event {
        match news {
            News::Opened(case) => Event::CaseOpened(CaseOpened { case: Some(case.clone()) }),
            News::Closed(number) => Event::CaseClosed(CaseClosed { number: number.clone() }),
            News::Joined(agency, targets) => Event::TargetsJoined(TargetsJoined {
                agency: Some(self.agencies[*agency].card.clone()),
                target_ids: self.roots(targets).into_iter().map(|root| self.id(root, ids)).collect(),
            }),
            News::Changed { what, targets } => {
                Event::TargetsChanged(self.changed(reader, what, targets, ids))
            }
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

impl Model {
    /// Who is told of which targets, by what they are called now, and which of the names that it was told are none of its business any
    /// more, or names; the views themselves are others' business.
    fn changed(&self, reader: usize, what: &str, targets: &[usize], ids: &TargetIds) -> TargetsChanged {
        let (facts, no) = (self.facts(), AgencyNo(reader as i64 + 1));
        let is_told = |root: &usize| knows(no, &self.books.targets[root].state, &facts);
        let (told, gone): (Vec<_>, Vec<_>) = self.roots(targets).into_iter().partition(is_told);
        let names = targets.iter().copied().filter(|target| self.books.root(*target) != *target);
        let merged = names.clone().filter(|name| is_told(&self.books.root(*name)));
        let view = |root| TargetView { target_id: self.id(root, ids), ..TargetView::default() };
        TargetsChanged {
            what: what.into(),
            agency_id: if what.is_empty() { String::new() } else { AGENCIES[CENTRAL].into() },
            targets: told.into_iter().map(view).collect(),
            gone_target_ids: gone.into_iter().chain(names).map(|target| self.id(target, ids)).collect(),
            merged: merged
                .map(|name| MergedTarget {
                    target_id: self.id(name, ids),
                    into_target_id: self.id(self.books.root(name), ids),
                })
                .collect(),
            ..TargetsChanged::default()
        }
    }

    /// The targets that these lead to now, each once, in their order.
    fn roots(&self, targets: &[usize]) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        targets.iter().map(|target| self.books.root(*target)).filter(|root| seen.insert(*root)).collect()
    }

    fn id(&self, target: usize, ids: &TargetIds) -> String {
        ids.id(TargetNo(self.books.no(target))).to_string()
    }
}

impl News {
    /// What happened to these is nobody's business but that of who is told.
    pub(super) fn changed(targets: impl IntoIterator<Item = usize>) -> Self {
        Self::Changed { what: "", targets: targets.into_iter().collect() }
    }
}

/// A case's number as its agency writes it.
pub(super) fn case_number(agency: usize, case: usize) -> String {
    match case {
        0 => "1/26".into(),
        _ => format!("VNR-{}-{case}/26", AGENCIES[agency].to_uppercase()),
    }
}
