//! What an agency sees of targets, on the wire. What it may see is the rules' business ([`domain::view`]).
//!
//! [`domain::view`]: meldeverbund_domain::view

use std::collections::{BTreeSet, HashMap, HashSet};

use meldeverbund_domain::{
    Agency, AgencyNo, TargetNo,
    life::{State, Trouble, Window},
    view::{View, Viewer, is_told, view},
};
use meldeverbund_proto::{
    CommandId,
    check::decision_by_number,
    statement::Act,
    v1::{
        self, AgencyCard, Due, HoldView, IntentView, MergedTarget, Role, TargetView, TargetsChanged,
        WindowView,
    },
};

use super::{
    Policies,
    decide::responsibility,
    states::{Members, states},
    withdrawn::names_withdrawn,
};
use crate::store::{Connection, StoreError, TargetIds, resolved};

/// Shows targets as they are at one instant.
#[derive(Debug)]
pub struct Views {
    pub(super) target_ids: TargetIds,
    pub(super) policies: Policies,
    pub(super) now_us: i64,
}

/// How something is called of which the viewer may see no more than what came of it.
pub(super) const CHANGED: &str = "changed";

/// In a feed row, instead of a decision's number: a referral, which has none.
pub(super) const REFERRAL: u8 = 1;

/// In a feed row, instead of a decision's number: two targets became one.
pub(super) const MERGE: u8 = 2;

/// In a feed row, instead of a decision's number: one target became two.
pub(super) const SPLIT: u8 = 3;

/// How the event of a passed deadline is called.
pub(super) const DEADLINE: &str = "deadline";

impl Views {
    /// Shows targets as they are at this instant, microseconds since 1970 UTC.
    pub fn new(target_ids: TargetIds, policies: Policies, now_us: i64) -> Self {
        Self { target_ids, policies, now_us }
    }

    /// The targets that the agency may see, in the order asked, with the agencies that they name.
    pub(super) async fn of(
        &self,
        connection: &mut Connection,
        viewer: AgencyNo,
        numbers: &[TargetNo],
    ) -> Result<(Vec<TargetView>, Vec<AgencyCard>), StoreError> {
        let members = Members::read(connection, &self.policies).await?;
        let states = states(connection, &members, numbers).await?;
        let in_order: Vec<_> = numbers.iter().filter_map(|no| states.get(no)).collect();
        Ok(self.shown(&members, looker(&members, viewer)?, &in_order))
    }

    /// What the agency is to targets; none of what it has no part in.
    pub(super) async fn roles(
        &self,
        connection: &mut Connection,
        viewer: AgencyNo,
        numbers: &[TargetNo],
    ) -> Result<HashMap<TargetNo, Role>, StoreError> {
        let members = Members::read(connection, &self.policies).await?;
        let looker = looker(&members, viewer)?;
        let states = states(connection, &members, numbers).await?;
        Ok(states.into_iter().map(|(no, state)| (no, Viewer::of(looker, &state).role())).collect())
    }

    /// The event that a feed row tells of.
    pub(super) async fn changed(
        &self,
        connection: &mut Connection,
        viewer: AgencyNo,
        body: &[u8],
    ) -> Result<TargetsChanged, StoreError> {
        const BODY: StoreError = StoreError::Value { column: "feed.body" };
        let (&what, rest) = body.split_first().ok_or(BODY)?;
        let (actor, rest) = rest.split_first_chunk::<8>().ok_or(BODY)?;
        let (command, rest) = rest.split_first_chunk::<16>().ok_or(BODY)?;
        let numbers = rest
            .chunks_exact(8)
            .map(|chunk| TargetNo(i64::from_be_bytes(chunk.try_into().expect("a chunk of exactly 8 bytes"))));
        let mut asked: Vec<_> = numbers.collect();
        let (numbers, mut names) = resolved(connection, &asked).await?;
        let members = Members::read(connection, &self.policies).await?;
        let states = states(connection, &members, &numbers).await?;
        let looker = looker(&members, viewer)?;
        let in_order = numbers.iter().filter_map(|no| states.get(no));
        let (told, gone): (Vec<_>, Vec<_>) = in_order.partition(|state| is_told(looker, state));
        let told_now: HashSet<_> = told.iter().map(|state| state.target.no).collect();
        // What was merged while the viewer had no part in it was not told to it then.
        for (name, root) in names_withdrawn(connection, viewer, told_now.iter().copied()).await? {
            if names.insert(name, root).is_none() {
                asked.push(name);
            }
        }
        let merged = self.merged(&asked, &names, |root| told_now.contains(&root));
        let gone = gone.iter().map(|state| state.target.no);
        let gone = gone.chain(asked.iter().copied().filter(|number| names.contains_key(number)));
        let gone_target_ids = gone.map(|number| self.target_ids.id(number).to_string()).collect();
        let (targets, agencies) = self.shown(&members, looker, &told);
        let actor = AgencyNo(i64::from_be_bytes(*actor));
        let command = Some(*command).filter(|id| *id != [0; 16]);
        let open = viewer == actor || may_know(&members, viewer, actor, &targets);
        let (what, agency_id) = match decision_by_number(what) {
            None if what == REFERRAL && open => ("referral", members.id(actor)),
            None if what == REFERRAL => (CHANGED, String::new()),
            // The central office decides it, and everybody may know that.
            None if what == MERGE => (Act::Merge.name(), members.id(actor)),
            None if what == SPLIT => (Act::Split.name(), members.id(actor)),
            None => (DEADLINE, String::new()),
            Some(what) if open => (what, members.id(actor)),
            Some(_) => (CHANGED, String::new()),
        };
        Ok(TargetsChanged {
            what: what.to_owned(),
            agency_id,
            command_id: command.map(|id| CommandId::from_bytes(id).to_string()).unwrap_or_default(),
            targets,
            agencies,
            gone_target_ids,
            merged,
        })
    }

