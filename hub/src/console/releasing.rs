//! A prosecutor releases targets of an own proceeding, or revokes their releases: one form, one decision.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{
    TargetId,
    limits::TARGETS_PER_DECISION,
    v1::{
        Decided, GateKind, Refusal, RefusalCode, Release, ReleaseForm, ReleaseScope, WithdrawGate,
        decide_request::Decision,
    },
};

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden, Wrong},
    decision::{self, Ticked},
    proceeding::{Form, render},
};
use crate::flow::{Failure, OwnProceeding, Proceeding, own_proceeding};

/// Takes the form.
pub(super) async fn decide(
    State(console): State<Console>,
    Path(no): Path<String>,
    acting: Acting,
) -> Response {
    let caller = &acting.caller;
    let Some(no) = no.parse::<i64>().ok().filter(|_| caller.may(Area::Proceedings)) else {
        return console.no_page(caller);
    };
    let ticked = ticked(&acting);
    let claimed = OwnProceeding { own: caller.session.proceedings.clone(), no };
    let proceeding = match own(&console, &acting, &claimed).await {
        Ok(Some(proceeding)) => proceeding,
        // Another's is answered like what there is not.
        Ok(None) => return console.no_page(caller),
        Err(failure) => return console.failed(caller, &failure),
    };
    let t = console.texts(caller.language);
    let (wrong, refused) = match run(&console, &acting, (&proceeding, claimed), &ticked).await {
        Ok(decided) => {
            let refused = refused(&console, &acting, &ticked, &decided);
            let after = acting.sent.read::<TargetId>("after");
            let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
            if refused.is_empty() {
                // It is in the ledger, with what became of it.
                let done = format!("/proceedings/{no}?done={}{after}", decided.leaf_index);
                return Redirect::to(&done).into_response();
            }
            let what = match refused.len() < ticked.len() {
                true => t.say("proceeding-some-refused"),
                false => t.say("proceeding-all-refused"),
            };
            (Wrong { what, ..Wrong::missing(t, "targets") }, refused)
        }
        // And so is another's target in an own one, whether it was when the page was made or is since.
        Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::TargetUnknown => {
            return console.no_page(caller);
        }
        Err(Failure::Refused(refusal)) => {
            let mut wrong = Wrong::new(t, &refusal);
            wrong.field = place(acting.sent.text("decision"), &wrong.field);
            if refusal.field == "target_ids" && refusal.code() == RefusalCode::FieldMissing {
                (wrong.what, wrong.field) = (t.say("proceeding-choose"), "targets".to_owned());
            }
            (wrong, BTreeMap::new())
        }
        Err(failure) => return console.failed(caller, &failure),
    };
    // What was refused under the lock is recorded under this stamp: what is sent next is another command.
    let hidden = Hidden::new(&console, caller);
    let Acting { caller, sent } = acting;
    let after = sent.text("after").to_owned();
    let is_done_in_part = (1..ticked.len()).contains(&refused.len());
    let form = Form { sent, wrong: Some(wrong), refused, is_done_in_part };
    render(&console, &caller, (no, &after, None), hidden, form).await
}

/// The ticked targets, each once.
fn ticked(acting: &Acting) -> Vec<Ticked> {
    let mut ticked: Vec<Ticked> = Vec::new();
    for one in acting.sent.all("target").filter_map(Ticked::read).take(TARGETS_PER_DECISION) {
        if ticked.iter().all(|known| known.target != one.target) {
            ticked.push(one);
        }
    }
    ticked
}

async fn own(
    console: &Console,
    acting: &Acting,
    claimed: &OwnProceeding,
) -> Result<Option<Proceeding>, Failure> {
    let hub = &console.0.hub;
    own_proceeding(&mut *hub.reader().await?, &acting.caller.session.agency, claimed).await
}

async fn run(
    console: &Console,
    acting: &Acting,
    (proceeding, claimed): (&Proceeding, OwnProceeding),
    ticked: &[Ticked],
) -> Result<Decided, Failure> {
    if ticked.is_empty() {
        return Err(Refusal::missing("target_ids").into());
    }
    decision::decide(console, acting, ticked, decision(acting, proceeding)?, Some(claimed)).await
}

/// The decision that the form says. Who releases is who is signed in, and under which reference the proceeding says.
fn decision(acting: &Acting, proceeding: &Proceeding) -> Result<Decision, Refusal> {
    let text = |field: &str| acting.sent.text(field).to_owned();
    match acting.sent.text("decision") {
        "release" => Ok(Decision::Release(Release {
            authority: text("authority"),
            person: acting.officer(),
            prosecutor_reference: proceeding.case.prosecutor_reference.clone(),
            form: ReleaseForm::Electronic.into(),
            scope: ReleaseScope::Links.into(),
            until_us: acting.sent.until_us()?,
            conditions: text("conditions"),
            not_needed_reason: String::new(),
        })),
        "revoke" => Ok(Decision::WithdrawGate(WithdrawGate {
            gate: GateKind::Released.into(),
            reason: text("reason"),
        })),
        _ => Err(Refusal::missing("decision")),
    }
}

/// Why single targets were refused, as people read it.
fn refused(
    console: &Console,
    acting: &Acting,
    ticked: &[Ticked],
    decided: &Decided,
) -> BTreeMap<String, String> {
    let t = console.texts(acting.caller.language);
    let answers = ticked.iter().zip(&decided.answers);
    let refused = answers.filter_map(|(one, answer)| Some((one, answer.refusal.as_ref()?)));
    refused.map(|(one, refusal)| (one.target.to_string(), Wrong::new(t, refusal).what)).collect()
}

/// Where the field stands on the page; empty: nowhere.
fn place(decision: &str, field: &str) -> String {
    match (decision, field) {
        (_, "") => String::new(),
        ("release", "until_us" | "until") => "release-until".to_owned(),
        ("release", field @ ("authority" | "conditions")) => format!("release-{field}"),
        ("revoke", "reason") => "revoke-reason".to_owned(),
        _ => String::new(),
    }
}
