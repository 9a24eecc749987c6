//! Progress bars on standard error, for people alone.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    cli::{context::Context, screen::is_watched},
    text::{self, Lang, say},
};

/// How far reading and storing are.
pub(super) struct Taking {
    bar: ProgressBar,
    lang: Lang,
}

/// How far the hub's answers are.
pub(super) struct Answering {
    bar: ProgressBar,
}

impl Taking {
    pub(super) fn new(context: &Context, bytes: u64) -> Self {
        let rest = say(context.lang, "noch {eta}", "{eta} left");
        let bar = bar(context, bytes, &format!("{{msg:32!}} {{bar:24}} {{percent:>3}} %  {rest}"));
        Self { bar, lang: context.lang }
    }

    pub(super) fn set(&self, read_bytes: u64, rows: u64) {
        let rows = text::count(self.lang, rows);
        self.bar.set_message(say(self.lang, format!("gesichert: {rows}"), format!("safe: {rows}")));
        self.bar.set_position(read_bytes);
    }

    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

impl Answering {
    pub(super) fn new(context: &Context, rows: u64, answered: u64) -> Self {
        let rest = say(context.lang, "noch {eta}", "{eta} left");
        let style = format!("{{msg:32!}} {{bar:24}} {{human_pos}}/{{human_len}}  {{per_sec}}  {rest}");
        let bar = bar(context, rows, &style);
        // The rate counts what is answered from here on.
        bar.set_position(answered);
        bar.reset_eta();
        Self { bar }
    }

    pub(super) fn set(&self, answered: u64, message: String) {
        self.bar.set_message(message);
        self.bar.set_position(answered);
    }

    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

fn bar(context: &Context, length: u64, style: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if context.json || !is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style)
}
