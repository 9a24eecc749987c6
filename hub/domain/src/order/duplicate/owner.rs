//! Who is responsible for two targets that are one: what a competent body has decided stands, else the rules are asked.

use meldeverbund_proto::v1::OwnerBasis;

use super::{Side, is_open};
use crate::{
    AgencyNo, Ownership,
    life::{Responsibility, State},
    order::{Context, dispute::dispute_by_us, succession::proposed},
    rules::{Question, choose},
};

/// The owner of both, and how firm that is.
pub(super) fn owner(
    older: &Side,
    younger: &Side,
    bound: &[AgencyNo],
    context: &Context<'_>,
) -> (Ownership, Responsibility) {
    let (one, other) = (&older.state, &younger.state);
    let (owned, contested) = named(one, other, bound, context);
    let firm = firmness(one, other, owned.owner, context);
    let was_proposed = matches!(firm, Responsibility::Proposed { .. });
    let disputed = [one, other].into_iter().find_map(|state| match state.life.responsibility {
        Responsibility::Disputed { by, claimed, decide_by_us, escalated, .. } if claimed != owned.owner => {
            let proposed = was_proposed;
            Some(Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated })
        }
        _ => None,
    });
    let contested = contested.map(|by| Responsibility::Disputed {
        by,
        claimed: by,
        proposed: false,
        decide_by_us: dispute_by_us(context),
        escalated: false,
    });
    (owned, disputed.or(contested).unwrap_or(firm))
}

/// Who is named; and who of equal right is not, so that the competent body has to decide between the two.
fn named(
    one: &State,
    other: &State,
    bound: &[AgencyNo],
    context: &Context<'_>,
) -> (Ownership, Option<AgencyNo>) {
    let strengths = [one, other].map(|state| strength(state, context));
    let [by_one, by_other] = [one, other].map(|state| state.target.ownership);
    if by_one.owner == by_other.owner {
        return (if strengths[1] > strengths[0] { by_other } else { by_one }, None);
    }
    match (strengths[0].cmp(&strengths[1]), strengths[0]) {
        (std::cmp::Ordering::Greater, _) => (by_one, None),
        (std::cmp::Ordering::Less, _) => (by_other, None),
        (std::cmp::Ordering::Equal, DECIDED..) => (by_one, Some(by_other.owner)),
        (std::cmp::Ordering::Equal, _) => (ruled(one, other, bound, context), None),
    }
}

/// From here on a competent body has decided; below, the rules or the agencies have.
const DECIDED: u8 = 2;

/// How much a side's ownership rests on. Nothing where its owner may own no more, or has not accepted.
fn strength(state: &State, context: &Context<'_>) -> u8 {
    let owner = context.agencies.iter().find(|agency| agency.no == state.owner());
    let waits = matches!(state.life.responsibility, Responsibility::Proposed { .. });
    if waits || !is_open(state) || owner.is_none_or(|owner| owner.may_own().is_err()) {
        return 0;
    }
    match state.target.ownership.basis {
        OwnerBasis::Prosecutor => 3,
        OwnerBasis::Assignment => DECIDED,
        OwnerBasis::Agreement | OwnerBasis::LeadCase | OwnerBasis::Seat => 1,
        _ => 0,
    }
}

fn ruled(one: &State, other: &State, bound: &[AgencyNo], context: &Context<'_>) -> Ownership {
    // Who is responsible for one of them has not declined both.
    let owns =
        |agency: &AgencyNo| [one, other].iter().any(|state| is_open(state) && state.owner() == *agency);
    let declined = one.life.declined.iter().chain(&other.life.declined).copied();
    let declined: Vec<_> = declined.filter(|agency| !owns(agency)).collect();
    // As if the younger one's referrals had joined the older one.
    let origin = one.origin.clone().unwrap_or_default();
    let question = Question {
        origin: &origin,
        bound,
        declined: &declined,
        agencies: context.agencies,
        now_us: context.now_us,
    };
    choose(context.policy, &question).0
}

/// Who is responsible for one of them and has accepted that need not accept again; everybody else is asked.
fn firmness(one: &State, other: &State, owner: AgencyNo, context: &Context<'_>) -> Responsibility {
    let both_closed = !is_open(one) && !is_open(other);
    let own =
        [one, other].into_iter().filter(|state| state.owner() == owner && (both_closed || is_open(state)));
    let mut waits = None;
    for state in own {
        match state.life.responsibility {
            Responsibility::Proposed { accept_by_us } => {
                waits = Some(waits.map_or(accept_by_us, |by_us: i64| by_us.min(accept_by_us)));
            }
            Responsibility::Disputed { proposed: true, .. } => {}
            // An offer was of one of them; it ends.
            Responsibility::Confirmed | Responsibility::Offered { .. } | Responsibility::Disputed { .. } => {
                return Responsibility::Confirmed;
            }
        }
    }
    waits.map_or_else(|| proposed(context), |accept_by_us| Responsibility::Proposed { accept_by_us })
}
