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
