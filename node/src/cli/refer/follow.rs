//! Follows the hub's answers until none comes any more by itself, or the officer has seen enough.

use meldeverbund_proto::node::v1::{FollowHandInRequest, HandIn, HubLine, HubLineState};

use super::progress::Answering;
use crate::{
    cli::{context::Context, error::CliError},
    client::DeskClient,
    text::{self, Lang, say},
};

/// How following ended.
pub(super) enum Followed {
    /// No more answers come by themselves.
    Settled(HandIn),
    /// The officer broke off.
    Interrupted(HandIn),
}

pub(super) async fn follow(
    desk: &mut DeskClient,
    hand_in: u64,
    context: &Context,
) -> Result<Followed, CliError> {
    let mut answers = desk.follow_hand_in(FollowHandInRequest { hand_in }).await?.into_inner();
    let mut last = HandIn::default();
    let mut progress: Option<Answering> = None;
    loop {
        let answer = tokio::select! {
            answer = answers.message() => answer?,
            _ = tokio::signal::ctrl_c() => {
                if let Some(progress) = progress {
                    progress.done();
                }
                return Ok(Followed::Interrupted(last));
            }
        };
        let Some(answer) = answer else { return Err(CliError::BrokeOff) };
        last = answer.hand_in.unwrap_or_default();
        let counts = last.counts.unwrap_or_default();
        let answered = counts.rows - counts.rejected - counts.waiting;
        let progress =
            progress.get_or_insert_with(|| Answering::new(context, counts.rows - counts.rejected, answered));
        progress.set(answered, standstill(context.lang, answer.hub.as_ref()));
        if answer.settled {
            progress.done();
            return Ok(Followed::Settled(last));
        }
    }
}

/// What the officer sees beside the bar: that it goes on, or why it does not.
fn standstill(lang: Lang, hub: Option<&HubLine>) -> String {
    let Some(hub) = hub else { return String::new() };
    match hub.state() {
        HubLineState::Connected if hub.next_try_at_us == 0 => say(lang, "beantwortet", "answered").to_owned(),
        HubLineState::Connected => text::line_cause(lang, hub.cause()).to_owned(),
        state => format!("Hub: {}", text::line_state(lang, state)),
    }
}
