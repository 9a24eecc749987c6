//! Runs what is decided on targets and on pairs, on the hub and on the model.

use std::collections::BTreeSet;

use meldeverbund_domain::{AgencyNo, life::Finding as Found, order::Order};
use meldeverbund_hub::flow::{Decide, Duplicates, DuplicatesRequest, Judged, Policies, StatementKeys};
use meldeverbund_proto::{
    statement::Act as Judging,
    v1::{
        AcceptOwnership, AdoptGates, AssignOwner, CloseRound, Consent, LiftHold, NotifiedElsewhere,
        OffenceClass, Outcome, OwnerBasis, Refusal, RefusalCode, RenewHold, ReopenRound, ReportElsewhere,
        ReturnGrant, decide_request::Decision,
    },
};
use proptest::sample::Index;

use super::{
    merged::HOUR_US,
    ops::{AGENCIES, Act, CENTRAL, GATES, Who},
    world::World,
};
use crate::{
    decisions::{gates, hold, request_grant},
    duplicates,
    harness::{decision_on, verify_receipt},
};

impl World {
    pub(super) async fn decide(&mut self, who: Who, target: usize, act: Act) {
        if !self.model.books.targets.contains_key(&target) {
            return;
        }
        let agency = match act {
            // Nobody else may.
            Act::Assign { .. } => CENTRAL,
            _ => self.agency(who, target),
        };
        let (decision, order) = self.order(act);
        self.take(agency, target, decision, &order).await;
    }

    pub(super) async fn ready(&mut self, target: usize) {
        if !self.model.books.targets.contains_key(&target) {
            return;
        }
        let owner = self.agency(Who::Owner, target);
        let state = &self.model.books.targets[&self.model.books.root(target)].state;
        if !state.target.is_open() || self.model.barred(owner).is_some() {
            return;
        }
        let others: Vec<_> = state.open_windows().map(|one| index(one.agency)).collect();
        let holders: BTreeSet<_> = state.life.holds.iter().map(|hold| index(hold.by)).collect();
        let own = [Act::Accept].into_iter().chain((0..GATES).map(Act::Gate)).map(|act| (owner, act));
        let others = others.into_iter().map(|agency| (agency, Act::Consent));
        let lifts = holders.into_iter().map(|agency| (agency, Act::Lift));
        for (agency, act) in own.chain(others).chain(lifts).chain([(owner, Act::Grant)]).collect::<Vec<_>>() {
            let (decision, order) = self.order(act);
            self.take(agency, target, decision, &order).await;
        }
    }

    async fn take(&mut self, agency: usize, target: usize, decision: Decision, order: &Order) {
        let ids = self.store.target_ids().clone();
        let no = self.model.books.targets[&target].state.target.no;
        let request = decision_on(&[ids.id(no).to_string()], decision);
        let (keys, caller) = (StatementKeys::default(), AGENCIES[agency].parse().unwrap());
        let command =
            Decide::parse(caller, request.clone(), &keys, ids.clone(), Policies::default()).unwrap();
        let answer = self.run(command).await;
        let expected = self.model.decide(agency, target, (&request, order), &ids);
        let answer = answer.map(|mut decided| {
            decided.answers.iter_mut().for_each(|answer| without_words(&mut answer.refusal));
            let leaves = self.model.leaf_hashes(decided.leaf_index, 1);
            verify_receipt(decided.receipt.take(), &leaves, &self.hub.ledger().vkeys());
            decided
        });
        assert_eq!(answer, expected);
    }

    pub(super) async fn judge(&mut self, merges: bool, pairs: Vec<(usize, usize)>, dry_run: bool) {
        let act = if merges { Judging::Merge } else { Judging::Reject };
        self.on_pairs(act, pairs, dry_run).await;
    }

    pub(super) async fn split(&mut self, names: Vec<(usize, Option<usize>)>, dry_run: bool) {
        let books = &self.model.books;
        let pairs = names.into_iter().map(|(name, from)| (name, from.unwrap_or_else(|| books.root(name))));
        let pairs = pairs.collect();
        self.on_pairs(Judging::Split, pairs, dry_run).await;
    }

    /// Of the pairs those that the hub knows.
    async fn on_pairs(&mut self, act: Judging, mut pairs: Vec<(usize, usize)>, dry_run: bool) {
        let known = &self.model.books.targets;
        pairs.retain(|(one, other)| known.contains_key(one) && known.contains_key(other));
        if pairs.is_empty() {
            return;
        }
        let id = |target| self.store.target_ids().id(known[&target].state.target.no);
        let ids = pairs.iter().map(|(one, other)| (id(*one), id(*other))).collect();
        let request = DuplicatesRequest { pairs: ids, dry_run, ..duplicates::request(act, &[]) };
        self.found(request, &pairs, None).await;
    }

    pub(super) async fn undo(&mut self, which: Option<Index>) {
        let decided = self.model.judgements.len();
        if decided == 0 {
            return;
        }
        let place = which.map_or(decided - 1, |which| which.index(decided));
        let undone = Some(self.model.judgements[place].request.command);
        let request = DuplicatesRequest { undone, ..duplicates::request(Judging::Undo, &[]) };
        self.found(request, &[], Some(place)).await;
    }

