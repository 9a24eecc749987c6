//! What a target's history still tells of an event that is redacted: that it was, when and on what basis it went.

use meldeverbund_domain::life::State;
use meldeverbund_proto::v1::TimelineEntry;

use crate::{
    flow::{decide::responsibility, states::Members},
    store::RedactedRow,
};

/// How a redacted event is called.
const REDACTED: &str = "redacted";

/// The entry of a redacted event.
pub(super) fn redacted(leaf: i64, gone: &RedactedRow, members: &Members) -> TimelineEntry {
    let day = jiff::Timestamp::from_microsecond(gone.redacted_at_us)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%d").to_string());
    TimelineEntry {
        leaf_index: leaf.cast_unsigned(),
        recorded_at_us: gone.recorded_at_us,
        agency_id: members.id(gone.agency),
        what: REDACTED.to_owned(),
        detail: format!("redacted on {day}; basis: {}", gone.basis),
        ..TimelineEntry::default()
    }
}

/// Where things stood after a redacted event is not known any more: it is shown as it stood before, where that is not known
/// as it stood afterwards, and if all is redacted as it stands now.
pub(super) fn stand(timeline: &mut [TimelineEntry], state: &State, members: &Members) {
    let now = TimelineEntry {
        round: state.target.round,
        stage: state.target.stage.into(),
        owner_agency_id: members.id(state.owner()),
        owner_basis: state.target.ownership.basis.into(),
        responsibility: responsibility(state.life.responsibility).into(),
        ..TimelineEntry::default()
    };
    let mut known = timeline.iter().find(|entry| entry.what != REDACTED).cloned().unwrap_or(now);
    for entry in timeline {
        if entry.what != REDACTED {
            known = entry.clone();
            continue;
        }
        (entry.round, entry.stage) = (known.round, known.stage);
        (entry.owner_agency_id, entry.owner_basis) = (known.owner_agency_id.clone(), known.owner_basis);
        entry.responsibility = known.responsibility;
    }
}
