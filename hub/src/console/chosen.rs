//! Chosen pairs, what would come of deciding on them, and the command. One list of pairs, one reason, one command.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use meldeverbund_proto::{CommandId, TargetId, statement::Act, v1::RefusalCode};
use meldeverbund_web::{Instant, Texts};

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden, Stamp, Wrong},
    caller::Caller,
    pairs::Choice,
    shown::Shown,
    target::word,
};
use crate::flow::{
    Duplicates, DuplicatesRequest, Failure, Happened, Judged, Pair, PairAnswer, happened, pair,
};

/// Said in the place of a reason where somebody only asks what would come of it; it is recorded nowhere.
const NO_REASON_YET: &str = "-";

/// The chosen pairs, what would come of them, and the form that decides.
#[derive(Template)]
#[template(path = "chosen.html")]
pub(super) struct Chosen<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    acts: bool,
    /// Whether one target is to become two, instead of two one.
    splits: bool,
    reason: String,
    wrong: Option<Wrong>,
    pairs: Vec<Pair>,
    /// What would come of each; empty: it was not asked.
    answers: Vec<Answer>,
    /// Pairs on which somebody decided since, and what.
    meanwhile: Vec<Meanwhile>,
}

/// What would come of a pair, or came of it.
pub(super) enum Answer {
    /// It is refused.
    Refused(Wrong),
    /// It is one target, or two.
    Done(Done),
    /// It is noted that it is not one.
    Noted,
}

/// What came of a pair: whose it is, where it stands.
pub(super) struct Done {
    pub(super) target: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) stage: String,
    pub(super) round: u32,
    /// Of a split, whose the other one is.
    pub(super) name_owner: String,
}

/// A pair on which somebody else decided.
pub(super) struct Meanwhile {
    pub(super) one: TargetId,
    pub(super) other: TargetId,
    pub(super) happened: Option<Happened>,
}

impl Answer {
    pub(super) fn of(t: Texts<'_>, answer: &PairAnswer) -> Self {
        if let Some(refusal) = &answer.refusal {
            return Self::Refused(Wrong::new(t, refusal));
        }
        if answer.owner_agency_id.is_empty() {
            return Self::Noted;
        }
        let stage = t.say(&format!("stage-{}", word(answer.stage().as_str_name(), "STAGE_")));
        let PairAnswer { target_id, name_id, owner_agency_id, round, name_owner_agency_id, .. } =
            answer.clone();
        let (target, name, owner, name_owner) = (target_id, name_id, owner_agency_id, name_owner_agency_id);
        Self::Done(Done { target, name, owner, stage, round, name_owner })
    }

    /// Why it is refused.
    pub(super) fn refused(&self) -> Option<&Wrong> {
        match self {
            Self::Refused(wrong) => Some(wrong),
            Self::Done(_) | Self::Noted => None,
        }
    }

    /// What came of it.
    pub(super) fn done(&self) -> Option<&Done> {
        match self {
            Self::Done(done) => Some(done),
            Self::Refused(_) | Self::Noted => None,
        }
    }
}

impl Meanwhile {
    pub(super) fn at(&self) -> Option<Instant> {
        self.happened.as_ref().and_then(|happened| Instant::from_micros(happened.recorded_at_us))
    }
}

impl Chosen<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    fn ticked(&self, _: &Pair) -> bool {
        true
    }

    /// Holds of both sides: what stands on a whole.
    fn holds(&self, pair: &Pair) -> Vec<String> {
        let mut all: Vec<_> =
            pair.sides().into_iter().flat_map(|side| self.shown().holds(&side.view)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Each pair with what would come of it, where that was asked.
    fn rows(&self) -> Vec<(&Pair, Option<&Answer>)> {
        let answers = self.answers.iter().map(Some).chain(std::iter::repeat(None));
        self.pairs.iter().zip(answers).collect()
    }
}

/// The command of a form.
pub(super) fn request(
    acting: &Acting,
    console: &Console,
    act: Act,
    chosen: &[Choice],
    dry_run: bool,
) -> DuplicatesRequest {
    // What only asks is no part of the form's command.
    let Stamp { command, salt } = if dry_run { Stamp::new(console) } else { acting.stamp(console) };
    let said = acting.sent.text("reason").to_owned();
    let reason = if dry_run && said.is_empty() { NO_REASON_YET.to_owned() } else { said };
    DuplicatesRequest {
        command,
        salt,
        officer: acting.officer(),
        act,
        reason,
        pairs: chosen.iter().map(|choice| (choice.one, choice.other)).collect(),
        undone: None,
        seen: chosen.iter().map(|choice| choice.seen).collect(),
        dry_run,
        signature: None,
    }
}

/// The command that undoes a decision.
pub(super) fn undo(acting: &Acting, console: &Console, undone: CommandId) -> DuplicatesRequest {
    DuplicatesRequest { undone: Some(undone), ..request(acting, console, Act::Undo, &[], false) }
}

/// Signs and runs.
pub(super) async fn run(
    console: &Console,
    caller: &Caller,
    mut request: DuplicatesRequest,
) -> Result<Judged, Failure> {
    let (hub, office) = (&console.0.hub, caller.session.agency.clone());
    request.signature = console.0.pen.sign(&request.batch(office.clone()));
    let (keys, target_ids) = (hub.statement_keys(), hub.store().target_ids().clone());
    let command = Duplicates::parse(office, request, keys, target_ids, hub.policies().clone())?;
    hub.run(command.by(caller.behind())).await
}

/// What was decided on these pairs since they were looked at.
pub(super) async fn meanwhile(
    console: &Console,
    caller: &Caller,
    chosen: &[Choice],
) -> Result<Vec<Meanwhile>, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let mut found = Vec::new();
    for Choice { one, other, seen } in chosen.iter().copied() {
        let now = pair(&mut still, &views, office, one, other).await?.map(|pair| pair.seen);
        let Some(now) = now.filter(|now| *now != seen) else { continue };
        let happened = happened(&mut still, &views, office, now.newest()).await?;
        found.push(Meanwhile { one, other, happened });
    }
    Ok(found)
}

