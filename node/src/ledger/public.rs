//! Which events every agency may read.

use meldeverbund_proto::leaf::Kind;

/// Whether events of this kind are public to all agencies: registrations, policy, keys, redactions, epochs.
pub(crate) fn is_public(kind: Kind) -> bool {
    match kind {
        Kind::Referral
        | Kind::CaseOpened
        | Kind::CaseClosed
        | Kind::Decision
        | Kind::Deadline
        | Kind::LiaisonQuery
        | Kind::Announcement
        | Kind::Disclosure => false,
        Kind::AgencyAdded
        | Kind::AgencySuspended
        | Kind::AgencyResumed
        | Kind::NodeKeyAdded
        | Kind::NodeKeyDropped
        | Kind::Policy
        | Kind::StatementKeyAdded
        | Kind::StatementKeyRevoked
        | Kind::WitnessKeyAdded
        | Kind::WitnessKeyDropped
        | Kind::Redaction
        | Kind::LedgerKey
        | Kind::Epoch
        | Kind::Reconciled
        | Kind::BlindEpoch => true,
    }
}