    /// The asked ids that are another name of a target that is shown, in their order.
    pub(super) fn merged(
        &self,
        asked: &[TargetNo],
        names: &HashMap<TargetNo, TargetNo>,
        is_shown: impl Fn(TargetNo) -> bool,
    ) -> Vec<MergedTarget> {
        let id = |no: TargetNo| self.target_ids.id(no).to_string();
        let pair = |number: &TargetNo| {
            let into = names.get(number).copied().filter(|root| is_shown(*root))?;
            Some(MergedTarget { target_id: id(*number), into_target_id: id(into) })
        };
        asked.iter().filter_map(pair).collect()
    }

    fn shown(
        &self,
        members: &Members,
        looker: &Agency,
        states: &[&State],
    ) -> (Vec<TargetView>, Vec<AgencyCard>) {
        let views: Vec<_> = states.iter().filter_map(|state| self.one(members, looker, state)).collect();
        let named: BTreeSet<&str> = views.iter().flat_map(named).collect();
        let cards = members.rows.iter().filter(|row| named.contains(row.card.agency_id.as_str()));
        let cards = cards.map(|row| row.card.clone()).collect();
        (views, cards)
    }

    fn one(&self, members: &Members, actor: &Agency, state: &State) -> Option<TargetView> {
        let seen = view(state, &members.looking(actor, self.now_us))?;
        let View {
            gates,
            holds,
            windows,
            grant,
            intent,
            notices,
            incidents,
            elsewhere,
            complaint,
            outcome,
            claimed,
            missing,
            due,
            urgent,
        } = seen;
        let (fence, grant_until_us) = grant.unwrap_or_default();
        Some(TargetView {
            target_id: self.target_ids.id(state.target.no).to_string(),
            role: Viewer::of(actor, state).role().into(),
            stage: state.target.stage.into(),
            round: state.target.round,
            owner_agency_id: members.id(state.owner()),
            owner_basis: state.target.ownership.basis.into(),
            responsibility: responsibility(state.life.responsibility).into(),
            claimed_agency_id: claimed.map(|no| members.id(no)).unwrap_or_default(),
            gates: gates.into_iter().map(Into::into).collect(),
            holds: holds
                .iter()
                .map(|hold| HoldView {
                    hold_id: CommandId::from_u128(hold.id.0).to_string(),
                    agency_id: members.id(hold.by),
                    until_us: hold.until_us,
                    lapsed: hold.is_lapsed(self.now_us),
                })
                .collect(),
            windows: windows
                .iter()
                .map(|interest| WindowView {
                    agency_id: members.id(interest.agency),
                    until_us: match interest.window {
                        Window::NotBegun => 0,
                        Window::Until(end_us) => end_us,
                    },
                    consent_required: members.policy.consent_required,
                })
                .collect(),
            fence,
            grant_until_us,
            intent: intent.map(|(id, since_us, trouble)| IntentView {
                intent_id: CommandId::from_u128(id).to_string(),
                since_us,
                in_doubt: trouble == Some(Trouble::InDoubt),
                failed: trouble == Some(Trouble::Failed),
            }),
            notices,
            incidents,
            notified_elsewhere: elsewhere,
            complaint_open: complaint,
            outcome: outcome.unwrap_or(v1::Outcome::Unspecified).into(),
            missing,
            due: due.into_iter().map(|(kind, by_us)| Due { kind: kind.into(), by_us }).collect(),
            urgent,
        })
    }
}

fn looker(members: &Members, viewer: AgencyNo) -> Result<&Agency, StoreError> {
    let row = members.by_no(viewer).ok_or(StoreError::Value { column: "agency.agency_no" })?;
    Ok(&row.agency)
}

/// The agencies that a view names.
fn named(view: &TargetView) -> impl Iterator<Item = &str> {
    let holds = view.holds.iter().map(|hold| hold.agency_id.as_str());
    let windows = view.windows.iter().map(|window| window.agency_id.as_str());
    [view.owner_agency_id.as_str(), view.claimed_agency_id.as_str()].into_iter().chain(holds).chain(windows)
}

/// True if the viewer may know who decided what: the central office, the owner of all targets, and everybody where the
/// owner of all of them decided. Of other co-interested agencies a viewer learns what came of it and no more.
fn may_know(members: &Members, viewer: AgencyNo, actor: AgencyNo, targets: &[TargetView]) -> bool {
    let owned_by = |no: AgencyNo| {
        let id = members.id(no);
        targets.iter().all(|view| view.owner_agency_id == id)
    };
    let central = members.by_no(viewer).is_some_and(|row| row.agency.is_central());
    central || owned_by(viewer) || owned_by(actor)
}
