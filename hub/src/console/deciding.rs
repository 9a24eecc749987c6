//! What the central office may decide on one target: a form for each decision that exists and fits.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{
    TargetId,
    v1::{
        AssignOwner, Consent, Decided, HoldReason, LiftHold, Overrule, OwnerBasis, PlaceHold, Refusal,
        RenewHold, ResolveIntent, ShowTargetsRequest, TargetView, decide_request::Decision,
    },
};
use meldeverbund_web::{Instant, Texts};

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden, Sent, Wrong},
    caller::Caller,
    decision::{self, Ticked},
    holds,
    shown::Shown,
};
use crate::flow::{
    Failure, Happened, Held, HoldLine, Party, happened_last, holds_of, newest_decision, parties, show,
};

/// Why a hold may be placed.
const HOLD_REASONS: [HoldReason; 6] = [
    HoldReason::Investigation,
    HoldReason::CovertMeasure,
    HoldReason::Evidence,
    HoldReason::Victim,
    HoldReason::ForeignRequest,
    HoldReason::Other,
];

/// On what a competent body's decision rests.
const BASES: [OwnerBasis; 3] = [OwnerBasis::Agreement, OwnerBasis::Assignment, OwnerBasis::Prosecutor];

#[derive(Template)]
#[template(path = "deciding.html")]
struct Deciding<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    facts: Facts,
    /// What was sent, where the page is shown again.
    sent: Sent,
    wrong: Option<Wrong>,
    /// What somebody else decided since.
    happened: Option<Happened>,
}

/// What the page is about.
struct Facts {
    view: TargetView,
    held: Held,
    parties: Vec<Party>,
    /// The newest leaf that decided on it.
    seen: i64,
}

impl Deciding<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    /// What was typed into a field of this decision's form.
    fn typed(&self, decision: &str, field: &str) -> &str {
        if self.is_sent(decision) { self.sent.text(field) } else { "" }
    }

    fn is_sent(&self, decision: &str) -> bool {
        self.sent.text("decision") == decision
    }

    fn reasons(&self) -> Vec<(String, String)> {
        let one = |reason: HoldReason| {
            let word = super::target::word(reason.as_str_name(), "HOLD_REASON_");
            let said = self.t.say(&format!("hold-reason-{word}"));
            (word, said)
        };
        HOLD_REASONS.map(one).into()
    }

    fn bases(&self) -> Vec<(String, String)> {
        let one = |basis: OwnerBasis| {
            let word = super::target::word(basis.as_str_name(), "OWNER_BASIS_");
            let said = self.t.say(&format!("basis-{word}"));
            (word, said)
        };
        BASES.map(one).into()
    }

    fn why(&self, hold: &HoldLine) -> String {
        holds::reason(self.t, hold)
    }

    fn until(&self, hold: &HoldLine) -> Option<Instant> {
        Instant::from_micros(hold.until_us)
    }

    fn has_own_holds(&self) -> bool {
        self.facts.held.holds.iter().any(|hold| hold.is_own)
    }

    fn suspended(&self) -> Vec<&Party> {
        self.facts.parties.iter().filter(|party| party.suspended).collect()
    }

    /// Whether a notice waits for somebody to say what became of it.
    fn is_unresolved(&self) -> bool {
        self.facts.view.intent.as_ref().is_some_and(|intent| intent.failed || intent.in_doubt)
    }

    fn happened_at(&self) -> Option<Instant> {
        self.happened.as_ref().and_then(|happened| Instant::from_micros(happened.recorded_at_us))
    }
}

/// The forms.
pub(super) async fn page(State(console): State<Console>, caller: Caller, Path(id): Path<String>) -> Response {
    if !caller.may(Area::Decide) {
        return console.no_page(&caller);
    }
    let Ok(id) = id.parse::<TargetId>() else { return console.no_page(&caller) };
    let hidden = Hidden::new(&console, &caller);
    render(&console, &caller, id, hidden, Sent::default(), None).await
}

/// Takes one of the forms.
pub(super) async fn decide(
    State(console): State<Console>,
    Path(id): Path<String>,
    acting: Acting,
) -> Response {
    let caller = &acting.caller;
    if !caller.may(Area::Decide) {
        return console.no_page(caller);
    }
    let Ok(id) = id.parse::<TargetId>() else { return console.no_page(caller) };
    let refusal = match run(&console, &acting, id).await {
        Ok(decided) => match decided.answers.into_iter().find_map(|answer| answer.refusal) {
            // It is in the ledger, with what became of it.
            None => {
                let done = format!("/targets/{id}?done={}", decided.leaf_index);
                return Redirect::to(&done).into_response();
            }
            Some(refusal) => refusal,
        },
        Err(Failure::Refused(refusal)) => refusal,
        Err(failure) => return console.failed(caller, &failure),
    };
    let mut wrong = Wrong::new(console.texts(caller.language), &refusal);
    wrong.field = place(acting.sent.text("decision"), &wrong.field);
    // What was refused under the lock is recorded under this stamp: what is sent next is another command.
    let hidden = Hidden::new(&console, caller);
    let Acting { caller, sent } = acting;
    render(&console, &caller, id, hidden, sent, Some(wrong)).await
}

