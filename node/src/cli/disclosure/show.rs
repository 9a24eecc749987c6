//! `disclosure show`.

use meldeverbund_proto::{
    node::v1::ListDisclosuresRequest,
    v1::{AgencyCard, Disclosure},
};
use serde_json::{Value, json};

use super::asked_name;
use crate::{
    cli::{Exit, context::Context, error::CliError, json, screen::Screen, signed_in::SignedIn, work::name},
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// The disclosure's id
    disclosure: String,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListDisclosuresRequest { disclosure_id: self.disclosure, answered: true, limit: 0 };
        let mut desk = context.liaison_desk_with(self.signed_in.token(context.lang)?).await?;
        let answer = desk.list_disclosures(request).await?.into_inner();
        let mut screen = context.screen();
        for one in &answer.disclosures {
            if context.json {
                screen.json(&to_json(one))?;
            } else {
                print(&mut screen, context.lang, one, &answer.agencies)?;
            }
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// A disclosure with what was released.
pub(super) fn print(
    screen: &mut Screen,
    lang: Lang,
    one: &Disclosure,
    agencies: &[AgencyCard],
) -> Result<(), CliError> {
    let purpose = one.purpose.clone().unwrap_or_default();
    let (asking, asked) =
        (name(&one.asking_agency_id, agencies), asked_name(lang, &one.asked_agency_id, agencies));
    let (officer, code, case) = (&one.asking_officer, &purpose.code, &purpose.case_number);
    screen.line(say(
        lang,
        format!("{asking} ({officer}) fragt {asked}: {code}, Vorgang {case}"),
        format!("{asking} ({officer}) asks {asked}: {code}, case {case}"),
    ))?;
    screen.line(format!("  {}", one.reason))?;
    if !one.target_id.is_empty() {
        let target = &one.target_id;
        screen.line(say(lang, format!("  Löschobjekt {target}"), format!("  target {target}")))?;
    }
    let wanted: Vec<&str> = one.fields().map(|field| text::disclosure_field(lang, field)).collect();
    let wanted = if wanted.is_empty() {
        say(lang, "was möglich ist", "what can be given").into()
    } else {
        wanted.join(", ")
    };
    screen.line(say(lang, format!("  gewünscht: {wanted}"), format!("  wanted: {wanted}")))?;
    let (state, due) = (text::disclosure_state(lang, one.state()), text::time(lang, one.due_at_us));
    screen.line(say(lang, format!("  {state}, Frist {due}"), format!("  {state}, due {due}")))?;
    for value in &one.values {
        let field = text::disclosure_field(lang, value.field());
        let shown = if value.restricted {
            say(lang, "EINGESCHRÄNKT, nicht mehr zu verwenden", "RESTRICTED, not to be used any more")
        } else {
            value.text.as_str()
        };
        screen.line(format!("  {field}: {shown}"))?;
    }
    if !one.answer.is_empty() {
        screen.line(format!("  {}", one.answer))?;
    }
    Ok(())
}

/// A disclosure for programs.
pub(in crate::cli) fn to_json(one: &Disclosure) -> Value {
    let purpose = one.purpose.clone().unwrap_or_default();
    let field = |name: &str| json::name(name, "DISCLOSURE_FIELD_");
    json!({
        "disclosure": one.disclosure_id,
        "asking_agency": one.asking_agency_id,
        "asking_officer": json::text(&one.asking_officer),
        "purpose": purpose.code,
        "case": purpose.case_number,
        "reason": one.reason,
        "fields": one.fields().map(|wanted| field(wanted.as_str_name())).collect::<Vec<_>>(),
        "asked_agency": json::text(&one.asked_agency_id),
        "target": json::text(&one.target_id),
        "state": json::name(one.state().as_str_name(), "DISCLOSURE_STATE_"),
        "asked_at": json::time(one.asked_at_us),
        "due_at": json::time(one.due_at_us),
        "answered_at": json::time(one.answered_at_us),
        "values": one.values.iter().map(|value| json!({
            "field": field(value.field().as_str_name()),
            "text": json::text(&value.text),
            "restricted": value.restricted,
        })).collect::<Vec<_>>(),
        "answer": json::text(&one.answer),
    })
}
