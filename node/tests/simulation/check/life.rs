//! What the ledger says of one target, step by step, and what must be true of each: one grant (I2), gates first and no hold (I3), one
//! first notice a round.

use std::collections::{BTreeMap, HashSet};

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::{
    Finding, GateKind, NoticeKind, Stage, TargetRecord, Verdict, decide_request::Decision,
};

use super::ledger::{Referred, Step};

/// A target.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub(super) owner: String,
    /// On what that rests: the number of the contract's `OwnerBasis`.
    pub(super) basis: i32,
    pub(super) round: u32,
    pub(super) is_open: bool,
    pub(super) fence: u64,
    /// The fence of the grant that is live, as far as the ledger says: some end with time alone.
    pub(super) granted: Option<u64>,
    pub(super) gates: Gates,
    pub(super) holds: Vec<Hold>,
    /// The decision that intended a notice of which nobody knows whether it left.
    pub(super) intended: Option<String>,
    /// Leaves that say that a notice left, here or elsewhere, in order or not; with the rounds.
    pub(super) left: BTreeMap<u64, u32>,
}

/// The gates of a round that somebody has set, be it for a while.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates {
    pub(super) set: HashSet<GateKind>,
    /// What was said of a part only, and counts once the owner says that it holds for all.
    pub(super) waiting: HashSet<GateKind>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    /// The decision that placed it.
    pub(super) id: String,
    pub(super) by: AgencyNo,
    pub(super) leaf: u64,
}

impl Life {
    /// A referral opened it, or found it.
    pub(super) fn referred(&mut self, referred: &Referred) {
        if matches!(referred.verdict, Verdict::New | Verdict::Reopened) {
            self.enter(referred.round);
            self.is_open = true;
        }
        self.owner.clone_from(&referred.owner);
        self.basis = referred.basis;
    }

    /// Something was decided, or a deadline passed. `fence`: the one that the decision named; `of`: whose records the central office
    /// set aside.
    pub(super) fn taken(
        &mut self,
        step: &Step,
        record: &TargetRecord,
        fence: Option<u64>,
        of: Option<AgencyNo>,
    ) {
        let leaf = step.leaf;
        assert!(self.round <= record.round, "leaf {leaf}: round {} after {}", record.round, self.round);
        self.enter(record.round);
        if let (Some(request), Some(decision)) = (&step.request, step.decision()) {
            self.may(leaf, decision, record, fence);
            self.decided(step, &request.command_id, decision, of);
            if let Decision::RequestGrant(_) = decision {
                self.granted = Some(record.fence);
            }
        }
        assert!(self.fence <= record.fence, "leaf {leaf}: after fence {} came {}", self.fence, record.fence);
        self.stands(record);
    }

    /// As a leaf says that it stands.
    pub(super) fn stands(&mut self, record: &TargetRecord) {
        self.fence = record.fence;
        self.owner.clone_from(&record.owner_agency_id);
        self.basis = record.owner_basis;
        self.is_open = record.stage() != Stage::Closed;
        if record.stage() != Stage::Granted {
            self.granted = None;
        }
    }

    /// True if no first notice may follow in this round.
    pub(super) fn is_notified(&self) -> bool {
        self.left.values().any(|round| *round == self.round)
    }

    fn enter(&mut self, round: u32) {
        if self.round < round {
            (self.round, self.gates, self.granted) = (round, Gates::default(), None);
        }
    }

    /// What a grant and a notice need.
    fn may(&self, leaf: u64, decision: &Decision, record: &TargetRecord, fence: Option<u64>) {
        let (first, asks_all) = match decision {
            Decision::RequestGrant(_) => (true, true),
            Decision::Intend(intend) => {
                (intend.kind() == NoticeKind::First, intend.kind() != NoticeKind::Recall)
            }
            _ => return,
        };
        assert_eq!(self.intended, None, "leaf {leaf}: a notice is under way: {self:?}");
        assert!(!first || !self.is_notified(), "leaf {leaf}: a second first notice: {self:?}");
        if asks_all {
            assert!(self.holds.is_empty(), "leaf {leaf}: it is held: {self:?}");
            assert_eq!(self.gates.set.len(), 4, "leaf {leaf}: gates: {self:?}");
        }
        match decision {
            Decision::RequestGrant(_) => {
                assert!(self.fence < record.fence, "leaf {leaf}: a grant with an old fence: {self:?}");
            }
            _ if first => assert_eq!(self.granted, fence, "leaf {leaf}: not the live grant: {self:?}"),
            _ => {}
        }
    }

    fn decided(&mut self, step: &Step, command: &str, decision: &Decision, of: Option<AgencyNo>) {
        self.gates.set.extend(set_gate(decision));
        match decision {
            Decision::AdoptGates(adopt) => {
                let named = |gate: &GateKind| adopt.gates.is_empty() || adopt.gates().any(|one| one == *gate);
                let adopted: Vec<_> = self.gates.waiting.iter().copied().filter(named).collect();
                self.gates.set.extend(adopted);
            }
            Decision::PlaceHold(_) => {
                self.holds.push(Hold { id: command.to_owned(), by: step.agency, leaf: step.leaf });
            }
            Decision::LiftHold(lift) => self
                .holds
                .retain(|hold| hold.by != step.agency || !lift.hold_id.is_empty() && lift.hold_id != hold.id),
            Decision::Overrule(_) => self.holds.retain(|hold| Some(hold.by) != of),
            Decision::Intend(_) => (self.granted, self.intended) = (None, Some(command.to_owned())),
            Decision::ReportSent(report) => self.resolved(step.leaf, &report.intent_id, true),
            Decision::ResolveIntent(report) => self.resolved(step.leaf, &report.intent_id, report.was_sent),
            Decision::ReportIncident(_) | Decision::ReportElsewhere(_) if self.is_open => {
                self.left.insert(step.leaf, self.round);
            }
            _ => {}
        }
    }

    fn resolved(&mut self, leaf: u64, intent: &str, left: bool) {
        if self.intended.take_if(|intended| intended == intent).is_some() && left {
            self.left.insert(leaf, self.round);
        }
    }
}

fn set_gate(decision: &Decision) -> Option<GateKind> {
    match decision {
        Decision::Assess(assess) => {
            (assess.finding() == Finding::Unlawful && !assess.automatic).then_some(GateKind::Assessed)
        }
        Decision::SecureEvidence(_) => Some(GateKind::Evidence),
        Decision::SettleProviderData(_) => Some(GateKind::ProviderData),
        Decision::Release(_) => Some(GateKind::Released),
        _ => None,
    }
}
