//! The central office registers an agency.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId,
    ids::IdError,
    leaf::{Kind, Salt},
    limits::CARD_CHARS,
    statement::AgencyStatement,
    text,
    v1::{AgencyCard, AgencyKind, Refusal},
};

use super::{Command, Failure, Lane, once::append_one};
use crate::store::{StoreError, Tx, awaited};

/// Registers an agency. The same card again changes nothing.
#[derive(Debug)]
pub struct AddAgency {
    id: AgencyId,
    card: AgencyCard,
    salt: Salt,
}

impl AddAgency {
    /// Reads the card.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(card: AgencyCard, salt: Salt) -> Result<Self, Refusal> {
        let id = card.agency_id.parse();
        let id = id.map_err(|error: IdError| Refusal::invalid("agency_id", error.to_string()))?;
        for (field, value) in [("name", &card.name), ("contact", &card.contact)] {
            if value.trim().is_empty() {
                return Err(Refusal::missing(field));
            }
            text::check(value, CARD_CHARS).map_err(|error| error.at(field))?;
        }
        if card.kind() == AgencyKind::Unspecified {
            return Err(Refusal::missing("kind"));
        }
        Ok(Self { id, card, salt })
    }
}

impl AddAgency {
    /// After a restore its registration itself may have been lost, and with it everything that it was told and handed in. As
    /// long as anybody is waited for, so is it; later it is a new member.
    async fn awaited(&self, tx: &mut Tx<'_>, agency: AgencyNo) -> Result<(), StoreError> {
        let epoch = tx.epoch();
        if epoch == 1 {
            return Ok(());
        }
        tx.keep_no_feed(agency, epoch).await?;
        if self.card.kind() != AgencyKind::Liaison && !awaited(tx.reading(), epoch).await?.is_empty() {
            tx.await_one(epoch, agency).await?;
        }
        Ok(())
    }
}

impl Command for AddAgency {
    /// True if it was not registered before.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        match tx.agency(&self.id).await? {
            Some(known) if known.card == self.card => return Ok(false),
            Some(_) => {
                let reason = "is registered already with another name, contact or kind";
                return Err(Refusal::invalid("agency_id", reason).into());
            }
            None => {}
        }
        let agency = tx.add_agency(&self.card).await?;
        let mut statement = Vec::new();
        AgencyStatement { card: self.card.clone(), reason: String::new() }.encode(&mut statement);
        append_one(tx, Kind::AgencyAdded, agency, self.salt, &statement).await?;
        self.awaited(tx, agency).await?;
        Ok(true)
    }
}
