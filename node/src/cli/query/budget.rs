//! `query budget`: how blind questions stand.

use meldeverbund_proto::node::v1::{ShowBlindRequest, ShowBlindResponse};
use serde_json::json;

use crate::{
    cli::{Exit, context::Context, error::CliError, json, screen::Screen, signed_in::SignedIn, table},
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct Budget {
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Budget {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut desk = context.liaison_desk(&self.signed_in).await?;
        let answer = desk.show_blind(ShowBlindRequest {}).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            let sets = answer.sets.iter().map(|set| {
                json!({
                    "epoch": set.epoch,
                    "until": json::time(set.until_us),
                    "entries": set.entries,
                    "one_false_hit_in": set.one_false_hit_in,
                    "at_hand": set.at_hand,
                })
            });
            screen.json(&json!({
                "legal_basis": answer.legal_basis,
                "budget_per_day": answer.budget_per_day,
                "budget_left": answer.budget_left,
                "sets": sets.collect::<Vec<_>>(),
            }))?;
        } else {
            show(&mut screen, context.lang, &answer)?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

fn show(screen: &mut Screen, lang: Lang, answer: &ShowBlindResponse) -> Result<(), CliError> {
    let basis = &answer.legal_basis;
    let (left, day) = (text::count(lang, answer.budget_left), text::count(lang, answer.budget_per_day));
    screen.line(say(
        lang,
        format!("Rechtsgrundlage: {basis}. Heute (UTC) noch {left} von {day}."),
        format!("Legal basis: {basis}. Left today (UTC): {left} of {day}."),
    ))?;
    let mut sets = table::table([
        say(lang, "Menge", "Set"),
        say(lang, "bis", "Until"),
        say(lang, "Einträge", "Entries"),
        say(lang, "ein falscher Treffer auf", "One false hit in"),
        say(lang, "hier", "Here"),
    ]);
    for set in &answer.sets {
        sets.add_row([
            set.epoch.to_string(),
            text::time(lang, set.until_us),
            text::count(lang, set.entries),
            text::count(lang, set.one_false_hit_in),
            if set.at_hand { say(lang, "ja", "yes") } else { say(lang, "nein", "no") }.to_owned(),
        ]);
    }
    table::right(&mut sets, [0, 2, 3]);
    screen.line(sets.to_string())
}
