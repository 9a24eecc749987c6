//! Runs each step on a hub and on the model, and compares what the caller is told.

use std::time::{Duration, SystemTime};

use futures::{FutureExt as _, future::join_all};
use meldeverbund_domain::AgencyState;
use meldeverbund_hub::{
    clock::{ManualClock, now_us},
    flow::{
        AddAgency, CloseCase, Command, Failure, Hub, HubTasks, OpenCase, Policies, SetAgencyState,
        StatementKeys, Submit,
    },
    ledger::LedgerFiles,
    store::{Store, query_scalar},
};
use meldeverbund_proto::v1::{
    AgencyCard, AgencyKind, Case, CaseKind, CaseState, CloseCaseRequest, OpenCaseRequest, Refusal,
    RefusalCode, SubmissionAccepted, SubmitRequest, Verdict,
};
use proptest::sample::Index;
use tempfile::TempDir;

use super::{
    expected::{CaseRequest, FIRST_LEAF, Model, case_number},
    ops::{AGENCIES, Batch, Change, LIAISON, Op},
};
use crate::harness::{DOMAIN, INSTANCE, Place, referral, salt, uuid, verify_receipt};

/// Transactions of one step, as many as there may be: each has a time of its own, µs.
const EACH_LATER: i64 = 1_000;

