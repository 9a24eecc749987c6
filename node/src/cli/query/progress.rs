//! How far the hub's answers are, on standard error, for people alone.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meldeverbund_proto::node::v1::AskProgress;

use crate::{
    cli::{context::Context, screen::is_watched},
    text::{self, Lang, say},
};

/// How far the answers are.
pub(super) struct Answering {
    bar: ProgressBar,
    lang: Lang,
}

impl Answering {
    pub(super) fn new(context: &Context) -> Self {
        let lang = context.lang;
        let bar = ProgressBar::new(0);
        if context.json || !is_watched() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let rest = say(lang, "noch {eta}", "{eta} left");
        let style = format!("{{msg:40!}} {{bar:24}} {{human_pos}}/{{human_len}}  {rest}");
        let style = ProgressStyle::with_template(&style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: bar.with_style(style), lang }
    }

    pub(super) fn set(&self, told: &AskProgress) {
        let lang = self.lang;
        let counts = told.question.as_ref().and_then(|question| question.counts).unwrap_or_default();
        self.bar.set_length(counts.rows);
        self.bar.set_position(counts.rows - counts.waiting.min(counts.rows));
        let message = match &told.waits_for {
            Some(refusal) => {
                let why = text::refusal_code(lang, refusal.code());
                say(lang, format!("wartet: {why}"), format!("waiting: {why}"))
            }
            None if told.hub_away => {
                say(lang, "wartet auf den Hub".to_owned(), "waiting for the hub".to_owned())
            }
            None => {
                let hits = text::count(lang, counts.hits);
                say(lang, format!("Treffer: {hits}"), format!("hits: {hits}"))
            }
        };
        self.bar.set_message(message);
    }

    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}