async fn run(console: &Console, acting: &Acting, id: TargetId) -> Result<Decided, Failure> {
    let decision = decision(&acting.sent)?;
    let seen = acting.sent.read("seen").ok_or_else(|| Refusal::missing("seen"))?;
    decision::decide(console, acting, &[Ticked { target: id, seen }], decision, None).await
}

/// The decision that a form says.
fn decision(sent: &Sent) -> Result<Decision, Refusal> {
    let text = |field: &str| sent.text(field).to_owned();
    let until_us = sent.until_us()?;
    Ok(match sent.text("decision") {
        "assign" => {
            let basis = format!("OWNER_BASIS_{}", constant(sent.text("basis")));
            let basis = OwnerBasis::from_str_name(&basis).unwrap_or_default().into();
            let (agency_id, decider, reference) = (text("agency_id"), text("decider"), text("reference"));
            Decision::AssignOwner(AssignOwner { agency_id, basis, decider, reference })
        }
        "hold" => {
            let reason = format!("HOLD_REASON_{}", constant(sent.text("reason")));
            let reason = HoldReason::from_str_name(&reason).unwrap_or_default().into();
            let (authority, reference) = (text("authority"), text("reference"));
            let (note, on_behalf_of) = (text("note"), text("on_behalf_of"));
            Decision::PlaceHold(PlaceHold { reason, authority, until_us, reference, note, on_behalf_of })
        }
        "renew" => {
            Decision::RenewHold(RenewHold { hold_id: text("hold_id"), until_us, reason: text("reason") })
        }
        "lift" => Decision::LiftHold(LiftHold { hold_id: text("hold_id"), reason: text("reason") }),
        "consent" => Decision::Consent(Consent { agency_id: text("agency_id"), reason: text("reason") }),
        "overrule" => {
            let (agency_id, reason, reference) = (text("agency_id"), text("reason"), text("reference"));
            Decision::Overrule(Overrule { agency_id, reason, reference })
        }
        "resolve" => {
            let was_sent = match sent.text("was_sent") {
                "yes" => true,
                "no" => false,
                _ => return Err(Refusal::missing("was_sent")),
            };
            let (intent_id, reason) = (text("intent_id"), text("reason"));
            Decision::ResolveIntent(ResolveIntent { intent_id, was_sent, sent_at_us: until_us, reason })
        }
        _ => return Err(Refusal::missing("decision")),
    })
}

/// Where the field stands on the page; empty: nowhere.
fn place(decision: &str, field: &str) -> String {
    match (decision, field) {
        (_, "") => String::new(),
        // Each of the own holds has a form.
        ("renew" | "lift", _) => "own-holds".to_owned(),
        (decision, "until_us" | "sent_at_us") => format!("{decision}-until"),
        (decision, field) => format!("{decision}-{field}"),
    }
}

/// `covert-measure` as the contract writes it.
fn constant(word: &str) -> String {
    word.to_ascii_uppercase().replace('-', "_")
}

async fn render(
    console: &Console,
    caller: &Caller,
    id: TargetId,
    hidden: Hidden,
    sent: Sent,
    wrong: Option<Wrong>,
) -> Response {
    let t = console.texts(caller.language);
    let is_stale = wrong.as_ref().is_some_and(|wrong| wrong.is_stale);
    match read(console, caller, id, is_stale).await {
        Ok(Some((facts, happened))) => {
            let status = match &wrong {
                Some(_) if is_stale => StatusCode::CONFLICT,
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
                None => StatusCode::OK,
            };
            let title = t.name("deciding", &facts.view.target_id);
            let content = Deciding { t, hidden, facts, sent, wrong, happened };
            console.framed(caller, Some(Area::Decide), status, &title, &content)
        }
        Ok(None) | Err(Failure::Refused(_)) => console.no_page(caller),
        Err(failure) => console.failed(caller, &failure),
    }
}

async fn read(
    console: &Console,
    caller: &Caller,
    id: TargetId,
    is_stale: bool,
) -> Result<Option<(Facts, Option<Happened>)>, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let request = ShowTargetsRequest { target_ids: vec![id.to_string()] };
    let shown = show(&mut still, &views, office, &request).await?.targets.into_iter().next();
    let held = holds_of(&mut still, &views, office, id).await?;
    let Some((view, held)) = shown.zip(held) else { return Ok(None) };
    let parties = parties(&mut still, office).await?;
    let seen = newest_decision(&mut still, &views, office, id).await?;
    let happened = if is_stale { happened_last(&mut still, &views, office, id).await? } else { None };
    Ok(Some((Facts { view, held, parties, seen }, happened)))
}