impl Chosen<'_> {
    /// A pair that nobody has sent a form on yet.
    pub(super) async fn first(console: &Console, caller: &Caller, chosen: Vec<Choice>) -> Response {
        let pairs = match read(console, caller, &chosen).await {
            Ok(pairs) => pairs,
            Err(failure) => return console.failed(caller, &failure),
        };
        let t = console.texts(caller.language);
        let content = Chosen {
            t,
            hidden: Hidden::new(console, caller),
            acts: caller.may(Area::Decide),
            splits: false,
            reason: String::new(),
            wrong: None,
            answers: Vec::new(),
            pairs,
            meanwhile: Vec::new(),
        };
        console.framed(caller, Some(Area::Duplicates), StatusCode::OK, &t.say("chosen"), &content)
    }

    /// What was chosen, with what would come of it now.
    pub(super) async fn show(
        console: &Console,
        acting: &Acting,
        act: Act,
        chosen: &[Choice],
        wrong: Option<Wrong>,
    ) -> Response {
        match Self::content(console, acting, act, chosen, wrong).await {
            Ok(content) => {
                let status = match &content.wrong {
                    Some(wrong) if wrong.is_stale => StatusCode::CONFLICT,
                    Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
                    None => StatusCode::OK,
                };
                console.framed(
                    &acting.caller,
                    Some(Area::Duplicates),
                    status,
                    &content.t.say("chosen"),
                    &content,
                )
            }
            Err(failure) => console.failed(&acting.caller, &failure),
        }
    }

    async fn content<'c>(
        console: &'c Console,
        acting: &Acting,
        act: Act,
        chosen: &[Choice],
        wrong: Option<Wrong>,
    ) -> Result<Chosen<'c>, Failure> {
        let (caller, t) = (&acting.caller, console.texts(acting.caller.language));
        let meanwhile = meanwhile(console, caller, chosen).await?;
        let changed =
            |choice: &Choice| meanwhile.iter().any(|one| (one.one, one.other) == (choice.one, choice.other));
        // What somebody else has decided is shown, and is not in the form any more.
        let mut left: Vec<_> = chosen.iter().copied().filter(|choice| !changed(choice)).collect();
        let pairs = read(console, caller, &left).await?;
        // An id that stands for nothing has no side to show, and none that an answer could stand beside.
        left.retain(|choice| {
            pairs.iter().any(|pair| (pair.one.id, pair.other.id) == (choice.one, choice.other))
        });
        let splits = act == Act::Split;
        let asked = if splits { Act::Split } else { Act::Merge };
        let (mut wrong, mut answers) = (wrong, Vec::new());
        if !left.is_empty() {
            let dry = run(console, caller, request(acting, console, asked, &left, true)).await;
            match dry {
                Ok(judged) => answers = judged.answers.iter().map(|one| Answer::of(t, one)).collect(),
                // What is refused as a whole would be, too, when it is done.
                Err(Failure::Refused(refusal)) => wrong = wrong.or(Some(Wrong::new(t, &refusal))),
                Err(failure) => return Err(failure),
            }
        }
        // A form that was sent for pairs which are not in it any more is another command, and so is one that was used.
        let is_used = wrong.as_ref().is_some_and(|wrong| wrong.is_used);
        let is_same = left.len() == chosen.len() && !is_used;
        let hidden = if is_same { Hidden::again(console, acting) } else { Hidden::new(console, caller) };
        let reason = acting.sent.text("reason").to_owned();
        Ok(Chosen { t, hidden, acts: true, splits, reason, wrong, pairs, answers, meanwhile })
    }
}

async fn read(console: &Console, caller: &Caller, chosen: &[Choice]) -> Result<Vec<Pair>, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let mut pairs = Vec::with_capacity(chosen.len());
    for choice in chosen {
        pairs.extend(pair(&mut still, &views, office, choice.one, choice.other).await?);
    }
    Ok(pairs)
}

/// Whether an answer says that somebody else was quicker.
pub(super) fn is_stale(answer: &PairAnswer) -> bool {
    answer.refusal.as_ref().is_some_and(|refusal| refusal.code() == RefusalCode::ChangedSince)
}
