//! Hand-ins as the desk shows them.

use meldeverbund_proto::node::v1;

use super::case_row::counts;
use crate::store::HandIn;

/// A hand-in with its figures.
pub(crate) fn hand_in_row(hand_in: HandIn) -> v1::HandIn {
    v1::HandIn {
        id: hand_in.id.unsigned_abs(),
        case_number: hand_in.case_number,
        source_name: hand_in.source_name,
        officer: hand_in.officer,
        annotation: hand_in.annotation,
        begun_at_us: hand_in.begun_us,
        finished_at_us: hand_in.finished_us.unwrap_or(0),
        answered_at_us: hand_in.answered_us.unwrap_or(0),
        counts: Some(counts(hand_in.sums)),
    }
}
