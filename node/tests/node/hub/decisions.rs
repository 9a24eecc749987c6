//! The hub's word on decisions: a few rules, the same answer to the same id for ever, and a feed of what changed.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::v1::{
    AgencyCard, DecideRequest, Decided, Due, DueKind, GateKind, GateState, HoldView, IntentView, OwnerBasis,
    Refusal, RefusalCode, Responsibility, Role, Stage, TargetAnswer, TargetView, TargetsChanged,
    decide_request::Decision, follow_response::Event,
};
use meldeverbund_proto::{leaf::Kind, statement::DecisionStatement};
use prost::Message as _;

use super::{State, card};

/// What the hub has recorded of decisions.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// Decisions by id: their bytes and the answer for ever.
    pub(crate) known: HashMap<String, (Vec<u8>, Decided)>,
    /// Every decision that was read, in order, sent again or not; dry runs apart.
    pub(crate) read: Vec<DecideRequest>,
    /// How many dry runs there were.
    pub(crate) dry_runs: usize,
    /// Targets that there are.
    pub(crate) targets: HashSet<String>,
    /// Targets as they stand.
    pub(crate) views: HashMap<String, TargetView>,
    /// Whether changes are told on the feed.
    pub(crate) silent: bool,
    leaf: u64,
}

impl State {
    /// Records a decision, or finds it recorded; a dry run leaves nothing behind.
    pub(super) fn decide(&mut self, request: &DecideRequest) -> Decided {
        if request.salt.len() != 32 || request.target_ids.is_empty() || request.target_ids.len() > 1_000 {
            self.broken.push("a decision that breaks the contract".into());
        }
        let bytes = request.encode_to_vec();
        if let Some((before, decided)) = self.decisions.known.get(&request.command_id) {
            if *before != bytes {
                self.broken.push(format!("decision {} came with other content", request.command_id));
            }
            return Decided { repeated: true, ..decided.clone() };
        }
        let before = request.dry_run.then(|| self.decisions.views.clone());
        let decision = request.decision.clone().expect("a decision");
        let leaf_index = self.decisions.leaf + 1;
        let fences = match &decision {
            Decision::Intend(intend) => intend.fences.clone(),
            _ => vec![0; request.target_ids.len()],
        };
        let (mut answers, mut changed) = (Vec::new(), Vec::new());
        for (id, fence) in request.target_ids.iter().zip(fences) {
            if !self.decisions.targets.contains(id) {
                let refusal = Refusal::of(RefusalCode::TargetUnknown, "is unknown");
                answers.push(TargetAnswer { refusal: Some(refusal), ..TargetAnswer::default() });
                continue;
            }
            let view = self.decisions.views.entry(id.clone()).or_insert_with(|| fresh(id));
            let refusal = apply(view, &decision, &request.command_id, fence, leaf_index).err();
            if refusal.is_none() {
                changed.push(view.clone());
            }
            answers.push(TargetAnswer {
                refusal,
                stage: view.stage,
                round: view.round,
                fence: view.fence,
                under_way_since_us: 0,
            });
        }
        if let Some(before) = before {
            self.decisions.views = before;
            self.decisions.dry_runs += 1;
            return Decided { answers, ..Decided::default() };
        }
        self.decisions.leaf = leaf_index;
        let recorded_at_us = 1_800_000_000_000_000 + i64::try_from(leaf_index).unwrap();
        let mut decided = Decided { answers, recorded_at_us, leaf_index, repeated: false, receipt: None };
        if let Some(ledger) = &mut self.ledger {
            let agency = self.agency.parse().unwrap();
            let mut statement = Vec::new();
            DecisionStatement { agency: &agency, request }.encode(&mut statement);
            decided.leaf_index = ledger.size();
            decided.recorded_at_us = ledger.next_us().cast_signed();
            let digest = ledger.append(Kind::Decision, &self.agency, &request.salt, &statement, b"decided");
            decided.receipt = ledger.receipt(decided.leaf_index, vec![digest]);
        }
        let recorded_at_us = decided.recorded_at_us;
        self.decisions.known.insert(request.command_id.clone(), (bytes, decided.clone()));
        if !self.decisions.silent && !changed.is_empty() {
            let what = meldeverbund_proto::check::decision_name(&decision).to_owned();
            self.tell_changed(&what, &request.command_id, changed, recorded_at_us);
        }
        decided
    }

