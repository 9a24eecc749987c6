//! A progress bar on standard error, for people alone.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meldeverbund_proto::node::v1::DecisionRow;

use crate::cli::{context::Context, screen::is_watched};

/// How far the hub's answers are.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(context: &Context) -> Self {
        let bar = ProgressBar::new(0);
        if context.json || !is_watched() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = "{bar:24} {human_pos}/{human_len}  {per_sec}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: bar.with_style(style) }
    }

    pub(super) fn begin(&mut self, row: &DecisionRow) {
        self.bar.set_length(row.targets);
        self.bar.reset_eta();
    }

    pub(super) fn set(&self, row: &DecisionRow) {
        self.bar.set_position(row.targets - row.waiting);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
