//! What an agency decides on one target. What the rules say of it is asked of them, and judged by an oracle of their own
//! (`hub/domain/tests/lifecycle`); the model judges what the hub makes of it: rows, leaf, feeds, answer.

use meldeverbund_domain::{
    AgencyNo,
    life::{Responsibility, State, Takedown},
    order::{self, Order},
};
use meldeverbund_hub::store::TargetIds;
use meldeverbund_proto::{
    CommandId,
    leaf::{Kind, Salt},
    statement::DecisionStatement,
    v1::{self, DecideRequest, Decided, DecisionRecord, RefusalCode, TargetAnswer, TargetRecord},
};
use prost::Message as _;

use super::{
    expected::{Model, News},
    ops::AGENCIES,
    told::concerned,
};

impl Model {
    /// Takes a decision whose id is new. A refusal of its target is in the answer, without words.
    pub(super) fn decide(
        &mut self,
        agency: usize,
        target: usize,
        (request, order): (&DecideRequest, &Order),
        ids: &TargetIds,
    ) -> Result<Decided, RefusalCode> {
        if let Some(code) = self.barred(agency) {
            return Err(code);
        }
        let (facts, root) = (self.facts(), self.books.root(target));
        let actor = AgencyNo(agency as i64 + 1);
        let command: CommandId = request.command_id.parse().unwrap();
        let before = self.books.targets[&root].state.clone();
        let context = facts.context(actor, &request.officer, command.as_u128());
        let decided = order::decide(before.clone(), order, &context);
        let (answer, record) = match &decided {
            Ok(after) => (answer(after, actor), record(after, ids)),
            Err(refusal) => {
                let refusal = v1::Refusal::of(refusal.code(), "");
                let target_id = ids.id(self.books.targets[&target].state.target.no).as_bytes().to_vec();
                let record = TargetRecord { target_id, refusal: refusal.code, ..TargetRecord::default() };
                (TargetAnswer { refusal: Some(refusal), ..TargetAnswer::default() }, record)
            }
        };
        let mut statement = Vec::new();
        DecisionStatement { agency: &AGENCIES[agency].parse().unwrap(), request }.encode(&mut statement);
        let decision = DecisionRecord { targets: vec![record] }.encode_to_vec();
        let salt = Salt::from_slice(&request.salt).unwrap();
        self.append(Kind::Decision, agency, salt, statement, decision);
        if let Ok(after) = decided {
            for told in concerned(&before, &after, actor, &facts) {
                self.tell_no(told, News::changed([root]));
            }
            self.books.targets.get_mut(&root).unwrap().state = after;
        }
        self.decisions += 1;
        Ok(Decided {
            answers: vec![answer],
            recorded_at_us: self.time_us,
            leaf_index: facts.leaf.cast_unsigned(),
            ..Decided::default()
        })
    }
}

fn answer(after: &State, actor: AgencyNo) -> TargetAnswer {
    let fence = match after.life.takedown {
        Takedown::Granted(grant) if after.owner() == actor => grant.fence,
        _ => 0,
    };
    let (stage, round) = (after.target.stage.into(), after.target.round);
    TargetAnswer { stage, round, fence, ..TargetAnswer::default() }
}

/// What a leaf says of a target that something became of.
pub(super) fn record(state: &State, ids: &TargetIds) -> TargetRecord {
    let responsibility = match state.life.responsibility {
        Responsibility::Confirmed => v1::Responsibility::Confirmed,
        Responsibility::Proposed { .. } => v1::Responsibility::Proposed,
        Responsibility::Offered { .. } => v1::Responsibility::Offered,
        Responsibility::Disputed { .. } => v1::Responsibility::Disputed,
    };
    TargetRecord {
        target_id: ids.id(state.target.no).as_bytes().to_vec(),
        stage: state.target.stage.into(),
        round: state.target.round,
        owner_agency_id: name(state.owner()).into(),
        owner_basis: state.target.ownership.basis.into(),
        responsibility: responsibility.into(),
        fence: state.life.fence,
        owner_withdrew: state.owner_withdrew(),
        ..TargetRecord::default()
    }
}

/// An agency's id.
pub(super) fn name(agency: AgencyNo) -> &'static str {
    AGENCIES[usize::try_from(agency.0 - 1).unwrap()]
}
