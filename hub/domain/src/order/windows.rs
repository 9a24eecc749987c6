//! Objection windows: a joining agency consents, or the central office ends its window for it.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, must_be_open, nothing};
use crate::{AgencyNo, life::State};

pub(super) fn consent(
    mut state: State,
    of: Option<AgencyNo>,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    let whose = match of {
        Some(other) if other != context.actor.no => {
            context.must_be_central()?;
            if context.policy.consent_required {
                let reason = "only the agency itself consents where silence is not enough";
                return Err(Refusal::of(RefusalCode::ConsentRequired, reason));
            }
            other
        }
        _ => context.actor.no,
    };
    if !state.open_windows().any(|interest| interest.agency == whose) {
        return Err(nothing("there is no open objection window"));
    }
    state.life.consented.push(whose);
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        order::Order,
        testing::{BKA, BY, Bench, HOLD, NW},
    };

    const OF_BY: Order = Order::Consent { of: Some(BY) };

    #[test]
    fn the_central_office_ends_a_window_also_where_it_is_the_owner() {
        let mut bench = Bench::new();
        bench.no(RefusalCode::NotPermitted, NW, OF_BY);
        bench.state.target.ownership.owner = BKA;
        bench.state.life.taken_over = true;
        let mut consent = bench.clone();
        consent.policy.consent_required = true;
        consent.no(RefusalCode::ConsentRequired, BKA, OF_BY);
        bench.ok(BKA, OF_BY);
        assert_eq!(bench.state.open_windows().count(), 0);
        // It took time and nothing else.
        bench.ok(BY, HOLD);
    }
}