    async fn found(&mut self, request: DuplicatesRequest, pairs: &[(usize, usize)], undone: Option<usize>) {
        let answer = self.run_judged(request.clone()).await;
        let ids = self.store.target_ids().clone();
        assert_eq!(answer, self.model.judge(&request, pairs, undone, &ids));
    }

    pub(super) async fn replay_judged(&mut self, which: &Index) {
        if self.model.judgements.is_empty() {
            return;
        }
        let known = which.get(&self.model.judgements).clone();
        let answer = self.run_judged(known.request).await;
        let barred = self.model.barred(CENTRAL);
        assert_eq!(answer, barred.map_or(Ok(Judged { repeated: true, ..known.said }), Err));
    }

    async fn run_judged(&mut self, request: DuplicatesRequest) -> Result<Judged, RefusalCode> {
        let (keys, ids) = (StatementKeys::default(), self.store.target_ids().clone());
        let caller = AGENCIES[CENTRAL].parse().unwrap();
        let command = Duplicates::parse(caller, request, &keys, ids, Policies::default()).unwrap();
        let mut judged = self.run(command).await?;
        judged.answers.iter_mut().for_each(|answer| without_words(&mut answer.refusal));
        Ok(judged)
    }

    fn agency(&self, who: Who, target: usize) -> usize {
        let state = &self.model.books.targets[&self.model.books.root(target)].state;
        match who {
            Who::Any(agency) => agency,
            Who::Bound(n) if !state.interests.is_empty() => {
                index(state.interests[n % state.interests.len()].agency)
            }
            Who::Owner | Who::Bound(_) => index(state.owner()),
        }
    }

    /// As it is sent, and as the rules are asked.
    fn order(&self, act: Act) -> (Decision, Order) {
        let agency = |to: usize| AgencyNo(to as i64 + 1);
        match act {
            Act::Hold => (hold(), Order::PlaceHold { until_us: None, on_behalf: false }),
            Act::Renew { days } => {
                let until_us = self.model.time_us + days * 24 * HOUR_US;
                let renew = RenewHold { until_us, reason: "goes on".into(), ..RenewHold::default() };
                (Decision::RenewHold(renew), Order::RenewHold { hold: None, until_us: Some(until_us) })
            }
            Act::Lift => {
                let lift = LiftHold { reason: "over".into(), ..LiftHold::default() };
                (Decision::LiftHold(lift), Order::LiftHold { hold: None })
            }
            Act::Gate(n) => {
                let finding = Found::Unlawful(OffenceClass::Stgb184b.into());
                let orders = [
                    Order::Assess { finding, automatic: false },
                    Order::SecureEvidence,
                    Order::SettleProviderData,
                    Order::Release { until_us: None },
                ];
                (gates()[n].clone(), orders[n].clone())
            }
            Act::Adopt => (Decision::AdoptGates(AdoptGates::default()), Order::AdoptGates(Vec::new())),
            Act::Consent => (Decision::Consent(Consent::default()), Order::Consent { of: None }),
            Act::Accept => (Decision::AcceptOwnership(AcceptOwnership::default()), Order::AcceptOwnership),
            Act::Grant => (request_grant(), Order::RequestGrant),
            Act::ReturnGrant => (Decision::ReturnGrant(ReturnGrant::default()), Order::ReturnGrant),
            Act::Close => {
                let outcome = Outcome::NotForwardable;
                let close = CloseRound {
                    outcome: outcome.into(),
                    reason: "nobody to ask".into(),
                    ..CloseRound::default()
                };
                (Decision::CloseRound(close), Order::CloseRound(outcome))
            }
            Act::Reopen => (
                Decision::ReopenRound(ReopenRound { seen_at_us: 1, means: "seen".into() }),
                Order::ReopenRound,
            ),
            Act::Elsewhere => {
                let by = NotifiedElsewhere { by: "a hotline".into(), at_us: 1, reference: "1/26".into() };
                (Decision::ReportElsewhere(ReportElsewhere { notified: Some(by) }), Order::ReportElsewhere)
            }
            Act::Assign { to, by_prosecutor } => {
                let basis = if by_prosecutor { OwnerBasis::Prosecutor } else { OwnerBasis::Assignment };
                let assign = AssignOwner {
                    agency_id: AGENCIES[to].into(),
                    basis: basis.into(),
                    decider: "GStA".into(),
                    reference: "1 AR 1/26".into(),
                };
                (Decision::AssignOwner(assign), Order::AssignOwner { to: agency(to), basis })
            }
        }
    }
}

fn index(agency: AgencyNo) -> usize {
    usize::try_from(agency.0 - 1).unwrap()
}

/// What a refusal says is for people; the model knows its code.
fn without_words(refusal: &mut Option<Refusal>) {
    if let Some(refusal) = refusal {
        assert!(!refusal.reason.is_empty(), "a refusal says why");
        *refusal = Refusal::of(refusal.code(), "");
    }
}
