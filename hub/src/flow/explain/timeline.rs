//! A target's history as the ledger has it, and what of it a party may see.

use meldeverbund_domain::{AgencyNo, TargetNo, life::State};
use meldeverbund_proto::{
    TargetId,
    check::decision_name,
    leaf::Kind,
    statement::{Act, DecisionStatement, DuplicatesStatement, ReferralDecision},
    v1::{DecisionRecord, TargetRecord, TimelineEntry, decide_request::Decision},
};
use prost::Message as _;

use super::{
    redacted::{self, redacted},
    referred::{Before, referral},
    words::words,
};
use crate::{
    flow::{
        states::Members,
        views::{CHANGED, DEADLINE},
    },
    store::{Connection, EventRow, RedactedRow, StoreError, leaves},
};

/// Entries of one answer; a target with more is told up to there.
const TIMELINE_ENTRIES: i64 = 1_000;

/// Tells one target's history to one agency.
pub(super) struct Teller<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) members: &'a Members,
    pub(super) viewer: AgencyNo,
}

/// What is told under one number.
pub(super) struct Part {
    pub(super) target: TargetNo,
    pub(super) id: TargetId,
    /// The first leaf that is told of it.
    pub(super) from_leaf: i64,
    /// The last one.
    pub(super) to_leaf: i64,
}

impl Teller<'_> {
    /// All that happened, oldest first.
    pub(super) async fn timeline(
        &mut self,
        state: &State,
        parts: &[Part],
        at_leaf: i64,
    ) -> Result<Vec<TimelineEntry>, StoreError> {
        let mut timeline: Vec<TimelineEntry> = Vec::new();
        let mut told = Vec::new();
        for part in parts {
            let up_to = at_leaf.min(part.to_leaf);
            let leaves = leaves(self.connection, part.target, up_to, TIMELINE_ENTRIES).await?;
            told.extend(
                leaves.into_iter().filter(|leaf| *leaf >= part.from_leaf).map(|leaf| (leaf, part.id)),
            );
        }
        // Whether who was responsible had withdrawn, as the entry before says.
        let mut withdrew = false;
        for (leaf, id) in told {
            let Some(event) = EventRow::range(self.connection, leaf, 1).await?.pop() else {
                let gone = RedactedRow::at(self.connection, leaf).await?;
                timeline.extend(gone.map(|gone| redacted(leaf, &gone, self.members)));
                continue;
            };
            let before = Before { entry: timeline.last(), owner_withdrew: withdrew };
            let Some((entry, owner_withdrew)) = self.entry(&event, id, before)? else { continue };
            withdrew = owner_withdrew;
            timeline.push(entry);
        }
        redacted::stand(&mut timeline, state, self.members);
        Ok(timeline)
    }

    /// The entry, and whether who is responsible has withdrawn; none: the event is not this target's.
    fn entry(
        &self,
        event: &EventRow,
        id: TargetId,
        before: Before<'_>,
    ) -> Result<Option<(TimelineEntry, bool)>, StoreError> {
        const DECISION: StoreError = StoreError::Value { column: "event.decision" };
        if event.kind == Kind::Referral {
            let decision = ReferralDecision::decode(&event.decision).map_err(|_| DECISION)?;
            // A merge carries bindings of another target here: what led to them is told under its id.
            if decision.target != id {
                return Ok(None);
            }
            let by = self.members.id(event.agency);
            return Ok(Some(referral(event, by, &decision, before)));
        }
        let record = DecisionRecord::decode(&event.decision[..]).map_err(|_| DECISION)?;
        let of_target = |one: &&TargetRecord| one.target_id == id.as_bytes();
        let Some(record) = record.targets.iter().find(of_target) else { return Ok(None) };
        let (what, detail) = self.said(event)?;
        let entry = TimelineEntry {
            leaf_index: event.leaf_index.cast_unsigned(),
            recorded_at_us: event.recorded_at_us,
            agency_id: self.members.id(event.agency),
            what,
            round: record.round,
            stage: record.stage,
            owner_agency_id: record.owner_agency_id.clone(),
            owner_basis: record.owner_basis,
            responsibility: record.responsibility,
            detail,
        };
        Ok(Some((entry, record.owner_withdrew)))
    }

    /// What was said, and, to whoever said it, in which words.
    pub(super) fn said(&self, event: &EventRow) -> Result<(String, String), StoreError> {
        if event.kind == Kind::Deadline {
            return Ok((DEADLINE.into(), String::new()));
        }
        let unreadable = |_| StoreError::Value { column: "event.statement" };
        if event.kind == Kind::Duplicates {
            let said = DuplicatesStatement::decode(&event.statement).map_err(unreadable)?;
            let own = event.agency == self.viewer;
            let detail = if own { format!("{}: {}", said.officer, said.reason) } else { String::new() };
            return Ok((said.act.name().to_owned(), detail));
        }
        let request = DecisionStatement::decode(&event.statement).map_err(unreadable)?;
        let Some(decision) = &request.decision else { return Ok((String::new(), String::new())) };
        let own = event.agency == self.viewer;
        let detail = if own { detail(&request.officer, decision) } else { String::new() };
        Ok((decision_name(decision).to_owned(), detail))
    }
}

fn detail(officer: &str, decision: &Decision) -> String {
    match words(decision) {
        said if said.is_empty() => officer.to_owned(),
        said => format!("{officer}: {said}"),
    }
}

/// What a co-interested agency may see: its own part, and of others who was responsible and where the takedown stood.
pub(super) fn seen_by_co_interested(timeline: Vec<TimelineEntry>, own: &str) -> Vec<TimelineEntry> {
    let mut seen: Vec<TimelineEntry> = Vec::new();
    for mut entry in timeline {
        let known = |entry: &TimelineEntry| (entry.stage, entry.round, entry.owner_agency_id.clone());
        let changed = seen.last().is_none_or(|last| known(last) != known(&entry));
        let (is_own, by_owner) = (entry.agency_id == own, entry.agency_id == entry.owner_agency_id);
        // That targets are one, or are not, everybody may know who is no stranger.
        let of_centre = [Act::Merge, Act::Split, Act::Undo].iter().any(|act| act.name() == entry.what);
        if !is_own && !changed && !of_centre {
            continue;
        }
        if !is_own && !by_owner && !of_centre && !entry.agency_id.is_empty() {
            (entry.agency_id, entry.what) = (String::new(), CHANGED.to_owned());
        }
        seen.push(entry);
    }
    seen
}
