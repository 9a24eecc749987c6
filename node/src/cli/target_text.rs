//! What is remarkable about a target, in words.

use meldeverbund_proto::v1::TargetView;

use crate::text::{self, GATES, Lang, say};

/// The stage, and what is remarkable about it.
pub(super) fn remarks(lang: Lang, view: &TargetView) -> String {
    let mut text = text::stage(lang, view.stage()).to_owned();
    let mut add = |remark: &str| {
        text.push_str(", ");
        text.push_str(remark);
    };
    if view.outcome != 0 {
        add(text::round_outcome(lang, view.outcome()));
    }
    for hold in &view.holds {
        let until = text::time(lang, hold.until_us);
        add(&match hold.lapsed {
            true => {
                say(lang, format!("Löschaufschub abgelaufen ({until})"), format!("hold lapsed ({until})"))
            }
            false => say(lang, format!("Löschaufschub bis {until}"), format!("hold until {until}")),
        });
    }
    match &view.intent {
        Some(intent) if intent.failed => add(say(lang, "Versand gescheitert", "notice failed")),
        Some(intent) if intent.in_doubt => add(say(lang, "Versand ungewiss", "notice in doubt")),
        Some(_) => add(say(lang, "Mitteilung unterwegs", "notice under way")),
        None => {}
    }
    if view.grant_until_us != 0 {
        let until = text::time(lang, view.grant_until_us);
        add(&say(lang, format!("Versandberechtigung bis {until}"), format!("grant until {until}")));
    }
    text
}

/// What is known of a target in full, line by line.
pub(super) fn details(lang: Lang, view: &TargetView) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for ((de, en), state) in GATES.iter().zip(view.gates()) {
        lines.push((say(lang, *de, *en).to_owned(), text::gate_state(lang, state).to_owned()));
    }
    for refusal in &view.missing {
        lines.push((say(lang, "fehlt noch", "still missing").to_owned(), text::refusal(lang, refusal)));
    }
    for due in &view.due {
        let by = if due.by_us == 0 { String::new() } else { format!(" ({})", text::time(lang, due.by_us)) };
        let what = format!("{}{by}: {}", text::due(lang, due.kind()), text::due_verb(due.kind()));
        lines.push((say(lang, "fällig", "due").to_owned(), what));
    }
    lines
}
