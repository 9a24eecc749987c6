//! `query list`: who asked what, why and when.

use meldeverbund_proto::node::v1::{ListQuestionsRequest, Question};
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json, table},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListQuestionsRequest { limit: self.limit };
        let answer = context.liaison_desk_without_token().await?.list_questions(request).await?.into_inner();
        let (lang, mut screen) = (context.lang, context.screen());
        if context.json {
            for question in &answer.questions {
                screen.json(&question_json(question))?;
            }
            screen.flush()?;
            return Ok(Exit::Done);
        }
        if answer.questions.is_empty() {
            screen.line(say(lang, "Nichts.", "Nothing."))?;
            screen.flush()?;
            return Ok(Exit::Done);
        }
        let mut rows = table::table([
            say(lang, "Nr.", "No."),
            say(lang, "wann", "When"),
            say(lang, "wer", "Who"),
            say(lang, "Zweck", "Purpose"),
            say(lang, "Vorgang", "Case"),
            say(lang, "Weg", "Way"),
            say(lang, "Zeilen", "Rows"),
            say(lang, "Treffer", "Hits"),
            say(lang, "warten", "Waiting"),
        ]);
        for question in &answer.questions {
            let purpose = question.purpose.clone().unwrap_or_default();
            let counts = question.counts.unwrap_or_default();
            rows.add_row([
                question.question.to_string(),
                text::time(lang, question.asked_at_us),
                question.officer.clone(),
                purpose.code,
                purpose.case_number,
                if question.blind { "blind" } else { say(lang, "offen", "open") }.to_owned(),
                text::count(lang, counts.rows),
                text::count(lang, counts.hits),
                text::count(lang, counts.waiting),
            ]);
        }
        table::right(&mut rows, [0, 6, 7, 8]);
        screen.line(rows.to_string())?;
        screen.flush()?;
        Ok(Exit::Done)
    }
}

fn question_json(question: &Question) -> Value {
    let purpose = question.purpose.clone().unwrap_or_default();
    let counts = question.counts.unwrap_or_default();
    json!({
        "question": question.question,
        "blind": question.blind,
        "officer": question.officer,
        "purpose": purpose.code,
        "case": purpose.case_number,
        "reason": json::text(&purpose.reason),
        "source": json::text(&question.source_name),
        "asked_at": json::time(question.asked_at_us),
        "finished_at": json::time(question.finished_at_us),
        "hits_of": (question.hits_of != 0).then_some(question.hits_of),
        "rows": counts.rows,
        "hits": counts.hits,
        "no_hits": counts.no_hits,
        "refused": counts.refused,
        "waiting": counts.waiting,
    })
}
