//! Who sees what of a target (I7): computed here and nowhere else.

use meldeverbund_proto::v1::{DueKind, GateState, Outcome, Refusal, Role};

use crate::{
    Agency, AgencyNo,
    conditions::{Conditions, Gate},
    deadlines::is_silent,
    life::{Hold, Interest, Record, Responsibility, State, Takedown, Trouble, Window},
    order::Context,
};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The responsible agency.
    Owner,
    /// Another agency whose case is bound to the target, or who owned it and has left a record that only it changes.
    CoInterested,
    /// The central office where it is neither.
    Central,
    /// An agency to which the ownership is offered.
    Offered,
    /// Anybody else, liaison bodies included: sees nothing.
    Stranger,
}

/// What the viewer may see; what it may not see is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Gates in their order.
    pub gates: Vec<GateState>,
    /// Holds.
    pub holds: Vec<Hold>,
    /// Windows that nobody has closed.
    pub windows: Vec<Interest>,
    /// Fence and end of the live grant.
    pub grant: Option<(u64, i64)>,
    /// Id, start, and what is wrong with the notice under way.
    pub intent: Option<(u128, i64, Option<Trouble>)>,
    /// Notices of this round that have left.
    pub notices: u32,
    /// Notices that left without an intent.
    pub incidents: u32,
    /// Somebody notified the provider outside.
    pub elsewhere: bool,
    /// A complaint is open.
    pub complaint: bool,
    /// How the round ended.
    pub outcome: Option<Outcome>,
    /// To whom it is offered, or who should own it.
    pub claimed: Option<AgencyNo>,
    /// What keeps the grant away.
    pub missing: Vec<Refusal>,
    /// What the viewer has to do, and by when.
    pub due: Vec<(DueKind, i64)>,
    /// Abuse is going on.
    pub urgent: bool,
}

impl Viewer {
    /// What the agency is to the target.
    pub fn of(agency: &Agency, state: &State) -> Self {
        if state.owner() == agency.no {
            Self::Owner
        } else if state.is_bound(agency.no) {
            Self::CoInterested
        } else if agency.is_central() {
            Self::Central
        } else if state.has_record_of(agency.no) {
            Self::CoInterested
        } else if is_offered(state, agency.no) {
            Self::Offered
        } else {
            Self::Stranger
        }
    }

    /// Its role on the wire.
    pub fn role(self) -> Role {
        match self {
            Self::Owner => Role::Owner,
            Self::CoInterested => Role::CoInterested,
            Self::Central | Self::Offered | Self::Stranger => Role::Unspecified,
        }
    }

    fn sees_all(self, agency: &Agency) -> bool {
        self == Self::Owner || agency.is_central() && self != Self::Stranger
    }
}

/// What the context's actor sees of a target; none if it is a stranger to it.
pub fn view(state: &State, context: &Context<'_>) -> Option<View> {
    let viewer = Viewer::of(context.actor, state);
    if viewer == Viewer::Stranger {
        return None;
    }
    let (all, own) = (viewer.sees_all(context.actor), context.actor.no);
    let life = &state.life;
    Some(View {
        gates: gates(state, viewer, context),
        holds: life.holds.iter().filter(|hold| all || hold.by == own).copied().collect(),
        windows: state.open_windows().filter(|window| all || window.agency == own).copied().collect(),
        grant: grant(state, viewer),
        missing: if viewer == Viewer::Owner { missing(state, context) } else { Vec::new() },
        due: due(state, viewer, context),
        ..common(state)
    })
}

/// Whether the agency's node is told of the target, and keeps what it was told: the parties' are, and the central office's
/// of what it may have to see to.
pub fn is_told(agency: &Agency, state: &State) -> bool {
    match Viewer::of(agency, state) {
        Viewer::Owner | Viewer::CoInterested | Viewer::Offered => true,
        Viewer::Central => {
            let own = state.has_record_of(agency.no) || is_offered(state, agency.no);
            own || state.life.may_need_centre()
        }
        Viewer::Stranger => false,
    }
}

/// What everybody sees who is no stranger.
pub fn common(state: &State) -> View {
    let life = &state.life;
    View {
        intent: life.intent().map(|intent| (intent.id.0, intent.since_us, trouble(&life.takedown))),
        notices: u32::try_from(life.thread.len()).unwrap_or(u32::MAX),
        incidents: life.incidents,
        elsewhere: life.elsewhere,
        complaint: life.complaint,
        outcome: outcome(&life.takedown),
        claimed: claimed(life.responsibility),
        urgent: life.urgent,
        ..View::default()
    }
}

fn is_offered(state: &State, agency: AgencyNo) -> bool {
    matches!(state.life.responsibility, Responsibility::Offered { to, .. } if to == agency)
}

