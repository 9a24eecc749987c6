//! What the central office has to see to: a page of targets, and why.

use meldeverbund_domain::{
    TargetNo,
    life::{Responsibility, State, Takedown, Trouble},
};
use meldeverbund_proto::{AgencyId, CommandId, TargetId};
use serde::Serialize;

use super::{
    Failure, Views, admit,
    states::{Members, states},
};
use crate::store::{Connection, for_centre};

/// A target and what the central office has to see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attention {
    /// The target.
    pub target: String,
    /// Who is responsible for it.
    pub owner: String,
    /// Why it is listed.
    pub concerns: Vec<Concern>,
}

/// What the central office has to see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "concern", rename_all = "kebab-case")]
pub enum Concern {
    /// The ownership is disputed.
    Dispute {
        /// Who disputes it.
        by: String,
        /// Who should be responsible.
        claimed: String,
        /// Until when it is to be decided, microseconds since 1970 UTC.
        decide_by_us: i64,
        /// True: that has passed.
        escalated: bool,
    },
    /// A hold has run out whose agency is suspended and cannot lift it.
    LapsedHold {
        /// Whose it is.
        agency: String,
        /// When it ran out, microseconds since 1970 UTC.
        until_us: i64,
    },
    /// Nobody knows what became of a notice, or it could not be sent.
    Unresolved {
        /// The id of its intent.
        intent: String,
        /// Since when it was under way, microseconds since 1970 UTC.
        since_us: i64,
        /// True: its sender says that it could not be sent.
        failed: bool,
    },
    /// Notices left without an intent.
    Incidents {
        /// How many, in all rounds.
        count: u32,
    },
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The targets, in the order in which they were opened.
    pub targets: Vec<Attention>,
    /// The target after which the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// What the central office has to see to, after a target, at most so many targets looked at.
///
/// # Errors
/// If the caller is not admitted, or the engine fails.
pub async fn attention(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    after: Option<TargetId>,
    most: i64,
) -> Result<Page, Failure> {
    admit(connection, caller).await?;
    let after = after.and_then(|id| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    let members = Members::read(connection, &views.policies).await?;
    let numbers = for_centre(connection, after, most).await?;
    let states = states(connection, &members, &numbers).await?;
    let id = |number: &TargetNo| views.target_ids.id(*number).to_string();
    let targets = numbers.iter().filter_map(|number| {
        let state = states.get(number)?;
        let concerns = concerns(state, &members);
        let (target, owner) = (id(number), members.id(state.owner()));
        (!concerns.is_empty()).then_some(Attention { target, owner, concerns })
    });
    let full = i64::try_from(numbers.len()).is_ok_and(|count| count == most);
    Ok(Page { targets: targets.collect(), next: numbers.last().filter(|_| full).map(id) })
}

fn concerns(state: &State, members: &Members) -> Vec<Concern> {
    let life = &state.life;
    let is_open = !matches!(life.takedown, Takedown::Closed { .. });
    let mut concerns = Vec::new();
    if let (true, Responsibility::Disputed { by, claimed, decide_by_us, escalated, .. }) =
        (is_open, life.responsibility)
    {
        let (by, claimed) = (members.id(by), members.id(claimed));
        concerns.push(Concern::Dispute { by, claimed, decide_by_us, escalated });
    }
    let suspended = |no| members.by_no(no).is_some_and(|row| row.suspended_at_us.is_some());
    let lapsed = life.holds.iter().filter(|hold| hold.lapsed && suspended(hold.by));
    concerns.extend(
        lapsed.map(|hold| Concern::LapsedHold { agency: members.id(hold.by), until_us: hold.until_us }),
    );
    if let Takedown::Unresolved(intent, trouble) = &life.takedown {
        concerns.push(Concern::Unresolved {
            intent: CommandId::from_u128(intent.id.0).to_string(),
            since_us: intent.since_us,
            failed: *trouble == Trouble::Failed,
        });
    }
    if is_open && life.incidents > 0 {
        concerns.push(Concern::Incidents { count: life.incidents });
    }
    concerns
}
