//! Cases as the desk shows them.

use meldeverbund_proto::node::v1::{CaseAtHub, CaseRow, HandInCounts};

use crate::store::{AtHub, CaseFile, Sums};

/// A case with its figures.
pub(crate) fn case_row(case: CaseFile, sums: Sums) -> CaseRow {
    let at_hub = match case.at_hub {
        AtHub::Waiting => CaseAtHub::Waiting,
        AtHub::Open => CaseAtHub::Open,
        AtHub::Closed => CaseAtHub::Closed,
        AtHub::Refused => CaseAtHub::Refused,
    };
    CaseRow {
        case: Some(case.case),
        state: case.state.into(),
        at_hub: at_hub.into(),
        refusal: case.refusal,
        opened_at_us: case.opened_us,
        opened_by: case.opened_by,
        counts: Some(counts(sums)),
    }
}

/// Figures for the desk.
pub(super) fn counts(sums: Sums) -> HandInCounts {
    HandInCounts {
        rows: sums.rows,
        rejected: sums.rejected,
        waiting: sums.waiting(),
        new: sums.new,
        joined: sums.joined,
        already_yours: sums.already_yours,
        reopened: sums.reopened,
        refused: sums.refused,
    }
}
