//! What a node has on its disk.

use std::path::Path;

use meldeverbund_proto::v1::{DecideRequest, Decided, Referral, SubmitRequest};
use prost::Message as _;
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};
use uuid::Uuid;

/// What was sent, and what came back.
pub(super) struct Store {
    pub(super) submissions: Vec<Submission>,
    pub(super) batches: Vec<Batch>,
}

/// A submission of this node's own.
pub(super) struct Submission {
    pub(super) request: SubmitRequest,
    /// For each referral the contract's number of the verdict and the target.
    pub(super) answers: Vec<(i32, String)>,
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
    pub(super) async fn read(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut store = options.connect().await.unwrap();
        let instance: Vec<u8> =
            sqlx::query_scalar("SELECT instance_id FROM meta").fetch_one(&mut store).await.unwrap();
        let rows = sqlx::query(
            "SELECT s.submission_id, c.number, r.message, n.verdict, t.target_id
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
            submission.answers.push((row.get("verdict"), text(row.get("target_id"))));
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

fn text(id: &[u8]) -> String {
    Uuid::from_slice(id).unwrap().to_string()
}
