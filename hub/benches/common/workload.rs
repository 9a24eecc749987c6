//! New links in batches, as requests, handed in over a connection.

use meldeverbund_proto::{
    AgencyId, envelope,
    leaf::{Salt, statement_digest},
    note::{SigningKey, statement_key_name},
    statement::{BatchStatement, ReferralStatement},
    v1::{StatementSignature, SubmitRequest},
};
use tokio::time::Instant;

use super::gauge::processor_s_of;
use crate::harness::{DOMAIN, Office, accepted, batch};

/// The case of all referrals.
pub(crate) const CASE: &str = "1/26";

/// Links of a batch: as many as one submission may have.
pub(crate) const BATCH: usize = 1_000;

/// Links that no other round and measurement has, in batches.
pub(crate) fn links(round: u64, measurement: u64, batches: usize) -> Vec<Vec<String>> {
    let link =
        |n: usize| format!("https://host-{}.example/{round}/{measurement}/file-{n:08}?part=1", n % 997);
    (0..batches).map(|b| (b * BATCH..(b + 1) * BATCH).map(link).collect()).collect()
}

/// One request a batch.
pub(crate) fn requests(links: &[Vec<String>]) -> impl Iterator<Item = SubmitRequest> {
    links.iter().map(|links| batch(CASE, &links.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Hands in all requests on one stream; seconds until the last answer.
pub(crate) async fn hand_in(office: &Office, requests: Vec<SubmitRequest>) -> f64 {
    let started = Instant::now();
    let answers = office.submit_all(requests).await;
    let seconds = started.elapsed().as_secs_f64();
    assert!(answers.into_iter().all(|answer| accepted(answer).answers.len() == BATCH));
    seconds
}

/// What handing in has cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Intake {
    /// Links a second.
    pub(crate) rate: f64,
    /// Processor time of this process, client and hub, in µs a link.
    pub(crate) processor_us: f64,
}

impl Intake {
    /// Hands in all requests to a hub in this process.
    pub(crate) async fn of(office: &Office, requests: Vec<SubmitRequest>) -> Self {
        let (links, process) = ((requests.len() * BATCH) as f64, std::process::id());
        let before = processor_s_of(process);
        let seconds = hand_in(office, requests).await;
        Self { rate: links / seconds, processor_us: 1e6 * (processor_s_of(process) - before) / links }
    }
}

/// The statement key of this agency.
pub(crate) fn statement_key(agency: &AgencyId) -> SigningKey {
    SigningKey::from_seed(&statement_key_name(DOMAIN, agency), &[7; 32]).unwrap()
}

/// Signs a submission, as a node does before it hands it in.
pub(crate) fn sign(key: &SigningKey, agency: &AgencyId, request: &mut SubmitRequest) {
    let SubmitRequest { submission_id, case_number, referrals, .. } = &*request;
    let submission = submission_id.parse().unwrap();
    let digest = |(position, referral)| {
        let mut statement = Vec::new();
        ReferralStatement { agency, submission, position, case_number, referral }.encode(&mut statement);
        statement_digest(&Salt::from_slice(&referral.salt).unwrap(), &statement)
    };
    let digests = (0..).zip(referrals).map(digest).collect();
    let batch = BatchStatement { agency: agency.clone(), command: submission, digests };
    let key_id = format!("{:08x}", key.vkey().key_id());
    request.signature = Some(StatementSignature { key_id, signature: envelope::sign(key, &batch).to_vec() });
}
