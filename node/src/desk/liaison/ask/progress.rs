//! Tells the caller how far the answers are, at most a few times a second.

use std::time::Duration;

use meldeverbund_proto::{
    node::v1::{AskDone, AskProgress, ask_response},
    v1::Refusal,
};
use tokio::time::Instant;

use super::{Responses, tell};
use crate::{desk::liaison::rows, node::Node, store::StoreError};

/// Smallest pause between two messages: a person's eye needs no more, and counting a long question's rows takes its time.
const PAUSE: Duration = Duration::from_millis(250);

/// How far the answers are.
pub(super) struct Progress<'a> {
    node: &'a Node,
    question: i64,
    pub(super) responses: &'a Responses,
    told: Option<Instant>,
    /// What is left of today's budget.
    pub(super) budget_left: u64,
    /// The stated rate of false hits.
    pub(super) one_false_hit_in: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(node: &'a Node, question: i64, responses: &'a Responses) -> Self {
        Self { node, question, responses, told: None, budget_left: 0, one_false_hit_in: 0 }
    }

    /// The last word, without the question.
    pub(super) fn end(&self) -> AskDone {
        let (budget_left, one_false_hit_in) = (self.budget_left, self.one_false_hit_in);
        AskDone { question: None, budget_left, one_false_hit_in }
    }

    /// Answers have come.
    pub(super) async fn answered(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.told.is_some_and(|told| now - told < PAUSE) {
            return Ok(());
        }
        self.told = Some(now);
        self.say(None, false).await
    }

    /// Nothing comes for a while: the hub asks to wait, or is away.
    pub(super) async fn waits(&mut self, refusal: Option<Refusal>) -> Result<(), StoreError> {
        let away = refusal.is_none();
        self.say(refusal, away).await
    }

    async fn say(&self, waits_for: Option<Refusal>, hub_away: bool) -> Result<(), StoreError> {
        let question = self.node.store.read().await?.question(self.question).await?.map(rows::question);
        let progress = AskProgress { question, waits_for, hub_away, budget_left: self.budget_left };
        tell(self.responses, ask_response::Step::Progress(progress)).await;
        Ok(())
    }
}
