//! The ledger, read as a stranger would: what was decided, in the one order.

use std::collections::{BTreeMap, HashMap, HashSet};

use meldeverbund_proto::{
    TargetId,
    leaf::Kind,
    statement::{DecisionStatement, ReferralDecision},
    v1::{DecideRequest, DecisionRecord, RefusalCode, TargetRecord, decide_request::Decision},
};
use prost::Message as _;

use super::stores::Store;
use crate::world::{AGENCIES, NODES, World};

/// What happened, by leaf.
pub(super) struct Ledger {
    leaves: usize,
    /// Referrals: leaf and target.
    pub(super) referrals: Vec<(u64, String)>,
    pub(super) steps: Vec<Step>,
}

/// A decision, or deadlines that had passed.
pub(super) struct Step {
    pub(super) leaf: u64,
    /// None: deadlines.
    pub(super) request: Option<DecideRequest>,
    pub(super) targets: Vec<TargetRecord>,
}

impl Step {
    pub(super) fn decision(&self) -> Option<&Decision> {
        self.request.as_ref()?.decision.as_ref()
    }

    /// The targets on which it took effect.
    pub(super) fn taken(&self) -> impl Iterator<Item = (String, &TargetRecord)> {
        let taken = self.targets.iter().filter(|target| target.refusal() == RefusalCode::Unspecified);
        taken.map(|target| (id_of(target), target))
    }
}

impl Ledger {
    /// Reads it; its leaves are numbered without gaps, in the order of their times.
    pub(super) async fn read(world: &World) -> Self {
        let events = world.hub.ledger().await;
        let (mut referrals, mut steps) = (Vec::new(), Vec::new());
        assert!(
            events.iter().map(|event| event.leaf_index).eq(0..events.len() as i64),
            "the ledger has gaps"
        );
        assert!(events.is_sorted_by_key(|event| event.recorded_at_us), "the ledger goes back in time");
        assert_eq!(events.len() as i64, world.hub.counts().await.leaves);
        for event in &events {
            let leaf = event.leaf_index.cast_unsigned();
            match event.kind {
                Kind::Referral => {
                    let decision = ReferralDecision::decode(&event.decision).unwrap();
                    referrals.push((leaf, decision.target.to_string()));
                }
                Kind::Decision | Kind::Deadline => {
                    let said = event.kind == Kind::Decision;
                    let request = said.then(|| DecisionStatement::decode(&event.statement).unwrap());
                    let DecisionRecord { targets } = DecisionRecord::decode(&event.decision[..]).unwrap();
                    steps.push(Step { leaf, request, targets });
                }
                _ => {}
            }
        }
        Self { leaves: events.len(), referrals, steps }
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// Every target that was ever referred.
    pub(super) fn targets(&self) -> Vec<String> {
        let mut targets: Vec<String> = self.referrals.iter().map(|(_, target)| target.clone()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Each decision that a node was answered is one leaf, with the same answers, and there are no others: nothing was
    /// lost, nothing was carried out twice, nothing that was given up was carried out.
    pub(super) fn answers_are_what_was_recorded(&self, stores: &[Store]) {
        let mut recorded: HashMap<&str, &Step> = HashMap::new();
        for step in &self.steps {
            if let Some(request) = &step.request {
                let before = recorded.insert(&request.command_id, step);
                assert!(before.is_none(), "{} is recorded twice", request.command_id);
            }
        }
        for (node, batch) in stores
            .iter()
            .enumerate()
            .flat_map(|(node, store)| store.batches.iter().map(move |one| (node, one)))
        {
            let id = &batch.request.command_id;
            let step = recorded.remove(id.as_str());
            let Some(decided) = &batch.decided else {
                assert!(step.is_none(), "{id} was given up by {:?} and carried out", NODES[node]);
                continue;
            };
            let step = step.unwrap_or_else(|| panic!("{id} of {:?} was answered, not recorded", NODES[node]));
            assert_eq!(step.leaf, decided.leaf_index);
            assert_eq!(step.decision(), batch.request.decision.as_ref());
            let refusal = |refusal: &meldeverbund_proto::v1::Refusal| refusal.code();
            let said: Vec<_> = (decided.answers.iter())
                .map(|answer| answer.refusal.as_ref().map_or(RefusalCode::Unspecified, refusal))
                .collect();
            assert!(
                step.targets.iter().map(|target| target.refusal()).eq(said),
                "{id} was answered otherwise"
            );
            assert!(step.targets.iter().map(id_of).eq(batch.request.target_ids.iter().cloned()));
        }
        assert!(recorded.is_empty(), "nobody decided {:?}", recorded.keys());
    }

    /// A target's fence never goes back, and each grant has a larger one than all before.
    pub(super) fn fences_only_grow(&self) {
        let mut fences: HashMap<String, u64> = HashMap::new();
        for step in &self.steps {
            for (id, target) in step.taken() {
                let before = fences.insert(id, target.fence).unwrap_or(0);
                let grown = match step.decision() {
                    Some(Decision::RequestGrant(_)) => before < target.fence,
                    _ => before <= target.fence,
                };
                assert!(grown, "leaf {}: after fence {before} came {}", step.leaf, target.fence);
            }
        }
    }

    /// The hub tells each step of a target once, in order; to the central office all of them.
    pub(super) async fn timelines_tell_it(&self, world: &World) {
        let mut steps: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for step in &self.steps {
            for (id, _) in step.taken() {
                steps.entry(id).or_default().push(step.leaf);
            }
        }
        for target in self.targets() {
            let mut told = 0;
            for office in &world.offices {
                let Some(explained) = world.hub.explain(office.line.peer(), target.clone()).await else {
                    continue;
                };
                told += 1;
                let timeline = explained.timeline;
                assert!(timeline.windows(2).all(|pair| pair[0].leaf_index < pair[1].leaf_index));
                let (referrals, others): (Vec<_>, Vec<_>) =
                    timeline.iter().partition(|entry| entry.what == "referral");
                let others: Vec<u64> = others.iter().map(|entry| entry.leaf_index).collect();
                let steps = steps.get(&target).map_or(&[][..], Vec::as_slice);
                // To others it tells what is their business.
                if office.agency == AGENCIES[0] {
                    assert_eq!(others, steps, "of {target}");
                }
                let known: HashSet<_> =
                    self.referrals.iter().filter(|(_, id)| *id == target).map(|(leaf, _)| *leaf).collect();
                // Of another's referral some learn no more than that something has changed.
                let happened = |leaf: &u64| steps.contains(leaf) || known.contains(leaf);
                assert!(others.iter().all(happened), "{others:?} of {target}: {steps:?}");
                assert!(referrals.iter().all(|entry| known.contains(&entry.leaf_index)));
            }
            assert!(told > 0, "{target} is nobody's");
        }
    }
}

fn id_of(target: &TargetRecord) -> String {
    TargetId::from_bytes(target.target_id[..].try_into().unwrap()).to_string()
}
