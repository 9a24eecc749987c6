//! The answer to a batch of questions: what was there when it was asked, at the stage that it has now.

use std::collections::BTreeSet;

use meldeverbund_domain::{AgencyNo, Target, liaison::Reportable};
use meldeverbund_proto::v1::{
    HandlingCode, Hit, NoHit, QueryAnswered, SelectorAnswer, selector_answer::Answer,
};

use super::{Asked, Wanted, look::look};
use crate::{
    flow::{Failure, Hub},
    store::{AgencyRow, StoreError},
};

/// Answers a question that is recorded. Whatever it finds, it writes nothing.
///
/// # Errors
/// If the database fails: the same question again is answered.
pub async fn answer(hub: &Hub, asked: Asked, wanted: &[Wanted]) -> Result<QueryAnswered, Failure> {
    let mut reader = hub.reader().await?;
    let agencies = AgencyRow::all(&mut reader).await?;
    let sightings = look(&mut reader, wanted, asked.leaf, asked.next_target).await?;
    drop(reader);
    let mut named = BTreeSet::new();
    let mut answers = Vec::with_capacity(wanted.len());
    for (wanted, sightings) in wanted.iter().zip(sightings) {
        // Of several targets with one content the oldest that may be told of stands for all.
        let mut told = sightings.iter().filter_map(|one| Some((&one.target, one.reportable()?)));
        let answer = match (wanted, told.next()) {
            (Wanted::Refused(refusal), _) => Answer::Refused(refusal.clone()),
            (_, Some((target, reportable))) => Answer::Hit(hit(target, &reportable, &agencies, &mut named)?),
            (_, None) => Answer::NoHit(NoHit {}),
        };
        answers.push(SelectorAnswer { answer: Some(answer) });
    }
    let cards = agencies.into_iter().filter(|row| named.contains(&row.agency.no));
    Ok(QueryAnswered {
        answers,
        agencies: cards.map(|row| row.card).collect(),
        recorded_at_us: asked.recorded_at_us,
        leaf_index: asked.leaf.cast_unsigned(),
        repeated: asked.repeated,
        receipt: asked.receipt,
    })
}

/// A hit, with what its handling allows.
fn hit(
    target: &Target,
    reportable: &Reportable,
    agencies: &[AgencyRow],
    named: &mut BTreeSet<AgencyNo>,
) -> Result<Hit, StoreError> {
    let Reportable { handling, contact, first_us, last_us, source, information } = *reportable;
    let mut hit = Hit { handling: handling.into(), ..Hit::default() };
    if handling == HandlingCode::H3 {
        return Ok(hit);
    }
    let contact = agencies.iter().find(|row| row.agency.no == contact);
    let contact = contact.ok_or(StoreError::Value { column: "target.owner_no" })?;
    named.insert(contact.agency.no);
    hit.owner_agency_id = contact.card.agency_id.clone();
    if handling == HandlingCode::H2 {
        return Ok(hit);
    }
    Ok(Hit {
        stage: target.stage.into(),
        round: target.round,
        first_referred_at_us: first_us,
        last_referred_at_us: last_us,
        source_grade: source.into(),
        information_grade: information.into(),
        ..hit
    })
}