    /// Tells on the feed how targets stand.
    pub(crate) fn tell_changed(&mut self, what: &str, command: &str, targets: Vec<TargetView>, at_us: i64) {
        let agencies: Vec<AgencyCard> = vec![card("de-nw-lka"), card("de-by-lka")];
        let changed = TargetsChanged {
            merged: Vec::new(),
            what: what.into(),
            agency_id: self.agency.clone(),
            command_id: command.into(),
            targets,
            agencies,
            gone_target_ids: Vec::new(),
        };
        self.append(Some(Event::TargetsChanged(changed)));
        self.feed.last_mut().unwrap().recorded_at_us = at_us;
    }
}

/// A target before anything was decided.
pub(crate) fn fresh(id: &str) -> TargetView {
    TargetView {
        target_id: id.into(),
        role: Role::Owner.into(),
        stage: Stage::Referred.into(),
        round: 1,
        owner_agency_id: "de-nw-lka".into(),
        owner_basis: OwnerBasis::FirstSeised.into(),
        responsibility: Responsibility::Confirmed.into(),
        gates: vec![GateState::Unspecified.into(); 4],
        due: due(DueKind::SetGates),
        ..TargetView::default()
    }
}

fn due(kind: DueKind) -> Vec<Due> {
    vec![Due { kind: kind.into(), by_us: 0 }]
}

fn apply(
    view: &mut TargetView,
    decision: &Decision,
    command: &str,
    fence: u64,
    leaf: u64,
) -> Result<(), Refusal> {
    let refuse = |code| Err(Refusal::of(code, "the hub's word"));
    match decision {
        Decision::Assess(_) => set(view, GateKind::Assessed),
        Decision::SecureEvidence(_) => set(view, GateKind::Evidence),
        Decision::SettleProviderData(_) => set(view, GateKind::ProviderData),
        Decision::Release(_) => set(view, GateKind::Released),
        Decision::WithdrawGate(one) => {
            let gate = &mut view.gates[one.gate as usize - 1];
            if *gate != i32::from(GateState::Set) {
                return refuse(RefusalCode::NotYourRecord);
            }
            *gate = GateState::Unspecified.into();
            view.stage = Stage::Referred.into();
            view.due = due(DueKind::SetGates);
        }
        Decision::PlaceHold(_) => view.holds.push(HoldView {
            hold_id: command.into(),
            agency_id: "de-nw-lka".into(),
            until_us: 1_900_000_000_000_000,
            lapsed: false,
        }),
        Decision::LiftHold(_) => view.holds.clear(),
        Decision::RequestGrant(_) if view.stage() != Stage::Cleared => {
            return refuse(RefusalCode::GateMissing);
        }
        Decision::RequestGrant(_) => {
            view.stage = Stage::Granted.into();
            view.fence = leaf;
            view.due = due(DueKind::SendNotice);
        }
        Decision::Intend(_) if view.fence == 0 => return refuse(RefusalCode::NoGrant),
        Decision::Intend(_) if view.fence != fence => return refuse(RefusalCode::FenceStale),
        Decision::Intend(_) => {
            view.intent =
                Some(IntentView { intent_id: command.into(), since_us: 1, ..IntentView::default() });
        }
        Decision::ReportSent(sent) => {
            if view.intent.take().is_none_or(|intent| intent.intent_id != sent.intent_id) {
                return refuse(RefusalCode::NothingToDo);
            }
            view.stage = Stage::Notified.into();
            view.notices += 1;
            view.due.clear();
        }
        _ => {}
    }
    Ok(())
}

fn set(view: &mut TargetView, gate: GateKind) {
    view.gates[gate as usize - 1] = GateState::Set.into();
    if view.gates().all(|state| state == GateState::Set) {
        view.stage = Stage::Cleared.into();
        view.due = due(DueKind::RequestGrant);
    }
}
