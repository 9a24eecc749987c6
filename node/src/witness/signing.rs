//! What this office signs of a submission or decision, and the digests it can rebuild its leaves from.

use meldeverbund_proto::{
    AgencyId, CommandId, envelope,
    leaf::{Digest, Salt, statement_digest},
    note::SigningKey,
    statement::{BatchStatement, DecisionStatement, ReferralStatement},
    v1::{DecideRequest, Referral, StatementSignature},
};

/// Ordinary bytes of a statement; only a guess, to grow the buffer once.
const STATEMENT_BYTES: usize = 256;

/// The salted digests of a submission's statements, in its order; none if a salt is none.
pub(crate) fn submission_digests(
    agency: &AgencyId,
    submission: CommandId,
    case_number: &str,
    referrals: &[Referral],
) -> Option<Vec<Digest>> {
    let mut buffer = Vec::with_capacity(STATEMENT_BYTES);
    let digest = |(position, referral): (u32, &Referral)| {
        let salt = Salt::from_slice(&referral.salt)?;
        buffer.clear();
        ReferralStatement { agency, submission, position, case_number, referral }.encode(&mut buffer);
        Some(statement_digest(&salt, &buffer))
    };
    (0..).zip(referrals).map(digest).collect()
}

/// The salted digest of a decision's statement; none if its salt is none.
pub(crate) fn decision_digest(agency: &AgencyId, request: &DecideRequest) -> Option<Digest> {
    let salt = Salt::from_slice(&request.salt)?;
    let mut buffer = Vec::with_capacity(STATEMENT_BYTES);
    DecisionStatement { agency, request }.encode(&mut buffer);
    Some(statement_digest(&salt, &buffer))
}

/// Signs a batch.
pub(crate) fn sign(
    key: &SigningKey,
    agency: &AgencyId,
    command: CommandId,
    digests: &[Digest],
) -> StatementSignature {
    let batch = BatchStatement { agency: agency.clone(), command, digests: digests.to_vec() };
    let key_id = format!("{:08x}", key.vkey().key_id());
    StatementSignature { key_id, signature: envelope::sign(key, &batch).to_vec() }
}
