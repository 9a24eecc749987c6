//! A prosecutor releases targets of an own proceeding, confirms a colleague's releases, or revokes them: one form, one decision.

use axum::{
    extract::{Path, State},
    response::Response,
};
use meldeverbund_proto::v1::{
    Decided, Refusal, Release, ReleaseForm, ReleaseScope, decide_request::Decision,
};

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden},
    decision::{self, Ticked},
    proceeding::render,
    ticking::{Outcome, decided_on, on_release, outcome, ticked},
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
    let ticked = ticked(&acting.sent);
    let claimed = OwnProceeding { own: caller.session.proceedings.clone(), no };
    let proceeding = match own(&console, &acting, &claimed).await {
        Ok(Some(proceeding)) => proceeding,
        // Another's is answered like what there is not.
        Ok(None) => return console.no_page(caller),
        Err(failure) => return console.failed(caller, &failure),
    };
    let decided = run(&console, &acting, (&proceeding, claimed), &ticked).await;
    let Acting { caller, sent } = acting;
    let after = sent.text("after").to_owned();
    match outcome(&console, &caller, sent, &ticked, decided) {
        // It is in the ledger, with what became of it.
        Ok(Outcome::Done(leaf)) => decided_on(&format!("/proceedings/{no}"), leaf, &after),
        Ok(Outcome::Again(form)) => {
            // What was refused under the lock is recorded under this stamp: what is sent next is another command.
            let hidden = Hidden::new(&console, &caller);
            render(&console, &caller, (no, &after, None), hidden, form).await
        }
        Ok(Outcome::Unknown) => console.no_page(&caller),
        Err(failure) => console.failed(&caller, &failure),
    }
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
        _ => on_release(&acting.sent),
    }
}
