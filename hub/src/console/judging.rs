//! Deciding on pairs: two targets side by side, and the form that a list or they send.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{TargetId, statement::Act};
use serde::Deserialize;

use super::{
    Console,
    access::Area,
    acting::{Acting, Wrong},
    caller::Caller,
    chosen::{Chosen, request, run},
    duplicates::listed,
    pairs::{Choice, choices},
};
use crate::flow::{Failure, pair};

#[derive(Deserialize)]
pub(super) struct Both {
    #[serde(default)]
    one: String,
    #[serde(default)]
    other: String,
}

/// Two targets side by side, whether or not anything suggests that they are one.
pub(super) async fn compare(
    State(console): State<Console>,
    caller: Caller,
    Query(both): Query<Both>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(&caller);
    }
    let id = |text: &str| text.trim().to_ascii_lowercase().parse::<TargetId>().ok();
    let Some((one, other)) = id(&both.one).zip(id(&both.other)) else {
        return console.problem_for(&caller, StatusCode::NOT_FOUND, "no-such-pair");
    };
    let found = async {
        let hub = &console.0.hub;
        let mut still = hub.still().await?;
        pair(&mut still, &hub.views(), &caller.session.agency, one, other).await
    };
    match found.await {
        Ok(Some(pair)) if !pair.is_one() => {
            let choice = Choice { one, other, seen: pair.seen };
            Chosen::first(&console, &caller, vec![choice]).await
        }
        Ok(_) => console.problem_for(&caller, StatusCode::NOT_FOUND, "no-such-pair"),
        Err(failure) => console.failed(&caller, &failure),
    }
}

/// What a form on pairs asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// What would come of it.
    Preview(Act),
    /// That it is done.
    Do(Act),
}

impl Step {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "preview-merge" => Self::Preview(Act::Merge),
            "preview-split" => Self::Preview(Act::Split),
            "merge" => Self::Do(Act::Merge),
            "split" => Self::Do(Act::Split),
            "reject" => Self::Do(Act::Reject),
            _ => return None,
        })
    }
}

/// Takes a form on pairs.
pub(super) async fn judge(State(console): State<Console>, acting: Acting) -> Response {
    let caller = &acting.caller;
    if !caller.may(Area::Decide) {
        return console.no_page(caller);
    }
    let t = console.texts(caller.language);
    let chosen = choices(acting.sent.all("pair"));
    let (Some(step), false) = (Step::read(acting.sent.text("step")), chosen.is_empty()) else {
        let wrong = Wrong { what: t.say("choose-a-pair"), ..Wrong::missing(t, "pair-1") };
        return listed(&console, caller, "", Some(wrong)).await;
    };
    let act = match step {
        Step::Preview(act) => return Chosen::show(&console, &acting, act, &chosen, None).await,
        Step::Do(act) => act,
    };
    let request = request(&acting, &console, act, &chosen, false);
    match run(&console, caller, request).await {
        Ok(judged) => Redirect::to(&format!("/duplicates/decisions/{}", judged.leaf_index)).into_response(),
        Err(Failure::Refused(refusal)) => {
            let wrong = Some(Wrong::new(t, &refusal));
            Chosen::show(&console, &acting, act, &chosen, wrong).await
        }
        Err(failure) => console.failed(caller, &failure),
    }
}
