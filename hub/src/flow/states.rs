//! Targets with everything that a decision on them, or a view of them, needs to know.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use meldeverbund_domain::{
    Agency, AgencyNo, Policy, TargetNo,
    calendar::{end_of_working_days, land_of},
    life::{Interest, Life, Origin, State, Window},
    order::Context,
};
use meldeverbund_proto::{CanonicalLink, statement::ReferralStatement};

use super::Policies;
use crate::store::{
    AgencyRow, Connection, EventRow, InterestRow, StoreError, Tx, acknowledged_at, interests, lives,
    opened_leaf, targets_by_number,
};

/// Registry and policy, as they are for one transaction or one reading.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) rows: Vec<AgencyRow>,
    pub(super) agencies: Vec<Agency>,
    pub(super) policy: Arc<Policy>,
}

impl Members {
    pub(super) async fn read(connection: &mut Connection, policies: &Policies) -> Result<Self, StoreError> {
        let rows = AgencyRow::all(connection).await?;
        Ok(Self::of(rows, policies.current(connection).await?))
    }

    /// The same, for a command.
    pub(super) async fn in_force(tx: &mut Tx<'_>, policies: &Policies) -> Result<Self, StoreError> {
        let rows = tx.agencies().await?;
        Ok(Self::of(rows, policies.in_force(tx).await?))
    }

    fn of(rows: Vec<AgencyRow>, policy: Arc<Policy>) -> Self {
        let agencies = rows.iter().map(|row| row.agency.clone()).collect();
        Self { rows, agencies, policy }
    }

    /// The agency with this number.
    pub(super) fn by_no(&self, no: AgencyNo) -> Option<&AgencyRow> {
        self.rows.iter().find(|row| row.agency.no == no)
    }

    /// The agency with this id.
    pub(super) fn by_id(&self, id: &str) -> Option<&AgencyRow> {
        self.rows.iter().find(|row| row.card.agency_id == id)
    }

    /// The agency's id; empty for the hub itself.
    pub(super) fn id(&self, no: AgencyNo) -> String {
        self.by_no(no).map(|row| row.card.agency_id.clone()).unwrap_or_default()
    }

    /// Somebody looks, and decides nothing.
    pub(super) fn looking<'a>(&'a self, actor: &'a Agency, now_us: i64) -> Context<'a> {
        Context {
            actor,
            officer: "",
            instance: 0,
            command: 0,
            leaf: 0,
            epoch: 1,
            now_us,
            policy: &self.policy,
            agencies: &self.agencies,
        }
    }
}

/// The states of these targets; numbers without a target are left out.
pub(super) async fn states(
    connection: &mut Connection,
    members: &Members,
    numbers: &[TargetNo],
) -> Result<HashMap<TargetNo, State>, StoreError> {
    let targets = targets_by_number(connection, numbers.iter().copied()).await?;
    let mut lives: HashMap<TargetNo, Life> =
        lives(connection, numbers.iter().copied()).await?.into_iter().collect();
    let mut states: HashMap<TargetNo, State> = targets
        .into_iter()
        .map(|target| {
            let life = lives.remove(&target.no).unwrap_or_default();
            (target.no, State { target, life, interests: Vec::new(), origin: None })
        })
        .collect();
    let mut windows = Windows { members, known: HashMap::new() };
    for row in interests(connection, numbers.iter().copied()).await? {
        let InterestRow { target, agency, joined_leaf, seised_leaf } = row;
        let window = windows.of(connection, agency, joined_leaf).await?;
        if let Some(state) = states.get_mut(&target) {
            state.interests.push(Interest { agency, joined_leaf, seised_leaf, window });
        }
    }
    Ok(states)
}

/// Windows of whole batches are alike: they began when the agency's node acknowledged the batch.
struct Windows<'a> {
    members: &'a Members,
    known: HashMap<(AgencyNo, i64), Window>,
}

impl Windows<'_> {
    async fn of(
        &mut self,
        connection: &mut Connection,
        agency: AgencyNo,
        joined_leaf: i64,
    ) -> Result<Window, StoreError> {
        match self.known.entry((agency, joined_leaf)) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(place) => {
                let began = acknowledged_at(connection, agency, joined_leaf).await?;
                let days = self.members.policy.terms.window_working_days;
                let id = self.members.id(agency);
                let end = |from_us| Window::Until(end_of_working_days(land_of(&id), from_us, days));
                Ok(*place.insert(began.map_or(Window::NotBegun, end)))
            }
        }
    }
}

/// What the ownership rules look at: the referral that opened the target. Where it is redacted, nothing.
pub(super) async fn origin(connection: &mut Connection, target: TargetNo) -> Result<Origin, StoreError> {
    Ok(known_origin(connection, target).await?.unwrap_or_default())
}

/// What the ownership rules look at; none: it is redacted.
pub(super) async fn known_origin(
    connection: &mut Connection,
    target: TargetNo,
) -> Result<Option<Origin>, StoreError> {
    const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
    let leaf = opened_leaf(connection, target).await?;
    let Some(event) = EventRow::range(connection, leaf, 1).await?.pop() else {
        return Ok(None);
    };
    let (_, referral) = ReferralStatement::decode(&event.statement, &event.salt).map_err(|_| STATEMENT)?;
    Ok(Some(origin_of(&referral, &CanonicalLink::parse(&referral.link).map_err(|_| STATEMENT)?)))
}

/// What the ownership rules look at in a referral.
pub(super) fn origin_of(referral: &meldeverbund_proto::v1::Referral, link: &CanonicalLink) -> Origin {
    Origin {
        host: link.host().to_owned(),
        domain: link.registrable_domain().unwrap_or_default().to_owned(),
        platform: referral.platform.clone(),
        suspect_land: referral.suspect_land.clone(),
        proposed_owner: referral.proposed_owner.parse().ok(),
    }
}
