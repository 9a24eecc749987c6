//! A decision on duplicates, as the ledger has it; and undoing it.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use meldeverbund_proto::{TargetId, statement::Act};
use meldeverbund_web::{Instant, Texts};

use super::{
    Console,
    access::Area,
    acting::{Acting, Hidden, Wrong},
    caller::Caller,
    chosen::{Answer, Meanwhile, is_stale, meanwhile, run, undo},
    pairs::Choice,
};
use crate::flow::{Failure, JudgedRecord, Seen, judged_at};

#[derive(Template)]
#[template(path = "judged.html")]
struct Judgement<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    acts: bool,
    record: JudgedRecord,
    answers: Vec<Answer>,
    meanwhile: Vec<Meanwhile>,
    reason: String,
    wrong: Option<Wrong>,
}

impl Judgement<'_> {
    fn act(&self) -> String {
        self.t.say(&format!("act-{}", self.record.act.name()))
    }

    fn at(&self) -> Option<Instant> {
        Instant::from_micros(self.record.recorded_at_us)
    }

    /// Each pair, as it was named, with what became of it; of an undo nobody named any.
    fn rows(&self) -> Vec<(Option<&(TargetId, TargetId)>, &Answer)> {
        let named = self.record.pairs.iter().map(Some).chain(std::iter::repeat(None));
        named.zip(&self.answers).collect()
    }

    /// An undo is not undone, and what was refused leaves nothing to undo.
    fn can_be_undone(&self) -> bool {
        let done = |answer: &Answer| !matches!(answer, Answer::Refused(_));
        self.record.act != Act::Undo && self.answers.iter().any(done)
    }
}

/// The decision at a leaf.
pub(super) async fn page(State(console): State<Console>, caller: Caller, Path(leaf): Path<i64>) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(&caller);
    }
    let hidden = Hidden::new(&console, &caller);
    show(&console, &caller, leaf, hidden, String::new(), None).await
}

/// Undoes it.
pub(super) async fn take_back(
    State(console): State<Console>,
    Path(leaf): Path<i64>,
    acting: Acting,
) -> Response {
    let caller = &acting.caller;
    if !caller.may(Area::Decide) {
        return console.no_page(caller);
    }
    let record = match read(&console, caller, leaf).await {
        Ok(Some(record)) => record,
        Ok(None) => return console.no_page(caller),
        Err(failure) => return console.failed(caller, &failure),
    };
    match run(&console, caller, undo(&acting, &console, record.command)).await {
        Ok(judged) => Redirect::to(&format!("/duplicates/decisions/{}", judged.leaf_index)).into_response(),
        Err(Failure::Refused(refusal)) => {
            let wrong = Wrong::new(console.texts(caller.language), &refusal);
            let hidden = match wrong.is_used {
                true => Hidden::new(&console, caller),
                false => Hidden::again(&console, &acting),
            };
            let reason = acting.sent.text("reason").to_owned();
            show(&console, caller, leaf, hidden, reason, Some(wrong)).await
        }
        Err(failure) => console.failed(caller, &failure),
    }
}

async fn read(console: &Console, caller: &Caller, leaf: i64) -> Result<Option<JudgedRecord>, Failure> {
    judged_at(&mut *console.0.hub.reader().await?, &caller.session.agency, leaf).await
}

async fn show(
    console: &Console,
    caller: &Caller,
    leaf: i64,
    hidden: Hidden,
    reason: String,
    wrong: Option<Wrong>,
) -> Response {
    let t = console.texts(caller.language);
    let found = async {
        let Some(record) = read(console, caller, leaf).await? else { return Ok(None) };
        // Whatever else happened to them, somebody was quicker: what the newest decision on them is, says who.
        let stale = record.pairs.iter().zip(&record.answers).filter(|(_, answer)| is_stale(answer));
        let stale = stale.map(|((one, other), _)| Choice { one: *one, other: *other, seen: Seen::default() });
        let meanwhile = meanwhile(console, caller, &stale.collect::<Vec<_>>()).await?;
        Ok::<_, Failure>(Some((record, meanwhile)))
    };
    match found.await {
        Ok(Some((record, meanwhile))) => {
            let answers = record.answers.iter().map(|answer| Answer::of(t, answer)).collect();
            let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let acts = caller.may(Area::Decide);
            let content = Judgement { t, hidden, acts, record, answers, meanwhile, reason, wrong };
            console.framed(
                caller,
                Some(Area::Duplicates),
                status,
                &t.name("judged", &leaf.to_string()),
                &content,
            )
        }
        Ok(None) => console.no_page(caller),
        Err(failure) => console.failed(caller, &failure),
    }
}
