//! Verdicts that are answered with proof that their leaves are in the ledger.

use meldeverbund_proto::{
    merkle::Span,
    v1::{CloseCaseResponse, Decided, OpenCaseResponse, Receipt, SubmissionAccepted},
};

/// What a command's caller is told, and what of it is to be proven.
pub trait Verdict: Send + 'static {
    /// The leaves of which the caller gets a receipt, and has none yet; none: nothing is to be proven.
    fn unproven(&self) -> Option<Span> {
        None
    }

    /// Puts the receipt into the answer.
    fn attach(&mut self, receipt: Receipt) {
        drop(receipt);
    }
}

impl Verdict for SubmissionAccepted {
    fn unproven(&self) -> Option<Span> {
        let begin = self.first_leaf_index;
        (self.receipt.is_none() && self.leaf_count > 0)
            .then_some(Span { begin, end: begin + self.leaf_count })
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}

impl Verdict for Decided {
    fn unproven(&self) -> Option<Span> {
        let begin = self.leaf_index;
        // A dry run is recorded at no time.
        (self.receipt.is_none() && self.recorded_at_us != 0).then_some(Span { begin, end: begin + 1 })
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}

impl Verdict for OpenCaseResponse {}
impl Verdict for CloseCaseResponse {}
impl Verdict for () {}
impl Verdict for bool {}
impl Verdict for i64 {}
impl Verdict for u64 {}
