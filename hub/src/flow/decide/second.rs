//! Four eyes: who confirms is another person than who made the record. The rules compare names; where both are known by the word of
//! a token or a session, issuer and subject are compared as well, which no two people share.

use std::collections::HashMap;

use meldeverbund_domain::{
    AgencyNo,
    life::State,
    order::{Order, awaiting, same_officer},
};
use meldeverbund_proto::v1::Refusal;

use crate::{
    flow::person::Person,
    store::{Connection, StoreError},
};

/// Looks whether the person who confirms made the records; one decision made many, and is looked up once.
pub(super) struct Second<'a> {
    person: &'a Person,
    actor: AgencyNo,
    known: HashMap<i64, bool>,
}

impl<'a> Second<'a> {
    /// For one decision of this agency, with this person behind it.
    pub(super) fn new(person: &'a Person, actor: AgencyNo) -> Self {
        Self { person, actor, known: HashMap::new() }
    }

    /// The order on a target; refused if it confirms what the same person recorded.
    pub(super) async fn of(
        &mut self,
        connection: &mut Connection,
        state: &State,
        order: Result<Order, Refusal>,
    ) -> Result<Result<Order, Refusal>, StoreError> {
        let Ok(Order::Confirm(gate)) = order else { return Ok(order) };
        let Some(leaf) = awaiting(state, gate, self.actor) else { return Ok(order) };
        let is_same = match self.known.get(&leaf) {
            Some(is_same) => *is_same,
            None => {
                let is_same = self.person.stood_behind(connection, leaf).await?;
                self.known.insert(leaf, is_same);
                is_same
            }
        };
        Ok(if is_same { Err(same_officer()) } else { order })
    }
}
