//! `disclosure list`.

use meldeverbund_proto::{
    node::v1::{ListDisclosuresRequest, ListDisclosuresResponse},
    v1,
};

use super::{asked_name, show::to_json};
use crate::{
    cli::{Exit, context::Context, error::CliError, screen::Screen, signed_in::SignedIn, table, work::name},
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// Answered ones, too
    #[arg(long = "all")]
    answered: bool,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListDisclosuresRequest {
            disclosure_id: String::new(),
            answered: self.answered,
            limit: self.limit,
        };
        let mut desk = context.liaison_desk_with(self.signed_in.token(context.lang)?).await?;
        let answer = desk.list_disclosures(request).await?.into_inner();
        let (lang, mut screen) = (context.lang, context.screen());
        if context.json {
            for disclosure in &answer.disclosures {
                screen.json(&to_json(disclosure))?;
            }
        } else if answer.disclosures.is_empty() {
            screen.line(say(lang, "Nichts.", "Nothing."))?;
        } else {
            show(&mut screen, lang, &answer)?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

fn show(screen: &mut Screen, lang: Lang, answer: &ListDisclosuresResponse) -> Result<(), CliError> {
    let mut rows = table::table([
        say(lang, "bis", "By"),
        say(lang, "Stand", "State"),
        say(lang, "wer fragt", "Asks"),
        say(lang, "wer wird gefragt", "Is asked"),
        say(lang, "Zweck", "Purpose"),
        say(lang, "Grund", "Reason"),
        say(lang, "Kennung", "Id"),
    ]);
    for one in &answer.disclosures {
        rows.add_row([
            text::time(lang, one.due_at_us),
            text::disclosure_state(lang, one.state()).to_owned(),
            name(&one.asking_agency_id, &answer.agencies),
            asked_name(lang, &one.asked_agency_id, &answer.agencies),
            one.purpose.as_ref().map_or_else(String::new, |purpose| purpose.code.clone()),
            one.reason.clone(),
            one.disclosure_id.clone(),
        ]);
    }
    screen.line(rows.to_string())?;
    if !answer.asked_hub {
        screen.line(say(lang, "(wie zuletzt mitgeteilt)", "(as last told)"))?;
    }
    Ok(())
}

/// What this office has to answer, a line each.
pub(in crate::cli) async fn waiting_lines(context: &Context) -> Result<Vec<String>, CliError> {
    let lang = context.lang;
    let request = ListDisclosuresRequest::default();
    let answer = context.liaison_desk_without_token().await?.list_disclosures(request).await?.into_inner();
    let line = |one: &v1::Disclosure| {
        let (who, id) = (name(&one.asking_agency_id, &answer.agencies), &one.disclosure_id);
        let due = text::time(lang, one.due_at_us);
        // Only who is asked is told the target.
        (!one.target_id.is_empty()).then(|| {
            say(
                lang,
                format!("Auskunftsersuchen von {who}, Antwort bis {due}: disclosure answer {id}"),
                format!("{who} asks for details, to be answered by {due}: disclosure answer {id}"),
            )
        })
    };
    Ok(answer.disclosures.iter().filter_map(line).collect())
}
