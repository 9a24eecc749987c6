//! A list whose targets are ticked and decided on together: what was sent, and what became of each.

use std::collections::BTreeMap;

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{
    TargetId,
    limits::TARGETS_PER_DECISION,
    v1::{Confirm, Decided, GateKind, Refusal, RefusalCode, WithdrawGate, decide_request::Decision},
};

use super::{
    Console,
    acting::{Sent, Wrong},
    caller::Caller,
    decision::Ticked,
};
use crate::flow::{Failure, Happened, happened_last};

/// What was sent, where the list is shown again, and what became of it.
#[derive(Default)]
pub(super) struct Form {
    pub(super) sent: Sent,
    pub(super) wrong: Option<Wrong>,
    /// Why the rules refused single targets.
    pub(super) refused: BTreeMap<String, String>,
    /// True: the others were decided.
    is_done_in_part: bool,
}

/// What became of a form.
pub(super) enum Outcome {
    /// It is decided, with this leaf.
    Done(u64),
    /// It is not, or not for all: the list is shown again.
    Again(Form),
    /// It is about what there is not, or what is not the person's own.
    Unknown,
}

impl Form {
    /// Whether the target was ticked in what was sent, and not decided.
    pub(super) fn is_ticked(&self, id: &str) -> bool {
        if self.is_done_in_part {
            return self.refused(id).is_some();
        }
        self.ticked().any(|one| one.target.to_string() == id)
    }

    /// Why the rules refused the target.
    pub(super) fn refused(&self, id: &str) -> Option<&String> {
        self.refused.get(id)
    }

    pub(super) fn typed(&self, field: &str) -> &str {
        self.sent.text(field)
    }

    pub(super) fn status(&self) -> StatusCode {
        match &self.wrong {
            _ if self.is_done_in_part => StatusCode::OK,
            Some(wrong) if wrong.is_stale => StatusCode::CONFLICT,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        }
    }

    /// What somebody else decided since on what was ticked. `now` has the targets of the page and how far they have come: of what
    /// is not on it nothing is told, whatever a form says.
    pub(super) async fn meanwhile(
        &self,
        console: &Console,
        caller: &Caller,
        now: &BTreeMap<&str, i64>,
    ) -> Result<Vec<Happened>, Failure> {
        let mut meanwhile: Vec<Happened> = Vec::new();
        if !self.wrong.as_ref().is_some_and(|wrong| wrong.is_stale) {
            return Ok(meanwhile);
        }
        let (mut still, views) = (console.0.hub.still().await?, console.0.hub.views());
        for ticked in self.ticked() {
            if now.get(&*ticked.target.to_string()).is_none_or(|now| *now == ticked.seen) {
                continue;
            }
            let happened = happened_last(&mut still, &views, &caller.session.agency, ticked.target).await?;
            meanwhile.extend(happened.filter(|one| meanwhile.iter().all(|known| known.leaf != one.leaf)));
        }
        Ok(meanwhile)
    }

    fn ticked(&self) -> impl Iterator<Item = Ticked> {
        self.sent.all("target").filter_map(Ticked::read)
    }
}

/// The ticked targets, each once.
pub(super) fn ticked(sent: &Sent) -> Vec<Ticked> {
    let mut ticked: Vec<Ticked> = Vec::new();
    for one in sent.all("target").filter_map(Ticked::read).take(TARGETS_PER_DECISION) {
        if ticked.iter().all(|known| known.target != one.target) {
            ticked.push(one);
        }
    }
    ticked
}

/// What a form says on releases that there are: that they count from now on, or not any more.
///
/// # Errors
/// If it says neither.
pub(super) fn on_release(sent: &Sent) -> Result<Decision, Refusal> {
    let gate = GateKind::Released.into();
    match sent.text("decision") {
        "confirm" => Ok(Decision::Confirm(Confirm { gate })),
        "revoke" => Ok(Decision::WithdrawGate(WithdrawGate { gate, reason: sent.text("reason").to_owned() })),
        _ => Err(Refusal::missing("decision")),
    }
}

/// What became of the form, as its person is told.
///
/// # Errors
/// If the engine failed.
pub(super) fn outcome(
    console: &Console,
    caller: &Caller,
    sent: Sent,
    ticked: &[Ticked],
    decided: Result<Decided, Failure>,
) -> Result<Outcome, Failure> {
    let t = console.texts(caller.language);
    let (wrong, refused) = match decided {
        Ok(decided) => {
            let answers = ticked.iter().zip(&decided.answers);
            let refused = answers.filter_map(|(one, answer)| Some((one, answer.refusal.as_ref()?)));
            let refused: BTreeMap<_, _> =
                refused.map(|(one, why)| (one.target.to_string(), Wrong::new(t, why).what)).collect();
            if refused.is_empty() {
                return Ok(Outcome::Done(decided.leaf_index));
            }
            let is_in_part = refused.len() < ticked.len();
            let what = t.say(if is_in_part { "proceeding-some-refused" } else { "proceeding-all-refused" });
            (Wrong { what, ..Wrong::missing(t, "targets") }, refused)
        }
        // What is not the person's own is answered like what there is not, whether it was when the page was made or is since.
        Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::TargetUnknown => {
            return Ok(Outcome::Unknown);
        }
        Err(Failure::Refused(refusal)) => {
            let mut wrong = Wrong::new(t, &refusal);
            wrong.field = place(sent.text("decision"), &wrong.field);
            if refusal.field == "target_ids" && refusal.code() == RefusalCode::FieldMissing {
                (wrong.what, wrong.field) = (t.say("proceeding-choose"), "targets".to_owned());
            }
            (wrong, BTreeMap::new())
        }
        Err(failure) => return Err(failure),
    };
    let is_done_in_part = (1..ticked.len()).contains(&refused.len());
    Ok(Outcome::Again(Form { sent, wrong: Some(wrong), refused, is_done_in_part }))
}

/// To the list that was decided on, where the page of it began, which tells of this leaf.
pub(super) fn decided_on(list: &str, leaf: u64, after: &str) -> Response {
    // What is no id is not in the address: a form says nothing else there.
    let after = after.parse::<TargetId>().map(|after| format!("&after={after}")).unwrap_or_default();
    Redirect::to(&format!("{list}?done={leaf}{after}")).into_response()
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
