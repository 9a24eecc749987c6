//! What this node's own decisions say of targets: what they were assessed as, and what was intended.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::{
    CommandId, InstanceId, TargetId,
    v1::{DecideRequest, Decided, Intend, OffenceClass, decide_request::Decision},
};
use prost::Message as _;

use super::{StoreError, Tx};

/// Batches that are read at once: each has at most 1,000 targets.
const PAGE: u32 = 32;

impl Tx {
    /// What the last assessment found of each of these targets, as far as the hub took it from this node.
    pub async fn assessed(
        &mut self,
        targets: &HashSet<TargetId>,
    ) -> Result<HashMap<TargetId, OffenceClass>, StoreError> {
        let names = self.names_by_target(targets).await?;
        let (mut found, mut before) = (HashMap::new(), i64::MAX);
        while found.len() < targets.len() {
            let page: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
                "/* assessed */ SELECT b.id, b.request, b.decided FROM decision_batch b CROSS JOIN decision d
                   ON d.id = b.decision WHERE b.id < ? AND b.state = 2 AND d.what = 'assess'
                 ORDER BY b.id DESC LIMIT ?",
            )
            .bind(before)
            .bind(PAGE)
            .fetch_all(self.conn())
            .await?;
            let Some((last, ..)) = page.last() else { break };
            before = *last;
            for (_, request, decided) in &page {
                let decided = Decided::decode(&decided[..])
                    .map_err(|_| StoreError::Damaged("decision_batch.decided"))?;
                for (target, offence) in findings(&decode(request)?, &decided) {
                    // An assessment under a name is one of the target that goes on for it.
                    let target = names.get(&target).copied().unwrap_or(target);
                    if targets.contains(&target) {
                        found.entry(target).or_insert(offence);
                    }
                }
            }
        }
        Ok(found)
    }

    /// What an own decision intended, without the fences, and that decision; none: it is not this node's.
    pub async fn intend(
        &mut self,
        id: CommandId,
        own: InstanceId,
    ) -> Result<Option<(i64, Intend)>, StoreError> {
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as("/* intend */ SELECT decision, request FROM decision_batch WHERE command_id = ?")
                .bind(id.as_bytes().to_vec())
                .fetch_optional(self.conn())
                .await?;
        let Some((decision, request)) = row else { return Ok(None) };
        let request = decode(&request)?;
        Ok(match request.decision {
            Some(Decision::Intend(intend)) if request.instance_id == own.to_string() => {
                Some((decision, Intend { fences: Vec::new(), ..intend }))
            }
            _ => None,
        })
    }
}

/// What an assessment found of its targets; a program's suggestion is none.
fn findings<'a>(
    request: &'a DecideRequest,
    decided: &'a Decided,
) -> impl Iterator<Item = (TargetId, OffenceClass)> + 'a {
    let offence = match &request.decision {
        Some(Decision::Assess(assess)) if !assess.automatic => Some(assess.offence_class()),
        _ => None,
    };
    let taken =
        request.target_ids.iter().zip(&decided.answers).filter(|(_, answer)| answer.refusal.is_none());
    offence
        .into_iter()
        .flat_map(move |offence| taken.clone().filter_map(move |(id, _)| Some((id.parse().ok()?, offence))))
}

fn decode(request: &[u8]) -> Result<DecideRequest, StoreError> {
    DecideRequest::decode(request).map_err(|_| StoreError::Damaged("decision_batch.request"))
}