pub(super) struct World {
    folder: TempDir,
    _place: Place,
    pub(super) store: Store,
    pub(super) hub: Hub,
    tasks: Option<HubTasks>,
    clock: ManualClock,
    pub(super) model: Model,
    /// Up to where leaves and feeds were compared.
    pub(super) leaves_seen: usize,
    pub(super) feeds_seen: [usize; AGENCIES.len()],
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let place = Place::chosen();
        let store = Store::open(place.database(folder.path())).await.unwrap();
        let (hub, tasks) =
            Hub::start(store.clone(), clock.clock(), &LedgerFiles::in_folder(DOMAIN, folder.path()))
                .await
                .unwrap();
        let mut model = Model { time_us: now_us(&clock.clock()), ..Model::default() };
        model.begin();
        let tasks = Some(tasks);
        let mut world = Self {
            folder,
            _place: place,
            store,
            hub,
            tasks,
            clock,
            model,
            leaves_seen: FIRST_LEAF,
            feeds_seen: Default::default(),
        };
        for (n, agency) in AGENCIES.into_iter().enumerate() {
            let kind = match n {
                0 => AgencyKind::CentralOffice,
                LIAISON => AgencyKind::Liaison,
                _ => AgencyKind::StateOffice,
            };
            let (name, contact) = (format!("Office {agency}"), format!("duty@{agency}.example"));
            let card = AgencyCard { agency_id: agency.into(), name, contact, kind: kind.into() };
            let salt = salt();
            assert!(world.run(AddAgency::parse(card.clone(), salt).unwrap()).await.unwrap());
            world.model.add_agency(card, salt);
        }
        world
    }

    /// The whole ledger, by the function that the operator verifies it with.
    pub(super) async fn verify_ledger(&self) {
        let files = LedgerFiles::in_folder(DOMAIN, self.folder.path());
        let verified = crate::ledger::whole(&self.store, &files).await;
        assert_eq!(verified.leaves, self.model.leaves.len() as u64);
        assert_eq!(verified.mark, Some(verified.leaves));
    }

    pub(super) async fn end(mut self) {
        drop(self.hub);
        self.tasks.take().unwrap().end().await;
    }

    pub(super) async fn step(&mut self, op: Op) {
        match op {
            Op::OpenCase { agency, case } => {
                let request = open_case(agency, case);
                self.case_command(agency, CaseRequest::Open(request)).await;
            }
            Op::CloseCase { agency, case } => {
                let (number, reason) = (case_number(agency, case), "done".into());
                let salt = salt().as_bytes().to_vec();
                let request = CloseCaseRequest { command_id: uuid(), salt, number, reason };
                self.case_command(agency, CaseRequest::Close(request)).await;
            }
            Op::Submit(batches) => self.submit(batches).await,
            Op::Replay(which) => self.replay(&which).await,
            Op::Conflict(which, change) => self.conflict(&which, change).await,
            Op::SameId(which, batch) => self.same_id(&which, batch).await,
            Op::ReplayCase(which, same) => self.replay_case(&which, same).await,
            Op::Suspend { agency } => self.set_state(agency, true).await,
            Op::Resume { agency } => self.set_state(agency, false).await,
            Op::Decide { who, target, act } => self.decide(who, target, act).await,
            Op::Ready { target } => self.ready(target).await,
            Op::Judge { merges, ready, pairs, dry_run } => {
                if ready {
                    self.ready(pairs[0].0).await;
                    self.ready(pairs[0].1).await;
                }
                self.judge(merges, pairs, dry_run).await;
            }
            Op::Split { names, dry_run } => self.split(names, dry_run).await,
            Op::Undo { which } => self.undo(which).await,
            Op::ReplayJudged(which) => self.replay_judged(&which).await,
            Op::Restart => self.restart().await,
            Op::Clock(seconds) if seconds < 0 => {
                self.clock.set(self.clock.now() - Duration::from_secs(seconds.unsigned_abs()));
            }
            Op::Clock(seconds) => self.clock.advance(Duration::from_secs(seconds.unsigned_abs())),
        }
    }

    /// Runs a command; the model's time moves with the transaction, whatever becomes of it.
    pub(super) async fn run<C: Command>(&mut self, command: C) -> Result<C::Verdict, RefusalCode> {
        self.model.passes(now_us(&self.clock.clock()));
        self.hub.run(command).await.map_err(code)
    }

    async fn submit(&mut self, batches: Vec<Batch>) {
        let requests: Vec<_> = batches.iter().map(request).collect();
        self.model.passes(now_us(&self.clock.clock()));
        let running: Vec<_> =
            requests.iter().zip(&batches).map(|(request, batch)| self.start(batch.agency, request)).collect();
        // All of them are handed in before anybody looks at an answer.
        let answers = join_all(running).await;
        // Their order is the ledger's; one without a leaf of its own stands before whoever took the next.
        let mut done: Vec<_> = batches.iter().zip(&requests).zip(answers).collect();
        let place = |accepted: &SubmissionAccepted| (accepted.first_leaf_index, accepted.leaf_count);
        done.sort_by_key(|(_, answer)| answer.as_ref().map_or((0, 0), place));
        let mut time_us = self.model.time_us;
        for ((batch, request), answer) in done {
            // Whether two of them share a transaction, and so a time, is the hub's matter.
            if let Ok(accepted) = &answer {
                let taken = accepted.recorded_at_us;
                assert!(
                    (time_us..time_us + EACH_LATER).contains(&taken),
                    "{taken} is not soon after {time_us}"
                );
                time_us = taken;
                self.model.time_us = taken;
            }
            let expected = self.model.submit(batch, request, self.store.target_ids());
            self.compare(answer, expected.map(|place| (place, false)));
        }
        // Transactions in which all was refused have had a time too.
        const LAST: &str = "SELECT last_time_us FROM head";
        let last_us: i64 =
            query_scalar(LAST).fetch_one(&mut self.store.reader().await.unwrap()).await.unwrap();
        assert!((time_us..time_us + EACH_LATER).contains(&last_us), "{last_us} is not soon after {time_us}");
        self.model.time_us = last_us;
    }

    async fn replay(&mut self, which: &Index) {
        let Some((place, agency, request)) = self.some_submission(which) else { return };
        let answer = self.submit_again(agency, &request).await;
        let expected = self.model.barred(agency).map_or(Ok((place, true)), Err);
        self.compare(answer, expected);
    }

    async fn conflict(&mut self, which: &Index, change: Change) {
        let Some((_, agency, mut request)) = self.some_submission(which) else { return };
        let alone = request.referrals.len() == 1;
        let first = request.referrals.first_mut().unwrap();
        match change {
            Change::Spelling => first.link.push('x'),
            Change::Note => first.note.push('x'),
            Change::Salt => first.salt[0] ^= 1,
            Change::Case => request.case_number.push('x'),
            Change::OneLess if alone => first.link.push('x'),
            Change::OneLess => drop(request.referrals.pop()),
        }
        let answer = self.submit_again(agency, &request).await;
        let expected = Err(self.model.barred(agency).unwrap_or(RefusalCode::IdConflict));
        self.compare(answer, expected);
    }

    async fn same_id(&mut self, which: &Index, batch: Batch) {
        let Some((_, agency, other)) = self.some_submission(which) else { return };
        let used = |s: &super::expected::Submission| {
            s.agency == batch.agency && s.request.submission_id == other.submission_id
        };
        if agency == batch.agency || self.model.submissions.iter().any(used) {
            return;
        }
        let request = SubmitRequest { submission_id: other.submission_id, ..request(&batch) };
        let answer = self.submit_again(batch.agency, &request).await;
        let expected = self.model.submit(&batch, &request, self.store.target_ids());
        self.compare(answer, expected.map(|place| (place, false)));
    }

    fn compare(
        &mut self,
        answer: Result<SubmissionAccepted, RefusalCode>,
        expected: Result<(usize, bool), RefusalCode>,
    ) {
        let expected =
            expected.map(|(place, repeated)| self.model.answer(place, repeated, self.store.target_ids()));
        let answer = answer.map(|mut accepted| {
            for one in &mut accepted.answers {
                assert_eq!(one.refusal.take().is_some(), one.verdict() == Verdict::Refused);
            }
            let leaves = self.model.leaf_hashes(accepted.first_leaf_index, accepted.leaf_count);
            verify_receipt(accepted.receipt.take(), &leaves, &self.hub.ledger().vkeys());
            accepted
        });
        assert_eq!(answer, expected);
    }

    async fn case_command(&mut self, agency: usize, what: CaseRequest) {
        let answer = self.run_case(agency, &what).await;
        let expected = self.model.run_case(agency, what);
        assert_eq!(answer, expected);
    }

    async fn replay_case(&mut self, which: &Index, same: bool) {
        if self.model.case_commands.is_empty() {
            return;
        }
        let known = which.get(&self.model.case_commands);
        let (agency, mut what, stood) = (known.agency, known.what.clone(), known.stood);
        if !same {
            match &mut what {
                CaseRequest::Open(request) => request.salt[0] ^= 1,
                CaseRequest::Close(request) => request.reason.push('x'),
            }
        }
        let answer = self.run_case(agency, &what).await;
        let expected = match self.model.barred(agency) {
            Some(code) => Err(code),
            None if same => Ok(stood),
            None => Err(RefusalCode::IdConflict),
        };
        assert_eq!(answer, expected);
    }

    async fn run_case(&mut self, agency: usize, what: &CaseRequest) -> Result<bool, RefusalCode> {
        let caller = AGENCIES[agency].parse().unwrap();
        match what {
            CaseRequest::Close(request) => {
                let command = CloseCase::parse(caller, request.clone()).unwrap();
                self.run(command).await.map(|answer| answer.closed_already)
            }
            CaseRequest::Open(request) => {
                let command = OpenCase::parse(caller, request.clone()).unwrap();
                let answer = self.run(command).await?;
                let number = &request.case.as_ref().unwrap().number;
                let known = self.model.agencies[agency].cases.get(number);
                let (case, closed) = known.map_or_else(
                    || (request.case.clone().unwrap(), false),
                    |known| (known.case.clone(), known.closed),
                );
                let state = if closed { CaseState::Closed } else { CaseState::Open };
                assert_eq!((answer.case.clone(), answer.state()), (Some(case), state));
                Ok(answer.stood_already)
            }
        }
    }

    async fn set_state(&mut self, agency: usize, suspended: bool) {
        let (state, salt) = (if suspended { AgencyState::Suspended } else { AgencyState::Active }, salt());
        let id = AGENCIES[agency].parse().unwrap();
        let command = SetAgencyState::parse(id, state, "model".into(), salt).unwrap();
        let changed = self.run(command).await.unwrap();
        assert_eq!(changed, self.model.set_state(agency, suspended, salt));
    }

    async fn restart(&mut self) {
        let ids = self.store.target_ids().id(meldeverbund_domain::TargetNo(1));
        // The old hub must be gone before its tasks can end.
        let store = Store::open(self.store.database()).await.unwrap();
        let (hub, tasks) = Hub::start(
            store.clone(),
            self.clock.clock(),
            &LedgerFiles::in_folder(DOMAIN, self.folder.path()),
        )
        .await
        .unwrap();
        drop(std::mem::replace(&mut self.hub, hub));
        self.tasks.replace(tasks).unwrap().end().await;
        self.store = store;
        assert_eq!(self.store.target_ids().id(meldeverbund_domain::TargetNo(1)), ids);
    }

    fn start<'a>(
        &'a self,
        agency: usize,
        request: &SubmitRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<SubmissionAccepted, RefusalCode>> + 'a>> {
        let caller = AGENCIES[agency].parse().unwrap();
        let command = Submit::parse(
            caller,
            request,
            &StatementKeys::default(),
            self.store.target_ids().clone(),
            Policies::default(),
        )
        .unwrap();
        Box::pin(self.hub.run(command).map(|answer| answer.map_err(code)))
    }

    async fn submit_again(
        &mut self,
        agency: usize,
        request: &SubmitRequest,
    ) -> Result<SubmissionAccepted, RefusalCode> {
        self.model.passes(now_us(&self.clock.clock()));
        self.start(agency, request).await
    }

    fn some_submission(&self, which: &Index) -> Option<(usize, usize, SubmitRequest)> {
        let submissions = &self.model.submissions;
        (!submissions.is_empty()).then(|| {
            let place = which.index(submissions.len());
            (place, submissions[place].agency, submissions[place].request.clone())
        })
    }
}

fn request(batch: &Batch) -> SubmitRequest {
    let referrals = batch.links.iter().map(|link| referral(&link.text())).collect();
    let case_number = case_number(batch.agency, batch.case);
    SubmitRequest {
        submission_id: uuid(),
        instance_id: INSTANCE.into(),
        case_number,
        referrals,
        signature: None,
    }
}

fn open_case(agency: usize, case: usize) -> OpenCaseRequest {
    let number = case_number(agency, case);
    // Whoever opens it a second time may write something else: the case stays as it was opened.
    let (unit, kind) = (format!("D {}", &uuid()[..8]), CaseKind::Proceedings.into());
    let case = Case { number, unit, kind, ..Case::default() };
    OpenCaseRequest { command_id: uuid(), salt: salt().as_bytes().to_vec(), case: Some(case) }
}

fn code(failure: Failure) -> RefusalCode {
    match failure {
        Failure::Refused(Refusal { code, reason, .. }) => {
            assert!(!reason.is_empty(), "a refusal says why");
            RefusalCode::try_from(code).unwrap()
        }
        Failure::Ledger(error) => panic!("{error:?}"),
        Failure::Store(error) => panic!("{error:?}"),
    }
}
