//! The ledger, read as a stranger would: what was decided, in the one order.

use std::collections::{HashMap, HashSet};

use meldeverbund_domain::AgencyNo;
use meldeverbund_hub::store::EventRow;
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
    world::{NODES, World},
};

/// In a feed row, instead of a decision's place in the contract.
const REFERRAL: u8 = 1;

/// What happened, by leaf.
pub(super) struct Ledger {
    leaves: usize,
    pub(super) referrals: Vec<Referred>,
    /// Those of them that changed something of a target.
    pub(super) news: HashSet<u64>,
    /// Where each target stood after its last leaf.
    last: HashMap<String, Standing>,
    pub(super) steps: Vec<Step>,
    /// Decisions on what is one.
    pub(super) judged: Vec<Judged>,
    /// Targets that are another name of one in the end: of which, and since which leaf.
    pub(super) names: HashMap<String, (String, u64)>,
}

/// A referral.
pub(super) struct Referred {
    pub(super) leaf: u64,
    pub(super) target: String,
    pub(super) verdict: Verdict,
    pub(super) owner: String,
    pub(super) basis: i32,
    pub(super) round: u32,
}

/// What the central office decided on what is one.
pub(super) struct Judged {
    pub(super) leaf: u64,
    pub(super) what: Said,
}

pub(super) enum Said {
    /// It took no effect.
    Nothing,
    Merge {
        whole: TargetRecord,
        name: TargetRecord,
    },
    Split {
        rest: TargetRecord,
        own: TargetRecord,
    },
}

