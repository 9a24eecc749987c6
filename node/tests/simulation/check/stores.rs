//! What a node has on its disk.

use std::path::Path;

use meldeverbund_node::ledger::OwnKeys;
use meldeverbund_proto::{
    AgencyId, CommandId, envelope,
    leaf::{Digest, Salt, statement_digest},
    statement::{BatchStatement, DecisionStatement, ReferralStatement},
    v1::{DecideRequest, Decided, Referral, StatementSignature, SubmitRequest, Verdict},
};
use prost::Message as _;
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use crate::office::Office;

/// What was sent, and what came back.
pub(super) struct Store {
    pub(super) submissions: Vec<Submission>,
    pub(super) batches: Vec<Batch>,
}

/// A submission of this node's own.
pub(super) struct Submission {
    pub(super) request: SubmitRequest,
    /// One for each referral.
    pub(super) answers: Vec<Answer>,
}

/// What a node keeps of the answer to a referral.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) target_id: String,
    /// The id under which the link itself stands.
    pub(super) own_id: String,
}

/// Part of a decision.
pub(super) struct Batch {
    pub(super) request: DecideRequest,
    /// None: it was given up before it was sent.
    pub(super) decided: Option<Decided>,
}

impl Batch {
    /// On how many targets it took effect.
    pub(super) fn taken(&self) -> u64 {
        let answers = self.decided.iter().flat_map(|decided| &decided.answers);
        answers.filter(|answer| answer.refusal.is_none()).count() as u64
    }
}

impl Store {
    /// What is in it, signed as the node sends it.
    pub(super) async fn read(office: &Office) -> Self {
        let mut store = Self::unsigned(&office.store()).await;
        let keys = office.keys();
        let agency = office.agency.parse().unwrap();
        for submission in &mut store.submissions {
            sign_submission(&keys, &agency, &mut submission.request);
        }
        for batch in &mut store.batches {
            sign_decision(&keys, &agency, &mut batch.request);
        }
        store
    }

    async fn unsigned(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut store = options.connect().await.unwrap();
        let instance: Vec<u8> =
            sqlx::query_scalar("SELECT instance_id FROM meta").fetch_one(&mut store).await.unwrap();
        let rows = sqlx::query(
            "SELECT s.submission_id, c.number, r.message, n.verdict, t.target_id, coalesce(n.name, t.target_id) AS own_id
             FROM submission s JOIN case_file c ON c.id = s.case_file
               JOIN referral r ON r.id BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1
               LEFT JOIN answer n ON n.referral = r.id LEFT JOIN target t ON t.id = n.target
             WHERE s.hand_in IS NOT NULL ORDER BY r.id",
        )
        .fetch_all(&mut store)
        .await
        .unwrap();
        let mut submissions: Vec<Submission> = Vec::new();
        for row in rows {
            let submission_id = text(row.get("submission_id"));
            if submissions.last().is_none_or(|last| last.request.submission_id != submission_id) {
                let request = SubmitRequest {
                    submission_id,
                    instance_id: text(&instance),
                    case_number: row.get("number"),
                    referrals: Vec::new(),
                    signature: None,
                };
                submissions.push(Submission { request, answers: Vec::new() });
            }
            let submission = submissions.last_mut().unwrap();
            let message: Vec<u8> = row.get("message");
            submission.request.referrals.push(Referral::decode(&message[..]).unwrap());
            submission.answers.push(Answer {
                verdict: Verdict::try_from(row.get::<i32, _>("verdict")).unwrap(),
                target_id: text(row.get("target_id")),
                own_id: text(row.get("own_id")),
            });
        }
        let rows = sqlx::query("SELECT request, state, decided FROM decision_batch ORDER BY id");
        let batches = rows.fetch_all(&mut store).await.unwrap().into_iter().map(|row| {
            let (request, state): (Vec<u8>, i64) = (row.get("request"), row.get("state"));
            assert!(state == 2 || state == 4, "neither answered nor given up: {state}");
            let decided: Option<Vec<u8>> = row.get("decided");
            Batch {
                request: DecideRequest::decode(&request[..]).unwrap(),
                decided: decided.map(|bytes| Decided::decode(&bytes[..]).unwrap()),
            }
        });
        let batches = batches.collect();
        Self { submissions, batches }
    }
}

fn sign_submission(keys: &OwnKeys, agency: &AgencyId, request: &mut SubmitRequest) {
    let submission: CommandId = request.submission_id.parse().unwrap();
    let case_number = request.case_number.as_str();
    let digest = |(position, referral): (u32, &Referral)| {
        let mut bytes = Vec::new();
        ReferralStatement { agency, submission, position, case_number, referral }.encode(&mut bytes);
        statement_digest(&Salt::from_slice(&referral.salt).unwrap(), &bytes)
    };
    let digests = (0..).zip(&request.referrals).map(digest).collect();
    request.signature = Some(signature(keys, agency, submission, digests));
}

fn sign_decision(keys: &OwnKeys, agency: &AgencyId, request: &mut DecideRequest) {
    let mut bytes = Vec::new();
    DecisionStatement { agency, request }.encode(&mut bytes);
    let digest = statement_digest(&Salt::from_slice(&request.salt).unwrap(), &bytes);
    let command = request.command_id.parse().unwrap();
    request.signature = Some(signature(keys, agency, command, vec![digest]));
}

fn signature(
    keys: &OwnKeys,
    agency: &AgencyId,
    command: CommandId,
    digests: Vec<Digest>,
) -> StatementSignature {
    let batch = BatchStatement { agency: agency.clone(), command, digests };
    let signature = envelope::sign(&keys.statement, &batch).to_vec();
    StatementSignature { key_id: format!("{:08x}", keys.statement_vkey().key_id()), signature }
}

fn text(id: &[u8]) -> String {
    Uuid::from_slice(id).unwrap().to_string()
}
