//! Begins a hand-in, goes on with one that broke off, or finds it finished.

use meldeverbund_proto::{
    node::v1::{ReferBegin, ReferBegun, watch_response::What},
    v1::CaseState,
};

use super::{check_begin, check_disk};
use crate::{
    desk::{Caller, DeskError, hand_in_row},
    node::Node,
    store::{HandIn, NewHandIn, StoreError, Tx, Write},
};

/// A hand-in that takes rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begin {
    /// Its row.
    pub(super) id: i64,
    /// The case's row.
    pub(super) case_file: i64,
}

pub(super) async fn begin(
    node: &Node,
    caller: &Caller,
    request: ReferBegin,
) -> Result<(ReferBegun, Begin), DeskError> {
    check_begin(&request)?;
    check_disk(node)?;
    let command = BeginHandIn { request, officer: caller.officer.clone(), now_us: node.clock.now_us() };
    let (hand_in, case_file) = match node.store.write(command).await? {
        Outcome::Begun(hand_in, case_file) => (*hand_in, case_file),
        Outcome::CaseUnknown => return Err(DeskError::CaseUnknown),
        Outcome::CaseClosed => return Err(DeskError::CaseClosed),
    };
    node.tell(|| What::HandIn(hand_in_row(hand_in.clone())));
    let begun = ReferBegun {
        hand_in: hand_in.id.unsigned_abs(),
        rows_taken: hand_in.sums.rows,
        finished_already: hand_in.finished_us.is_some(),
        begun_at_us: hand_in.begun_us,
        officer: hand_in.officer,
    };
    Ok((begun, Begin { id: hand_in.id, case_file }))
}

#[derive(Debug)]
struct BeginHandIn {
    request: ReferBegin,
    officer: String,
    now_us: i64,
}

enum Outcome {
    Begun(Box<HandIn>, i64),
    CaseUnknown,
    CaseClosed,
}

impl Write for BeginHandIn {
    type Out = Outcome;

    async fn run(&self, tx: &mut Tx) -> Result<Outcome, StoreError> {
        let ReferBegin { case_number, digest, source_name, annotation, again, .. } = &self.request;
        let Some(case) = tx.case_by_number(case_number).await? else { return Ok(Outcome::CaseUnknown) };
        let found = tx.hand_in_by_digest(digest).await?.filter(|found| !(found.finished && *again));
        let id = match found {
            Some(found) if found.finished || case.state == CaseState::Open => found.id,
            _ if case.state != CaseState::Open => return Ok(Outcome::CaseClosed),
            _ => {
                let new = NewHandIn {
                    digest: digest.clone(),
                    case_file: case.id,
                    source_name: source_name.clone(),
                    officer: self.officer.clone(),
                    annotation: annotation.clone(),
                    begun_us: self.now_us,
                };
                tx.begin_hand_in(&new).await?
            }
        };
        let hand_in = tx.hand_in(id).await?.ok_or(StoreError::Damaged("a hand-in is gone"))?;
        Ok(Outcome::Begun(Box::new(hand_in), case.id))
    }
}
