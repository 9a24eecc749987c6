//! Cases: no referral without one, opened twice it is one.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

/// A case's number in this hub's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseNo(pub i64);

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// Referrals are taken.
    Open,
    /// No more referrals; what is bound stays bound.
    Closed,
}

/// What the store knows of a case of the agency that asks; none if it has no case of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its number in the store.
    pub no: CaseNo,
    /// Where it stands.
    pub state: CaseState,
}

/// What opening a case does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// There was none: it is opened.
    New,
    /// It stood already, as it was left.
    Stood(CaseFacts),
}

/// Opens a case, or finds the one that stands. A closed case stays closed: its number is not used again.
pub fn open(case: Option<CaseFacts>) -> Opening {
    case.map_or(Opening::New, Opening::Stood)
}

/// What closing a case does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It was open: it is closed.
    Closed(CaseNo),
    /// It was closed already.
    WasClosed,
}

/// Closes a case.
///
/// # Errors
/// If the agency has no such case.
pub fn close(case: Option<CaseFacts>) -> Result<Closing, Refusal> {
    match case.ok_or_else(unknown)? {
        CaseFacts { no, state: CaseState::Open } => Ok(Closing::Closed(no)),
        CaseFacts { state: CaseState::Closed, .. } => Ok(Closing::WasClosed),
    }
}

/// The case that a referral is bound to (I4).
///
/// # Errors
/// If the agency has no such case, or it is closed.
pub fn refer_in(case: Option<CaseFacts>) -> Result<CaseNo, Refusal> {
    match case.ok_or_else(unknown)? {
        CaseFacts { no, state: CaseState::Open } => Ok(no),
        CaseFacts { state: CaseState::Closed, .. } => {
            Err(Refusal::at(RefusalCode::CaseClosed, "case_number", "this case is closed; open another one"))
        }
    }
}

fn unknown() -> Refusal {
    Refusal::at(
        RefusalCode::CaseUnknown,
        "case_number",
        "your agency has no case of this number; open it first",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: CaseFacts = CaseFacts { no: CaseNo(7), state: CaseState::Open };
    const CLOSED: CaseFacts = CaseFacts { no: CaseNo(7), state: CaseState::Closed };

    #[test]
    fn opened_twice_it_is_one() {
        assert_eq!(open(None), Opening::New);
        assert_eq!(open(Some(OPEN)), Opening::Stood(OPEN));
        assert_eq!(open(Some(CLOSED)), Opening::Stood(CLOSED));
    }

    #[test]
    fn closing_is_once() {
        assert_eq!(close(Some(OPEN)), Ok(Closing::Closed(CaseNo(7))));
        assert_eq!(close(Some(CLOSED)), Ok(Closing::WasClosed));
        assert_eq!(close(None).unwrap_err().code(), RefusalCode::CaseUnknown);
    }

    #[test]
    fn referrals_need_an_open_case() {
        assert_eq!(refer_in(Some(OPEN)), Ok(CaseNo(7)));
        assert_eq!(refer_in(Some(CLOSED)).unwrap_err().code(), RefusalCode::CaseClosed);
        assert_eq!(refer_in(None).unwrap_err().code(), RefusalCode::CaseUnknown);
        for refusal in [refer_in(Some(CLOSED)), refer_in(None)].map(Result::unwrap_err) {
            assert_eq!(refusal.field, "case_number");
        }
    }
}
