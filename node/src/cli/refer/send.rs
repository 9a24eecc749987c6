//! Hands the list to the daemon, row by row in chunks, until all are durable there.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use meldeverbund_proto::node::v1::{
    HandIn, ReferBegin, ReferBegun, ReferPreview, ReferRequest, ReferResponse, refer_request,
    refer_response::Step,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{input::Input, progress::Taking};
use crate::{
    cli::{context::Context, error::CliError},
    client::{DeskClient, rows},
    import::{self, ImportError},
    text::{self, say},
};

/// Chunks that are read ahead of the daemon.
const AHEAD: usize = 2;

/// What became of the list.
pub(super) enum Sent {
    /// All rows are durable at the node.
    Finished(HandIn),
    /// A dry run's findings.
    Preview(ReferPreview),
    /// The officer broke off.
    Interrupted {
        /// Rows that are durable.
        rows_taken: u64,
    },
}

/// Hands in the list.
pub(super) async fn send(
    desk: &mut DeskClient,
    begin: ReferBegin,
    input: Input,
    context: &Context,
) -> Result<Sent, CliError> {
    let case = begin.case_number.clone();
    // A list that cannot be read at all is told before anything begins.
    let (source, options) = input.source()?;
    let import =
        tokio::task::spawn_blocking(move || import::open(source, &options)).await.map_err(panicked)??;
    let (requests, outgoing) = mpsc::channel(AHEAD);
    let first = ReferRequest { step: Some(refer_request::Step::Begin(begin)) };
    let _ = requests.send(first).await;
    let mut answers = desk.refer(ReceiverStream::new(outgoing)).await?.into_inner();
    let Some(Step::Begun(begun)) = next(&mut answers).await? else { return Err(CliError::BrokeOff) };
    announce(context, &begun);
    if begun.finished_already {
        return finished_before(desk, begun.hand_in).await;
    }
    let read_bytes = rows::counter();
    let counter = Arc::clone(&read_bytes);
    let skip = begun.rows_taken;
    let reader =
        tokio::task::spawn_blocking(move || rows::hand_over(import, &case, skip, &counter, &requests));
    receive(&mut answers, reader, &input, &read_bytes, skip, context).await
}

/// Follows the daemon's receipts.
async fn receive(
    answers: &mut Streaming<ReferResponse>,
    reader: JoinHandle<Result<(), ImportError>>,
    input: &Input,
    read_bytes: &AtomicU64,
    skip: u64,
    context: &Context,
) -> Result<Sent, CliError> {
    let progress = Taking::new(context, input.bytes);
    let mut rows_taken = skip;
    let outcome = loop {
        let step = tokio::select! {
            step = next(answers) => step?,
            _ = tokio::signal::ctrl_c() => return Ok(Sent::Interrupted { rows_taken }),
        };
        match step {
            Some(Step::Taken(taken)) => {
                rows_taken = taken.rows_taken;
                progress.set(read_bytes.load(Ordering::Relaxed), rows_taken);
            }
            Some(Step::Preview(preview)) => break Some(Sent::Preview(preview)),
            Some(Step::Finished(finished)) => break finished.hand_in.map(Sent::Finished),
            Some(Step::Begun(_)) => {}
            None => break None,
        }
    };
    progress.done();
    let read = reader.await.map_err(panicked)?;
    match (outcome, read) {
        (Some(outcome), Ok(())) => {
            input.check_unchanged()?;
            Ok(outcome)
        }
        // What could be read is handed in; the officer has to know that it was not all.
        (Some(outcome), Err(error)) => {
            eprintln!("{}", partly_read(context, &error));
            Ok(outcome)
        }
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err(CliError::BrokeOff),
    }
}

/// A hand-in that was complete before.
async fn finished_before(desk: &mut DeskClient, hand_in: u64) -> Result<Sent, CliError> {
    let request = meldeverbund_proto::node::v1::FollowHandInRequest { hand_in };
    let mut stream = desk.follow_hand_in(request).await?.into_inner();
    let first = stream.message().await?.ok_or(CliError::BrokeOff)?;
    first.hand_in.map(Sent::Finished).ok_or(CliError::BrokeOff)
}

async fn next(answers: &mut Streaming<ReferResponse>) -> Result<Option<Step>, CliError> {
    Ok(answers.message().await?.and_then(|answer| answer.step))
}

/// Says what the officer may not expect: that this is a continuation or a repetition.
fn announce(context: &Context, begun: &ReferBegun) {
    if context.json || begun.rows_taken == 0 && !begun.finished_already {
        return;
    }
    let lang = context.lang;
    let (when, officer) = (text::time(lang, begun.begun_at_us), &begun.officer);
    if begun.finished_already {
        eprintln!(
            "{}",
            say(
                lang,
                format!("Diese Liste wurde schon eingereicht, am {when} von {officer}. Noch einmal: --again"),
                format!("This list was handed in already, at {when} by {officer}. Once more: --again"),
            )
        );
    } else {
        let rows = text::count(lang, begun.rows_taken);
        eprintln!(
            "{}",
            say(
                lang,
                format!("Weiter nach Zeile {rows} der Einreichung vom {when} ({officer})."),
                format!("Going on after row {rows} of the hand-in of {when} ({officer})."),
            )
        );
    }
}

fn partly_read(context: &Context, error: &ImportError) -> String {
    say(
        context.lang,
        format!("Nur ein Teil der Liste war lesbar: {}", error.german()),
        format!("Only a part of the list could be read: {error}"),
    )
}

fn panicked(error: tokio::task::JoinError) -> CliError {
    CliError::Input(std::io::Error::other(error))
}
