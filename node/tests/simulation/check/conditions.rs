//! Gates first (I3): what was granted and intended had every gate set in its round, and no hold stood.

use std::collections::{HashMap, HashSet};

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::{Finding, GateKind, NoticeKind, decide_request::Decision};

use super::ledger::Ledger;
use crate::world::World;

/// The gates of one round that somebody has set, be it for a while.
type Gates = HashSet<GateKind>;

/// Walks through the ledger with books of its own.
pub(super) async fn come_first(world: &World, ledger: &Ledger) {
    let agencies = world.hub.agencies().await;
    let number = |id: &str| agencies.iter().find(|row| row.agency.id.as_str() == id).unwrap().agency.no;
    let mut gates: HashMap<(String, u32), Gates> = HashMap::new();
    let mut holds: HashMap<String, Vec<(String, AgencyNo)>> = HashMap::new();
    for step in &ledger.steps {
        let (Some(request), Some(decision)) = (&step.request, step.decision()) else { continue };
        let set = set_gate(decision);
        for (target, record) in step.taken().filter(|(target, _)| !ledger.is_family(target)) {
            let round = (target.clone(), record.round);
            gates.entry(round.clone()).or_default().extend(set);
            let held = holds.entry(target).or_default();
            match decision {
                Decision::PlaceHold(_) => held.push((request.command_id.clone(), step.agency)),
                Decision::LiftHold(lift) => held
                    .retain(|(id, by)| *by != step.agency || !lift.hold_id.is_empty() && lift.hold_id != *id),
                Decision::Overrule(overrule) => {
                    let of = number(&overrule.agency_id);
                    held.retain(|(_, by)| *by != of);
                }
                _ => {}
            }
            let asks_all = match decision {
                Decision::RequestGrant(_) => true,
                Decision::Intend(intend) => intend.kind() != NoticeKind::Recall,
                _ => false,
            };
            if asks_all {
                assert!(held.is_empty(), "leaf {}: {round:?} is held: {held:?}", step.leaf);
                assert_eq!(gates[&round].len(), 4, "leaf {}: gates of {round:?}: {gates:?}", step.leaf);
            }
        }
    }
}

fn set_gate(decision: &Decision) -> Option<GateKind> {
    match decision {
        Decision::Assess(assess) => {
            (assess.finding() == Finding::Unlawful && !assess.automatic).then_some(GateKind::Assessed)
        }
        Decision::SecureEvidence(_) => Some(GateKind::Evidence),
        Decision::SettleProviderData(_) => Some(GateKind::ProviderData),
        Decision::Release(_) => Some(GateKind::Released),
        _ => None,
    }
}
