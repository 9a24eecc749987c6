//! `show`: all that the node knows of one link, in any spelling, or of one target.

use meldeverbund_proto::{
    node::v1::{ShowLinkRequest, ShowLinkResponse, ShownReferral, TargetCard},
    v1::AgencyCard,
};
use serde_json::{Value, json};

use super::{
    Exit, context::Context, error::CliError, json, print, screen::Screen, table, target_json, target_text,
};
use crate::text::{self, Lang, say};

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// A link in any spelling, defanged ones included, or a target's id
    #[arg(value_name = "LINK")]
    link: String,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ShowLinkRequest { link_or_target: self.link };
        let shown = context.desk().await?.show_link(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&shown))?;
        } else {
            show(&mut screen, context.lang, &shown, self.full)?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

fn show(screen: &mut Screen, lang: Lang, shown: &ShowLinkResponse, full: bool) -> Result<(), CliError> {
    for link in &shown.canonical_links {
        let link = if full { link.clone() } else { table::defanged(link) };
        screen.line(format!("{}: {link}", say(lang, "kanonisch", "canonical")))?;
    }
    match &shown.target {
        Some(target) => card(screen, lang, target, &shown.agencies)?,
        None => {
            screen.line(say(lang, "Der Hub hat noch nicht geantwortet.", "The hub has not answered yet."))?;
        }
    }
    let count = text::count(lang, shown.referral_count);
    screen.line(say(lang, format!("eigene Linkmeldungen: {count}"), format!("own referrals: {count}")))?;
    let rows: Vec<_> = shown.referrals.iter().filter_map(|shown| shown.row.clone()).collect();
    if !rows.is_empty() {
        print::links(screen, lang, &rows, &shown.agencies, full)?;
    }
    for referral in &shown.referrals {
        let Some(row) = &referral.row else { continue };
        let when = text::time(lang, row.handed_in_at_us);
        let (officer, source) = (&referral.officer, &referral.source_name);
        if officer.is_empty() {
            screen.line(say(
                lang,
                format!("{when}: ein anderer Knoten der Behörde"),
                format!("{when}: another node of the agency"),
            ))?;
        } else {
            let line = text::count(lang, row.line);
            screen.line(say(
                lang,
                format!("{when}: {officer}, {source}, Zeile {line}"),
                format!("{when}: {officer}, {source}, line {line}"),
            ))?;
        }
    }
    Ok(())
}

pub(super) fn card(
    screen: &mut Screen,
    lang: Lang,
    target: &TargetCard,
    agencies: &[AgencyCard],
) -> Result<(), CliError> {
    let mut lines = table::table(["", ""]);
    let name = |id: &str| {
        let card = agencies.iter().find(|card| card.agency_id == id);
        card.map_or_else(|| id.to_owned(), |card| format!("{} ({id}), {}", card.name, card.contact))
    };
    lines.add_row([say(lang, "Löschobjekt", "target"), &target.target_id]);
    if !target.owner_agency_id.is_empty() {
        lines.add_row([say(lang, "zuständig", "owner"), &name(&target.owner_agency_id)]);
        lines.add_row([say(lang, "weil", "because"), text::owner_basis(lang, target.owner_basis())]);
        lines.add_row([say(lang, "diese Behörde", "this agency"), text::role(lang, target.role())]);
        let stage = format!(
            "{} ({} {})",
            text::stage(lang, target.stage()),
            say(lang, "Durchgang", "round"),
            target.round
        );
        lines.add_row([say(lang, "Stand", "stage"), &stage]);
        if let Some(view) = &target.view {
            for (label, value) in target_text::details(lang, view) {
                lines.add_row([label, value]);
            }
            lines.add_row([
                say(lang, "im Einzelnen", "in detail").to_owned(),
                target_text::remarks(lang, view),
            ]);
        }
        lines.add_row([say(lang, "Auskunft vom", "as of"), &text::time(lang, target.told_at_us)]);
    }
    for joined in &target.joined {
        let who = format!("{}, {}", name(&joined.agency_id), text::time(lang, joined.joined_at_us));
        lines.add_row([say(lang, "beteiligt", "joined"), &who]);
    }
    screen.line(lines.to_string())
}

fn to_json(shown: &ShowLinkResponse) -> Value {
    let target = shown.target.as_ref().map(card_json);
    json!({
        "canonical": shown.canonical_links,
        "target": target,
        "referral_count": shown.referral_count,
        "referrals": shown.referrals.iter().map(referral).collect::<Vec<_>>(),
        "agencies": shown.agencies.iter().map(json::agency).collect::<Vec<_>>(),
    })
}

/// A target as last told, as JSON.
pub(super) fn card_json(target: &TargetCard) -> Value {
    let joined: Vec<Value> = target
        .joined
        .iter()
        .map(|joined| json!({ "agency": joined.agency_id, "at": json::time(joined.joined_at_us) }))
        .collect();
    json!({
        "target": target.target_id,
        "owner": json::text(&target.owner_agency_id),
        "basis": json::name(target.owner_basis().as_str_name(), "OWNER_BASIS_"),
        "stage": json::name(target.stage().as_str_name(), "STAGE_"),
        "round": target.round,
        "role": json::name(target.role().as_str_name(), "ROLE_"),
        "told_at": json::time(target.told_at_us),
        "joined": joined,
        "view": target.view.as_ref().map(target_json::view_json),
    })
}

fn referral(shown: &ShownReferral) -> Value {
    let mut value = shown.row.as_ref().map_or(Value::Null, json::link_row);
    let referral = shown.referral.clone().unwrap_or_default();
    value["source"] = json::text(&shown.source_name);
    value["officer"] = json::text(&shown.officer);
    value["offence_class"] = json::name(referral.offence_class().as_str_name(), "OFFENCE_CLASS_");
    value["found_where"] = json::text(&referral.found_where);
    value["found_at"] = json::time(referral.found_at_us);
    value["urgency_reason"] = json::text(&referral.urgency_reason);
    value["access_hint"] = json::text(&referral.access_hint);
    value["handling"] = json::name(referral.handling().as_str_name(), "HANDLING_CODE_");
    value["hidden_from_liaison"] = json!(referral.hidden_from_liaison);
    value["source_grade"] = json::name(referral.source_grade().as_str_name(), "SOURCE_GRADE_");
    value["information_grade"] = json::name(referral.information_grade().as_str_name(), "INFORMATION_GRADE_");
    value["note"] = json::text(&referral.note);
    value["proposed_owner"] = json::text(&referral.proposed_owner);
    value["suspect_land"] = json::text(&referral.suspect_land);
    value["platform"] = json::text(&referral.platform);
    value["notified_elsewhere"] = referral.notified_elsewhere.as_ref().map_or(Value::Null, |notified| {
        json!({
            "by": notified.by,
            "at": json::time(notified.at_us),
            "reference": json::text(&notified.reference),
        })
    });
    let hashes = referral.content_hashes.iter().map(|hash| {
        let algorithm = json::name(hash.algorithm().as_str_name(), "HASH_ALGORITHM_");
        json!({ "algorithm": algorithm, "digest": hex::encode(&hash.digest) })
    });
    value["content_hashes"] = Value::from(hashes.collect::<Vec<_>>());
    value
}
