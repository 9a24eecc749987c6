//! The ledger, read as a stranger would: what was decided, in the one order.

use std::collections::{BTreeMap, HashMap, HashSet};

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    TargetId,
    leaf::Kind,
    statement::{DecisionStatement, ReferralDecision, ReferralStatement},
    v1::{
        DecideRequest, DecisionRecord, RefusalCode, Responsibility, Stage, TargetRecord, Verdict,
        decide_request::Decision,
    },
};
use prost::Message as _;

use super::stores::Store;
use crate::{
    hub::News,
    world::{AGENCIES, NODES, World},
};

/// In a feed row, instead of a decision's place in the contract.
const REFERRAL: u8 = 1;

/// What happened, by leaf.
pub(super) struct Ledger {
    leaves: usize,
    /// Referrals: leaf and target.
    pub(super) referrals: Vec<(u64, String)>,
    /// Those of them that changed something of a target.
    news: HashSet<u64>,
    /// Where each target stood after its last leaf.
    last: HashMap<String, Standing>,
    pub(super) steps: Vec<Step>,
    /// Decisions on what is one: which targets, by leaf.
    judged: HashMap<u64, HashSet<String>>,
    /// Targets that are another name of one in the end.
    names: HashSet<String>,
}

/// Where a target stands, as far as one leaf says.
struct Standing {
    owner: String,
    basis: i32,
    round: u32,
    /// What only decisions and deadlines say: stage, firmness, fence.
    decided: Option<(Stage, Responsibility, u64)>,
}

/// A decision, or deadlines that had passed.
pub(super) struct Step {
    pub(super) leaf: u64,
    /// Who decided.
    pub(super) agency: AgencyNo,
    /// None: deadlines.
    pub(super) request: Option<DecideRequest>,
    pub(super) targets: Vec<TargetRecord>,
}

impl Standing {
    fn after(target: &TargetRecord) -> Self {
        Self {
            owner: target.owner_agency_id.clone(),
            basis: target.owner_basis,
            round: target.round,
            decided: Some((target.stage(), target.responsibility(), target.fence)),
        }
    }
}

impl Step {
    pub(super) fn decision(&self) -> Option<&Decision> {
        self.request.as_ref()?.decision.as_ref()
    }

    /// The targets on which it took effect, each once: of one that was named by two ids, the second says nothing more.
    pub(super) fn taken(&self) -> impl Iterator<Item = (String, &TargetRecord)> {
        let taken = self.targets.iter().filter(|target| target.took_effect());
        taken.map(|target| (id_of(target), target))
    }
}

