//! From the store's rows to the desk's messages.

use std::collections::HashSet;

use meldeverbund_proto::{
    node::v1::{AskedRow, AskedState, LiaisonAskedRow, Question, QuestionCounts},
    v1::{AgencyCard, Hit, Refusal, Selector},
};
use prost::Message as _;

use crate::{
    liaison::selector_text,
    store::{self, StoreError, StoredLiaisonAsked, StoredQuestion, StoredQuestionRow, Tx},
};

/// A question.
pub(super) fn question(stored: StoredQuestion) -> Question {
    let counts = stored.counts;
    Question {
        question: stored.id.unsigned_abs(),
        blind: stored.blind,
        officer: stored.officer,
        purpose: Some(stored.purpose),
        source_name: stored.source_name,
        asked_at_us: stored.asked_us,
        finished_at_us: stored.finished_us.unwrap_or(0),
        counts: Some(QuestionCounts {
            rows: stored.row_count,
            hits: counts.hits,
            no_hits: counts.no_hits,
            refused: counts.refused,
            waiting: counts.waiting,
        }),
        hits_of: stored.hits_of.map_or(0, i64::unsigned_abs),
    }
}

/// One of its rows.
pub(super) fn asked_row(stored: StoredQuestionRow) -> Result<AskedRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged("question_row");
    let text = match &stored.selector {
        Some(bytes) => selector_text(&Selector::decode(&bytes[..]).map_err(|_| DAMAGED)?),
        None => stored.text,
    };
    let detail = &stored.detail[..];
    let (mut hit, mut refusal) = (None, None);
    let state = match stored.state {
        store::AskedState::Waiting => AskedState::Waiting,
        store::AskedState::NoHit => AskedState::NoHit,
        store::AskedState::Hit => {
            hit = Some(Hit::decode(detail).map_err(|_| DAMAGED)?);
            AskedState::Hit
        }
        store::AskedState::Refused => {
            refusal = Some(Refusal::decode(detail).map_err(|_| DAMAGED)?);
            AskedState::Refused
        }
    };
    let (epoch, increment) = stored.set.unwrap_or((0, 0));
    Ok(AskedRow {
        row: stored.row,
        line: stored.line,
        text,
        state: state.into(),
        hit,
        refusal,
        recorded_at_us: stored.recorded_us,
        epoch,
        increment,
    })
}

/// Who asked about this office's targets.
pub(super) fn liaison_asked_row(stored: StoredLiaisonAsked) -> LiaisonAskedRow {
    LiaisonAskedRow {
        agency_id: stored.agency_id,
        asked_at_us: stored.asked_us,
        purpose_code: stored.purpose_code,
        target_ids: stored.hits.iter().map(ToString::to_string).collect(),
        hidden_target_ids: stored.hidden.iter().map(ToString::to_string).collect(),
    }
}

/// The cards of these agencies, as far as they are known.
pub(super) async fn cards<'a>(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<AgencyCard>, StoreError> {
    let named: HashSet<&str> = ids.into_iter().collect();
    Ok(tx.agencies().await?.into_iter().filter(|card| named.contains(card.agency_id.as_str())).collect())
}
