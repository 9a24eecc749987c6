//! What must be true before a provider is notified (I3): one list, for the grant, for the intent and for the screen.

use meldeverbund_proto::v1::{GateState, Refusal, RefusalCode};

use crate::{
    AgencyNo, Policy,
    life::{Assessment, Finding, Record, Responsibility, State, Window},
};

/// The four gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Assessed and labelled: the owner's own assessment, or one that it adopted.
    Assessed,
    /// Evidence secured, by any bound agency that holds it.
    Evidence,
    /// Provider data requested, preserved or not needed.
    ProviderData,
    /// Released to the owner.
    Released,
}

/// What keeps a grant from being given or used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions(Vec<Refusal>);

impl Gate {
    /// All four, in their order.
    pub const ALL: [Self; 4] = [Self::Assessed, Self::Evidence, Self::ProviderData, Self::Released];

    fn words(self) -> &'static str {
        match self {
            Self::Assessed => "assessed and labelled",
            Self::Evidence => "evidence secured",
            Self::ProviderData => "provider data",
            Self::Released => "released",
        }
    }

    /// True if what was recorded is not about all that the target is now: it was merged or split since.
    fn is_one_sided(self, state: &State) -> bool {
        state.life.gates.one_sided.get(self as usize) == Some(&true)
    }

    /// Where the gate stands.
    pub fn state(self, state: &State, now_us: i64) -> GateState {
        let gates = &state.life.gates;
        let set = match self {
            Self::Assessed if gates.contradict() => GateState::Contradicted,
            Self::Assessed => assessed(&gates.assessments, state.owner(), gates.unadopted[0]),
            Self::Evidence => recorded(&gates.evidence),
            Self::ProviderData => recorded(&gates.provider_data),
            Self::Released => match &gates.release {
                None => GateState::Unspecified,
                Some(record) if !record.is_settled() => GateState::Unconfirmed,
                Some(record) if record.what.until_us.is_some_and(|until| until <= now_us) => {
                    GateState::RunOut
                }
                Some(_) => GateState::Set,
            },
        };
        let waits = self != Self::Assessed && gates.unadopted.get(self as usize) == Some(&true);
        if set == GateState::Set && (waits || self.is_one_sided(state)) { GateState::NotAdopted } else { set }
    }
}

/// The owner's own assessment; one that it adopted is its own. After a merge it may have several: each has to be confirmed.
fn assessed(records: &[Record<Assessment>], owner: AgencyNo, unadopted: bool) -> GateState {
    let own = || records.iter().filter(|record| record.by == owner);
    let waits = |record: &&Record<Assessment>| !record.what.automatic && !record.is_settled();
    match own().find(waits).or_else(|| own().find(|record| record.counts())).or_else(|| own().next()) {
        Some(own) => state_of_assessment(own),
        None if unadopted && records.iter().any(Record::counts) => GateState::NotAdopted,
        None => GateState::Unspecified,
    }
}

fn state_of_assessment(record: &Record<Assessment>) -> GateState {
    match (record.what, record.is_settled()) {
        (Assessment { automatic: true, .. }, _) => GateState::Suggested,
        (_, false) => GateState::Unconfirmed,
        (Assessment { finding: Finding::NotUnlawful, .. }, true) => GateState::Unspecified,
        (Assessment { finding: Finding::Unlawful(_), .. }, true) => GateState::Set,
    }
}

fn recorded<T>(records: &[Record<T>]) -> GateState {
    match records {
        [] => GateState::Unspecified,
        records if records.iter().any(Record::is_settled) => GateState::Set,
        _ => GateState::Unconfirmed,
    }
}

impl Conditions {
    /// What keeps the state's owner from a grant now, the first notice aside.
    pub fn of(state: &State, policy: &Policy, now_us: i64) -> Self {
        let mut missing = Vec::new();
        missing.extend(responsibility(state));
        missing.extend(Gate::ALL.into_iter().filter_map(|gate| gate_missing(gate, state, now_us)));
        missing.extend(holds(state, now_us));
        missing.extend(windows(state, policy, now_us));
        Self(missing)
    }

    /// True if nothing is missing.
    pub fn are_met(&self) -> bool {
        self.0.is_empty()
    }

    /// The first thing that is missing, as the refusal of whoever needs it.
    ///
    /// # Errors
    /// That refusal.
    pub fn require(self) -> Result<(), Refusal> {
        self.0.into_iter().next().map_or(Ok(()), Err)
    }

    /// All that is missing.
    pub fn into_missing(self) -> Vec<Refusal> {
        self.0
    }
}

fn responsibility(state: &State) -> Option<Refusal> {
    match state.life.responsibility {
        Responsibility::Confirmed | Responsibility::Offered { .. } => None,
        Responsibility::Proposed { .. } => {
            Some(Refusal::of(RefusalCode::NotAccepted, "accept the proposed ownership first"))
        }
        Responsibility::Disputed { .. } => {
            Some(Refusal::of(RefusalCode::Disputed, "the ownership is disputed; wait for the decision"))
        }
    }
}

fn gate_missing(gate: Gate, state: &State, now_us: i64) -> Option<Refusal> {
    let words = gate.words();
    let (code, reason) = match gate.state(state, now_us) {
        GateState::Set => return None,
        GateState::Contradicted => {
            (RefusalCode::AssessmentsContradict, "two agencies assessed it differently".to_owned())
        }
        GateState::Unconfirmed => {
            (RefusalCode::FourEyes, format!("the gate `{words}` waits for a second officer"))
        }
        GateState::NotAdopted if gate.is_one_sided(state) => (
            RefusalCode::GateMissing,
            format!("the gate `{words}` was set before the target was merged or split; adopt or set it"),
        ),
        GateState::NotAdopted => (
            RefusalCode::GateMissing,
            format!("the gate `{words}` was set under the former owner; adopt or set it"),
        ),
        GateState::RunOut => (RefusalCode::GateMissing, "the release has run out".to_owned()),
        GateState::Suggested => {
            (RefusalCode::GateMissing, "there is a program's suggestion, but no assessment".to_owned())
        }
        GateState::Unspecified => (RefusalCode::GateMissing, format!("the gate `{words}` is not set")),
    };
    Some(Refusal::of(code, reason))
}

fn holds(state: &State, now_us: i64) -> Option<Refusal> {
    let holds = &state.life.holds;
    if holds.is_empty() {
        return None;
    }
    Some(if holds.iter().all(|hold| hold.is_lapsed(now_us)) {
        Refusal::of(RefusalCode::HoldLapsed, "a hold has run out; its agency must lift or renew it")
    } else {
        Refusal::of(RefusalCode::HoldInForce, "a hold is in force; ask the agency that placed it")
    })
}

fn windows(state: &State, policy: &Policy, now_us: i64) -> Option<Refusal> {
    let mut open = state.open_windows().peekable();
    open.peek()?;
    if policy.consent_required {
        let reason = "a co-interested agency must consent; silence is not enough";
        return Some(Refusal::of(RefusalCode::ConsentRequired, reason));
    }
    let running = |interest: &crate::life::Interest| match interest.window {
        Window::NotBegun => true,
        Window::Until(end_us) => end_us > now_us,
    };
    open.any(running)
        .then(|| Refusal::of(RefusalCode::WindowOpen, "a co-interested agency may still object or consent"))
}

#[cfg(test)]
mod tests;