impl Ledger {
    /// Reads it; its leaves are numbered without gaps, in the order of their times.
    pub(super) async fn read(world: &World) -> Self {
        let events = world.hub.ledger().await;
        let (mut referrals, mut steps, mut last) = (Vec::new(), Vec::new(), HashMap::new());
        let (mut news, mut judged, mut names) = (HashSet::new(), HashMap::new(), HashSet::new());
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
                    let (_, referral) = ReferralStatement::decode(&event.statement, &event.salt).unwrap();
                    if decision.verdict != Verdict::AlreadyYours || !referral.urgency_reason.is_empty() {
                        news.insert(leaf);
                    }
                    let standing = Standing {
                        owner: decision.owner.to_string(),
                        basis: decision.basis.into(),
                        round: decision.round,
                        decided: None,
                    };
                    last.insert(decision.target.to_string(), standing);
                    referrals.push((leaf, decision.target.to_string()));
                }
                Kind::Decision | Kind::Deadline => {
                    let said = event.kind == Kind::Decision;
                    let request = said.then(|| DecisionStatement::decode(&event.statement).unwrap());
                    let DecisionRecord { targets } = DecisionRecord::decode(&event.decision[..]).unwrap();
                    let step = Step { leaf, agency: event.agency, request, targets };
                    last.extend(step.taken().map(|(id, target)| (id, Standing::after(target))));
                    steps.push(step);
                }
                Kind::Duplicates => {
                    let DecisionRecord { targets } = DecisionRecord::decode(&event.decision[..]).unwrap();
                    for target in &targets {
                        let id = id_of(target);
                        if target.merged_into.is_empty() {
                            names.remove(&id);
                            last.insert(id, Standing::after(target));
                        } else {
                            last.remove(&id);
                            names.insert(id);
                        }
                    }
                    judged.insert(leaf, targets.iter().map(id_of).collect());
                }
                _ => {}
            }
        }
        Self { leaves: events.len(), referrals, news, last, steps, judged, names }
    }

    /// Whether a target was ever merged or split: what its history says is that of more than one target, and what the hub makes
    /// of it is shown where it decides ([`meldeverbund_domain`]'s own tests).
    pub(super) fn is_family(&self, target: &str) -> bool {
        self.judged.values().any(|targets| targets.contains(target))
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// Every target that was ever referred, but those that are another's name in the end.
    pub(super) fn targets(&self) -> Vec<String> {
        let mut targets: Vec<String> = self.referrals.iter().map(|(_, target)| target.clone()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets.retain(|target| !self.names.contains(target));
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
            let same = |(recorded, asked): (&TargetRecord, &String)| {
                id_of(recorded) == *asked || self.is_family(&id_of(recorded)) && self.is_family(asked)
            };
            assert!(step.targets.iter().zip(&batch.request.target_ids).all(same));
        }
        assert!(recorded.is_empty(), "nobody decided {:?}", recorded.keys());
    }

    /// A target's fence never goes back, and each grant has a larger one than all before.
    pub(super) fn fences_only_grow(&self) {
        let mut fences: HashMap<String, u64> = HashMap::new();
        for step in &self.steps {
            for (id, target) in step.taken().filter(|(id, _)| !self.is_family(id)) {
                let before = fences.insert(id, target.fence).unwrap_or(0);
                let grown = match step.decision() {
                    Some(Decision::RequestGrant(_)) => before < target.fence,
                    _ => before <= target.fence,
                };
                assert!(grown, "leaf {}: after fence {before} came {}", step.leaf, target.fence);
            }
        }
    }

    /// What the hub shows is what the last leaf of the target says: nothing changes beside the ledger.
    pub(super) async fn is_what_stands(&self, world: &World) {
        let targets = self.targets();
        for (target, shown) in
            targets.iter().zip(world.hub.show(world.offices[0].line.peer(), targets.clone()).await)
        {
            let Standing { owner, basis, round, decided } = &self.last[target];
            assert_eq!((&shown.target_id, &shown.owner_agency_id), (target, owner));
            assert_eq!((shown.owner_basis, shown.round), (*basis, *round), "of {target}");
            if let Some((stage, responsibility, _)) = decided {
                assert_eq!((shown.stage(), shown.responsibility()), (*stage, *responsibility), "of {target}");
            }
        }
        for office in &world.offices {
            for shown in world.hub.show(office.line.peer(), targets.clone()).await {
                if let Some((.., fence)) = self.last[&shown.target_id].decided {
                    assert!([0, fence].contains(&shown.fence), "of {}", shown.target_id);
                }
            }
        }
    }

    /// Whether a leaf says what the news tells.
    pub(super) fn knows(&self, news: &News) -> bool {
        let Some((what, targets)) = &news.changed else { return true };
        if *what == REFERRAL {
            return self.referrals.iter().any(|(leaf, _)| *leaf == news.leaf);
        }
        if let Some(judged) = self.judged.get(&news.leaf) {
            return targets.iter().filter(|target| judged.contains(*target)).count() >= 2;
        }
        let step = self.steps.iter().find(|step| step.leaf == news.leaf);
        step.is_some_and(|step| {
            let taken: HashSet<String> = step.taken().map(|(id, _)| id).collect();
            (*what == 0) == step.request.is_none() && targets.iter().all(|target| taken.contains(target))
        })
    }

    /// The hub tells each step of a target once, in order; to the central office all of them.
    pub(super) async fn timelines_tell_it(&self, world: &World) {
        let mut steps: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for step in &self.steps {
            for (id, _) in step.taken() {
                steps.entry(id).or_default().push(step.leaf);
            }
        }
        for target in self.targets().into_iter().filter(|target| !self.is_family(target)) {
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
                let known: HashSet<_> =
                    self.referrals.iter().filter(|(_, id)| *id == target).map(|(leaf, _)| *leaf).collect();
                if office.agency == AGENCIES[0] {
                    assert_eq!(others, steps, "of {target}");
                    let told: HashSet<_> = referrals.iter().map(|entry| entry.leaf_index).collect();
                    let untold: Vec<_> = known
                        .iter()
                        .filter(|leaf| self.news.contains(leaf) && !told.contains(leaf))
                        .collect();
                    assert!(untold.is_empty(), "of {target} leaves {untold:?} are not told");
                }
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