fn gates(state: &State, viewer: Viewer, context: &Context<'_>) -> Vec<GateState> {
    match viewer {
        Viewer::Owner | Viewer::Central => {
            Gate::ALL.into_iter().map(|gate| gate.state(state, context.now_us)).collect()
        }
        Viewer::CoInterested => own_gates(state, context.actor.no),
        Viewer::Offered | Viewer::Stranger => Vec::new(),
    }
}

/// What an agency itself has recorded, gate by gate.
pub fn own_gates(state: &State, own: AgencyNo) -> Vec<GateState> {
    let gates = &state.life.gates;
    let of = |settled: Option<bool>| match settled {
        None => GateState::Unspecified,
        Some(true) => GateState::Set,
        Some(false) => GateState::Unconfirmed,
    };
    vec![
        match gates.assessments.iter().find(|record| record.by == own) {
            Some(record) if record.what.automatic => GateState::Suggested,
            record => of(record.map(Record::is_settled)),
        },
        of(gates.evidence.iter().find(|record| record.by == own).map(|record| record.is_settled())),
        of(gates.provider_data.iter().find(|record| record.by == own).map(|record| record.is_settled())),
        GateState::Unspecified,
    ]
}

fn grant(state: &State, viewer: Viewer) -> Option<(u64, i64)> {
    match (&state.life.takedown, viewer) {
        (Takedown::Granted(grant), Viewer::Owner) => Some((grant.fence, grant.until_us)),
        // The thread goes on under the fence it began with.
        (Takedown::Notified, Viewer::Owner) => Some((state.life.fence, 0)),
        _ => None,
    }
}

fn trouble(takedown: &Takedown) -> Option<Trouble> {
    match takedown {
        Takedown::Unresolved(_, trouble) => Some(*trouble),
        _ => None,
    }
}

fn outcome(takedown: &Takedown) -> Option<Outcome> {
    match takedown {
        Takedown::Closed { outcome } => Outcome::try_from(*outcome).ok(),
        _ => None,
    }
}

fn claimed(responsibility: Responsibility) -> Option<AgencyNo> {
    match responsibility {
        Responsibility::Offered { to, .. } => Some(to),
        Responsibility::Disputed { claimed, .. } => Some(claimed),
        Responsibility::Confirmed | Responsibility::Proposed { .. } => None,
    }
}

fn missing(state: &State, context: &Context<'_>) -> Vec<Refusal> {
    match state.life.takedown {
        Takedown::Open | Takedown::Granted(_) => {
            Conditions::of(state, context.policy, context.now_us).into_missing()
        }
        _ => Vec::new(),
    }
}

/// What the viewer has to do, soonest first; 0: now.
fn due(state: &State, viewer: Viewer, context: &Context<'_>) -> Vec<(DueKind, i64)> {
    let (own, life) = (context.actor.no, &state.life);
    let mut due = Vec::new();
    let mut add = |applies: bool, kind, by_us| due.extend(applies.then_some((kind, by_us)));
    let owns = viewer == Viewer::Owner;
    let is_open = !matches!(life.takedown, Takedown::Closed { .. });
    match life.responsibility {
        Responsibility::Confirmed => {}
        _ if !is_open => {}
        Responsibility::Proposed { accept_by_us } => add(owns, DueKind::AnswerProposal, accept_by_us),
        Responsibility::Offered { to, answer_by_us } => add(to == own, DueKind::AnswerOffer, answer_by_us),
        Responsibility::Disputed { decide_by_us, .. } => {
            add(context.actor.is_central(), DueKind::DecideDispute, decide_by_us);
        }
    }
    for hold in life.holds.iter().filter(|hold| hold.by == own) {
        add(true, DueKind::RenewHold, hold.until_us);
    }
    for window in state.open_windows().filter(|window| window.agency == own && is_open) {
        if let Window::Until(end_us) = window.window {
            add(true, DueKind::AnswerWindow, end_us);
        }
    }
    add(owns && life.complaint, DueKind::SettleComplaint, 0);
    match &life.takedown {
        Takedown::Open if !life.elsewhere => {
            let is_met = Conditions::of(state, context.policy, context.now_us).are_met();
            let unset = Gate::ALL.into_iter().any(|gate| gate.state(state, context.now_us) != GateState::Set);
            add(owns && is_met, DueKind::RequestGrant, 0);
            // Whoever has not accepted yet does that first.
            let accepted = !matches!(life.responsibility, Responsibility::Proposed { .. });
            add(owns && unset && accepted, DueKind::SetGates, 0);
        }
        Takedown::Granted(grant) => add(owns, DueKind::SendNotice, grant.until_us),
        Takedown::Unresolved(..) => add(owns, DueKind::ResolveIntent, 0),
        _ => add(owns && is_silent(state, context), DueKind::FollowUp, 0),
    }
    due.sort_by_key(|(_, by_us)| *by_us);
    due
}

#[cfg(test)]
mod tests;