/// One leaf of the story.
pub(super) enum Turn<'a> {
    Referred(&'a Referred),
    Taken(&'a Step),
    Judged(&'a Judged),
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
    /// The targets that go on for the ids that the request names.
    asked: Vec<String>,
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
        self.taken_at().map(|(_, target)| (id_of(target), target))
    }

    /// The same with their places in the request.
    pub(super) fn taken_at(&self) -> impl Iterator<Item = (usize, &TargetRecord)> {
        self.targets.iter().enumerate().filter(|(_, target)| target.took_effect())
    }
}

impl Judged {
    /// Which targets it says something of.
    pub(super) fn targets(&self) -> Vec<&TargetRecord> {
        match &self.what {
            Said::Nothing => Vec::new(),
            Said::Merge { whole, name } => vec![whole, name],
            Said::Split { rest, own } => vec![rest, own],
        }
    }

    fn read(leaf: u64, event: &EventRow, names: &HashMap<String, (String, u64)>) -> Self {
        let DecisionRecord { targets } = DecisionRecord::decode(&event.decision[..]).unwrap();
        let what = match <[TargetRecord; 2]>::try_from(targets) {
            Err(targets) => {
                assert!(targets.is_empty(), "leaf {leaf}: {targets:?}");
                Said::Nothing
            }
            Ok([a, b]) if !b.merged_into.is_empty() => Said::Merge { whole: a, name: b },
            Ok([a, b]) if !a.merged_into.is_empty() => Said::Merge { whole: b, name: a },
            Ok([a, b]) if names.contains_key(&id_of(&a)) => Said::Split { rest: b, own: a },
            Ok([a, b]) => Said::Split { rest: a, own: b },
        };
        if let Said::Merge { whole, name } = &what {
            assert_eq!(whole.target_id, name.merged_into, "leaf {leaf}");
        }
        Self { leaf, what }
    }
}

impl Ledger {
    /// Reads it; its leaves are numbered without gaps, in the order of their times.
    pub(super) async fn read(world: &World) -> Self {
        let events = world.hub.ledger().await;
        let (mut referrals, mut steps, mut last) = (Vec::new(), Vec::new(), HashMap::new());
        let (mut news, mut judged, mut names) = (HashSet::new(), Vec::new(), HashMap::new());
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
                    referrals.push(Referred {
                        leaf,
                        target: decision.target.to_string(),
                        verdict: decision.verdict,
                        owner: decision.owner.to_string(),
                        basis: decision.basis.into(),
                        round: decision.round,
                    });
                }
                Kind::Decision | Kind::Deadline => {
                    let said = event.kind == Kind::Decision;
                    let request = said.then(|| DecisionStatement::decode(&event.statement).unwrap());
                    let DecisionRecord { targets } = DecisionRecord::decode(&event.decision[..]).unwrap();
                    let ids = request.iter().flat_map(|request| &request.target_ids);
                    let asked = ids.map(|id| root(&names, id)).collect();
                    let step = Step { leaf, agency: event.agency, request, targets, asked };
                    last.extend(step.taken().map(|(id, target)| (id, Standing::after(target))));
                    steps.push(step);
                }
                Kind::Duplicates => {
                    let said = Judged::read(leaf, event, &names);
                    match &said.what {
                        Said::Nothing => {}
                        Said::Merge { whole, name } => {
                            names.insert(id_of(name), (id_of(whole), leaf));
                            last.remove(&id_of(name));
                            last.insert(id_of(whole), Standing::after(whole));
                        }
                        Said::Split { rest, own } => {
                            names.remove(&id_of(own)).expect("it was a name");
                            last.extend([rest, own].map(|target| (id_of(target), Standing::after(target))));
                        }
                    }
                    judged.push(said);
                }
                _ => {}
            }
        }
        Self { leaves: events.len(), referrals, news, last, steps, judged, names }
    }

    /// Its leaves on targets, in their order.
    pub(super) fn turns(&self) -> impl Iterator<Item = Turn<'_>> {
        let mut turns: Vec<(u64, Turn<'_>)> = Vec::new();
        turns.extend(self.referrals.iter().map(|one| (one.leaf, Turn::Referred(one))));
        turns.extend(self.steps.iter().map(|one| (one.leaf, Turn::Taken(one))));
        turns.extend(self.judged.iter().map(|one| (one.leaf, Turn::Judged(one))));
        turns.sort_by_key(|(leaf, _)| *leaf);
        turns.into_iter().map(|(_, turn)| turn)
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// Every target that was ever referred, but those that are another's name in the end.
    pub(super) fn targets(&self) -> Vec<String> {
        let mut targets = self.ids();
        targets.retain(|target| !self.names.contains_key(target));
        targets
    }

    /// Every target that was ever referred.
    pub(super) fn ids(&self) -> Vec<String> {
        let mut targets: Vec<String> = self.referrals.iter().map(|one| one.target.clone()).collect();
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
            // Of one that was named by two ids, one stands for itself and says nothing more; and so does what is refused.
            let twice = |root| step.asked.iter().filter(|one| *one == root).count() > 1;
            for ((record, asked), root) in step.targets.iter().zip(&batch.request.target_ids).zip(&step.asked)
            {
                let recorded = id_of(record);
                let silent = twice(root) || record.refusal() != RefusalCode::Unspecified;
                assert!(recorded == *root || recorded == *asked && silent, "{id}: {recorded}, not {root}");
            }
        }
        assert!(recorded.is_empty(), "nobody decided {:?}", recorded.keys());
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
            return self.referrals.iter().any(|one| one.leaf == news.leaf);
        }
        if let Some(judged) = self.judged.iter().find(|judged| judged.leaf == news.leaf) {
            // And their other names with them.
            return judged.targets().into_iter().all(|target| targets.contains(&id_of(target)));
        }
        let step = self.steps.iter().find(|step| step.leaf == news.leaf);
        step.is_some_and(|step| {
            let taken: HashSet<String> = step.taken().map(|(id, _)| id).collect();
            (*what == 0) == step.request.is_none() && targets.iter().all(|target| taken.contains(target))
        })
    }
}

/// The target that goes on for an id.
fn root(names: &HashMap<String, (String, u64)>, id: &str) -> String {
    let mut target = id;
    while let Some((into, _)) = names.get(target) {
        target = into;
    }
    target.to_owned()
}

pub(super) fn id_of(target: &TargetRecord) -> String {
    TargetId::from_bytes(target.target_id[..].try_into().unwrap()).to_string()
}
