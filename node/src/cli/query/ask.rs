//! Hands a question to the daemon, follows the answers, and shows them.

use meldeverbund_proto::node::v1::{
    AskBegin, AskDone, AskFinish, AskRequest, AskResponse, AskResume, AskRow, AskRows, Question, ask_request,
    ask_response::Step,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{
    progress::Answering,
    rows::{self, Form},
};
use crate::{
    cli::{Exit, context::Context, error::CliError, signed_in::SignedIn},
    text::{self, Lang, say},
};

/// Rows of one message.
const CHUNK: usize = 1_000;

/// Messages that are made ahead of the daemon.
const AHEAD: usize = 2;

/// What is to be asked.
pub(super) enum Asking {
    /// A question with its lines.
    Begin {
        /// Its first message.
        begin: AskBegin,
        /// Its lines with their numbers.
        lines: Vec<(u64, String)>,
    },
    /// One whose rows the node has.
    Resume(u64),
}

/// Asks, and shows what comes of it.
pub(super) async fn ask(
    context: &Context,
    signed_in: &SignedIn,
    asking: Asking,
    form: &Form,
) -> Result<Exit, CliError> {
    let mut desk = context.liaison_desk(signed_in).await?;
    let (requests, outgoing) = mpsc::channel(AHEAD);
    let (first, lines) = match asking {
        Asking::Begin { begin, lines } => (ask_request::Step::Begin(begin), Some(lines)),
        Asking::Resume(question) => (ask_request::Step::Resume(AskResume { question }), None),
    };
    let _ = requests.send(step(first)).await;
    let mut answers = desk.ask(ReceiverStream::new(outgoing)).await?.into_inner();
    let Some(Step::Begun(begun)) = next(&mut answers).await? else { return Err(CliError::BrokeOff) };
    if begun.rows_taken > 0 && !context.json && lines.is_some() {
        let (number, taken) = (begun.question, text::count(context.lang, begun.rows_taken));
        eprintln!(
            "{}",
            say(
                context.lang,
                format!("Abfrage {number} wird fortgesetzt; {taken} Zeilen waren übernommen."),
                format!("Going on with question {number}; {taken} rows had been taken."),
            )
        );
    }
    if let Some(lines) = lines {
        tokio::spawn(hand_over(lines, begun.rows_taken, requests));
    }
    match follow(context, &mut answers).await? {
        Some((question, done)) => {
            let refused = question.counts.unwrap_or_default().refused;
            rows::show(context, &mut desk, question.question, false, form).await?;
            if question.blind && !context.json {
                blind_remark(context.lang, question.question, &done);
            }
            Ok(if refused > 0 { Exit::SomeRefused } else { Exit::Done })
        }
        None => {
            let number = begun.question;
            eprintln!(
                "{}",
                say(
                    context.lang,
                    format!("Abgebrochen. Weiter: meldeverbund-node query resume {number}"),
                    format!("Interrupted. Go on: meldeverbund-node query resume {number}"),
                )
            );
            Ok(Exit::Interrupted)
        }
    }
}

/// What the officer has to know of blind answers.
fn blind_remark(lang: Lang, question: u64, done: &AskDone) {
    let (rate, left) = (text::count(lang, done.one_false_hit_in), text::count(lang, done.budget_left));
    eprintln!(
        "{}",
        say(
            lang,
            format!(
                "Höchstens einer von {rate} Nichttreffern erscheint fälschlich als Treffer. Vom heutigen Kontingent sind noch \
                 {left} übrig. Nach Treffern offen fragen: meldeverbund-node query open-hits {question}"
            ),
            format!(
                "At most one miss in {rate} shows up as a false hit. {left} of today's budget are left. Ask about hits \
                 openly: meldeverbund-node query open-hits {question}"
            ),
        )
    );
}

/// Sends the lines that the node does not have yet.
async fn hand_over(lines: Vec<(u64, String)>, taken: u64, requests: mpsc::Sender<AskRequest>) {
    let rows = lines.len() as u64;
    let skip = usize::try_from(taken).unwrap_or(usize::MAX);
    let mut first_row = taken + 1;
    let mut rest = lines.into_iter().skip(skip).peekable();
    while rest.peek().is_some() {
        let rows: Vec<AskRow> = rest.by_ref().take(CHUNK).map(|(line, text)| AskRow { line, text }).collect();
        let count = rows.len() as u64;
        if requests.send(step(ask_request::Step::Rows(AskRows { first_row, rows }))).await.is_err() {
            return;
        }
        first_row += count;
    }
    let _ = requests.send(step(ask_request::Step::Finish(AskFinish { rows }))).await;
}

/// Follows to the end; none: the officer broke off.
async fn follow(
    context: &Context,
    answers: &mut Streaming<AskResponse>,
) -> Result<Option<(Question, AskDone)>, CliError> {
    let progress = Answering::new(context);
    loop {
        let step = tokio::select! {
            step = next(answers) => step?,
            _ = tokio::signal::ctrl_c() => {
                progress.done();
                return Ok(None);
            }
        };
        match step {
            Some(Step::Progress(told)) => progress.set(&told),
            Some(Step::Done(done)) => {
                progress.done();
                let question = done.question.clone().ok_or(CliError::BrokeOff)?;
                return Ok(Some((question, done)));
            }
            Some(Step::Begun(_) | Step::Taken(_)) => {}
            None => return Err(CliError::BrokeOff),
        }
    }
}

fn step(step: ask_request::Step) -> AskRequest {
    AskRequest { step: Some(step) }
}

async fn next(answers: &mut Streaming<AskResponse>) -> Result<Option<Step>, CliError> {
    Ok(answers.message().await?.and_then(|answer| answer.step))
}
