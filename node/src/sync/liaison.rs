//! What the feed and the hub's lists tell about liaison: who asked, disclosures, announcements.

use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::{AnnouncementRow, LiaisonAskedRow, watch_response::What},
    v1::{
        AgencyCard, AnnouncementChanged, AnnouncementKind, AnnouncementState, Disclosure, DisclosureChanged,
        DisclosureField, DisclosureState, LiaisonAsked,
    },
};

use super::apply::NotApplied;
use crate::store::{NewLiaisonAsked, StoreError, ToldDisclosure, Tx, Write};

/// Disclosures as the hub lists them.
#[derive(Debug)]
pub(crate) struct Disclosures {
    /// The disclosures.
    pub(crate) disclosures: Vec<Disclosure>,
    /// The agencies that they name.
    pub(crate) agencies: Vec<AgencyCard>,
    /// When they stood so, by the hub's clock.
    pub(crate) told_us: i64,
}

impl Write for Disclosures {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for card in &self.agencies {
            tx.keep_agency(card).await?;
        }
        for disclosure in &self.disclosures {
            match told(disclosure) {
                Ok(told) => tx.keep_disclosure(&told, self.told_us).await?,
                // What this version does not understand is not half shown.
                Err(reason) => tracing::warn!(reason, "sync.disclosure_left_out"),
            }
        }
        Ok(())
    }
}

/// Liaison bodies asked about targets of this office.
pub(super) async fn liaison_asked(tx: &mut Tx, event: &LiaisonAsked) -> Result<Option<What>, NotApplied> {
    let card = event.agency.as_ref().ok_or(NotApplied::Unfit("a question without its agency"))?;
    let ids = |ids: &[String], hidden: bool| {
        ids.iter()
            .map(|id| id.parse::<TargetId>().map(|id| (id, hidden)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| NotApplied::Unfit("a target's id that is none"))
    };
    let mut targets = ids(&event.target_ids, false)?;
    targets.extend(ids(&event.hidden_target_ids, true)?);
    let asked = NewLiaisonAsked {
        query_id: event.query_id.parse().map_err(|_| NotApplied::Unfit("a question's id that is none"))?,
        agency: tx.keep_agency(card).await?,
        asked_us: event.asked_at_us,
        purpose_code: event.purpose_code.clone(),
        targets,
    };
    tx.keep_liaison_asked(&asked).await?;
    Ok(Some(What::LiaisonAsked(LiaisonAskedRow {
        agency_id: card.agency_id.clone(),
        asked_at_us: event.asked_at_us,
        purpose_code: event.purpose_code.clone(),
        target_ids: event.target_ids.clone(),
        hidden_target_ids: event.hidden_target_ids.clone(),
    })))
}

/// A disclosure has come or changed.
pub(super) async fn disclosure_changed(
    tx: &mut Tx,
    event: &DisclosureChanged,
    recorded_us: i64,
) -> Result<Option<What>, NotApplied> {
    let disclosure = event.disclosure.as_ref().ok_or(NotApplied::Unfit("a disclosure without its fields"))?;
    for card in &event.agencies {
        tx.keep_agency(card).await?;
    }
    tx.keep_disclosure(&told(disclosure).map_err(NotApplied::Unfit)?, recorded_us).await?;
    Ok(Some(What::Disclosure(disclosure.clone())))
}

/// An announcement has come or was answered.
pub(super) async fn announcement_changed(
    tx: &mut Tx,
    event: &AnnouncementChanged,
    recorded_us: i64,
) -> Result<Option<What>, NotApplied> {
    let unfit = NotApplied::Unfit("an announcement that this version does not know");
    let Some(announcement) = &event.announcement else { return Err(unfit) };
    let known = AnnouncementKind::try_from(announcement.kind).is_ok()
        && AnnouncementState::try_from(announcement.state).is_ok();
    let Some(id) = announcement.announcement_id.parse::<CommandId>().ok().filter(|_| known) else {
        return Err(unfit);
    };
    let agency = match &event.agency {
        Some(card) => Some(tx.keep_agency(card).await?),
        None => None,
    };
    tx.keep_announcement(id, agency, announcement, recorded_us).await?;
    let agency_id = event.agency.as_ref().map_or_else(String::new, |card| card.agency_id.clone());
    Ok(Some(What::Announcement(AnnouncementRow { announcement: Some(announcement.clone()), agency_id })))
}

/// A disclosure that this version understands as a whole.
fn told(disclosure: &Disclosure) -> Result<ToldDisclosure, &'static str> {
    let known = DisclosureState::try_from(disclosure.state)
        .is_ok_and(|state| state != DisclosureState::Unspecified)
        && disclosure.fields.iter().all(|field| DisclosureField::try_from(*field).is_ok())
        && disclosure.values.iter().all(|value| DisclosureField::try_from(value.field).is_ok());
    if !known {
        return Err("a disclosure that this version does not know");
    }
    let target = match disclosure.target_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| "a target's id that is none")?),
    };
    Ok(ToldDisclosure {
        id: disclosure.disclosure_id.parse().map_err(|_| "a disclosure's id that is none")?,
        // Only who is asked is told the target.
        asked: target.is_some(),
        target,
        disclosure: disclosure.clone(),
    })
}
