//! The one notice: planned, intended, written as files, reported as sent.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, ensure};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use meldeverbund_node::notice::{
    Agency, Force, Item, Kind, LegalBasis, Options, Package, Reasons, Sender, write,
};
use meldeverbund_proto::{CommandId, TargetId};

use crate::{
    cast::Cast,
    decisions::{LEGAL_BASIS, OFFENCE, first_notice, now_us, sent},
    office::CASE,
    play::Play,
};

/// A notice that has left.
pub(crate) struct Sent {
    /// Who got it.
    pub(crate) recipient: String,
    /// How many links.
    pub(crate) links: usize,
    /// How many files.
    pub(crate) files: usize,
}

/// Sends the owner's notice: files, because the example mails to nobody.
pub(crate) async fn send(play: &mut Play<'_>, folder: &Path) -> anyhow::Result<Sent> {
    let owner = play.cast.owner;
    let items = items(&play.cast)?;
    // The plan first: nothing is intended that could not be written.
    let mut packages = Package::plan(items, &sender(&owner.agency)?, &Options::default())?;
    ensure!(packages.len() == 1, "the targets of the story are one provider's");
    let package = packages.remove(0);
    let recipient = package.recipient().to_owned();
    let intended = owner.intend(&play.cast.targets, first_notice(&recipient)).await?;
    play.did(owner, "intend", intended.taken.len() as u64).await?;
    let mut intents = HashMap::<TargetId, CommandId>::new();
    for taken in &intended.taken {
        intents.insert(taken.target_id.parse()?, taken.intent_id.parse()?);
    }
    let package = package.intended(|target| intents.get(&target).copied());
    let package = package.context("the hub agreed to none of the links")?;
    let written = write(&[package], &folder.join(&owner.agency).join("notices"))?;
    // The targets of the story fit into one intent.
    let intent = intended.taken.first().context("nothing was intended")?.intent_id.clone();
    play.decide(owner, sent(intent)).await?;
    let written = written.first().context("nothing was written")?;
    Ok(Sent { recipient, links: written.links, files: written.files.len() })
}

fn items(cast: &Cast<'_>) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    for (target, referrals) in cast.targets.iter().zip(&cast.referrals) {
        for referral in referrals {
            items.push(Item {
                target: target.parse()?,
                link: referral.link.clone(),
                content_hashes: referral.content_hashes.clone(),
                offence_class: OFFENCE,
                found_at_us: referral.found_at_us,
                access_hint: String::new(),
                intent: CommandId::from_bytes([0; 16]),
                round: 1,
            });
        }
    }
    Ok(items)
}

/// The words of a made-up office; a real one's are its configuration's.
fn sender(agency: &str) -> anyhow::Result<Sender> {
    let at_us = now_us();
    let date = Timestamp::from_microsecond(at_us)?.to_zoned(TimeZone::UTC).date();
    Ok(Sender {
        agency: Agency {
            id: agency.parse()?,
            name: "Landeskriminalamt Beispielland".into(),
            address: vec!["Beispielallee 1".into(), "00001 Beispielstadt".into()],
            contact: "+49 30 00000-100".into(),
            email: format!("loeschung@{agency}.example"),
        },
        unit: "Dezernat 43".into(),
        officer: "Erika Muster".into(),
        on_behalf_of: String::new(),
        legal_basis: LegalBasis { code: LEGAL_BASIS.into(), text: "Rechtsgrundlage, Beispieltext.".into() },
        reasons: Reasons { stgb_184b: "Begründung, Beispieltext.".into(), ..Reasons::default() },
        force: Force::Request { effect: "Wirkung dieser Meldung, Beispieltext.".into() },
        kind: Kind::First,
        file_reference: CASE.into(),
        recipient: String::new(),
        at_us,
        date,
        reply_by: date.checked_add(7.days())?,
        preserve_data: true,
        user_notice: String::new(),
        complaints: format!("beschwerde@{agency}.example"),
    })
}
