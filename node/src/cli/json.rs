//! The desk's answers as JSON: names in lower case, times in RFC 3339, what is absent as null.

use jiff::Timestamp;
use meldeverbund_proto::{
    node::v1::{CaseRow, HandIn, HandInCounts, HubAddress, HubLine, LinkRow, RefusedSubmission},
    v1::{AgencyCard, Refusal},
};
use serde_json::{Value, json};

/// An instant; null for 0.
pub(super) fn time(us: i64) -> Value {
    match Timestamp::from_microsecond(us) {
        Ok(instant) if us != 0 => Value::from(instant.to_string()),
        _ => Value::Null,
    }
}

/// A text; null if empty.
pub(super) fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

/// An enum's name without its prefix; null for the unspecified one.
pub(super) fn name(name: &str, prefix: &str) -> Value {
    match name.strip_prefix(prefix) {
        None | Some("UNSPECIFIED") => Value::Null,
        Some(name) => Value::from(name.to_ascii_lowercase()),
    }
}

pub(super) fn refusal(refusal: Option<&Refusal>) -> Value {
    match refusal {
        None => Value::Null,
        Some(refusal) => json!({
            "code": name(refusal.code().as_str_name(), "REFUSAL_CODE_"),
            "field": text(&refusal.field),
            "reason": text(&refusal.reason),
        }),
    }
}

pub(super) fn agency(card: &AgencyCard) -> Value {
    json!({
        "agency": card.agency_id,
        "name": text(&card.name),
        "contact": text(&card.contact),
        "kind": name(card.kind().as_str_name(), "AGENCY_KIND_"),
    })
}

pub(super) fn case(row: &CaseRow) -> Value {
    let case = row.case.clone().unwrap_or_default();
    json!({
        "number": case.number,
        "unit": text(&case.unit),
        "kind": name(case.kind().as_str_name(), "CASE_KIND_"),
        "review_on": text(&case.review_on),
        "delete_on": text(&case.delete_on),
        "prosecutor_reference": text(&case.prosecutor_reference),
        "state": name(row.state().as_str_name(), "CASE_STATE_"),
        "at_hub": name(row.at_hub().as_str_name(), "CASE_AT_HUB_"),
        "refusal": refusal(row.refusal.as_ref()),
        "opened_at": time(row.opened_at_us),
        "opened_by": text(&row.opened_by),
        "rows": counts(row.counts.as_ref()),
    })
}

pub(super) fn counts(counts: Option<&HandInCounts>) -> Value {
    let HandInCounts { rows, rejected, waiting, new, joined, already_yours, reopened, refused } =
        counts.copied().unwrap_or_default();
    json!({
        "rows": rows,
        "rejected": rejected,
        "waiting": waiting,
        "new": new,
        "joined": joined,
        "already_yours": already_yours,
        "reopened": reopened,
        "refused": refused,
    })
}

pub(super) fn hand_in(hand_in: &HandIn) -> Value {
    json!({
        "hand_in": hand_in.id,
        "case": hand_in.case_number,
        "source": hand_in.source_name,
        "officer": hand_in.officer,
        "annotation": text(&hand_in.annotation),
        "begun_at": time(hand_in.begun_at_us),
        "finished_at": time(hand_in.finished_at_us),
        "answered_at": time(hand_in.answered_at_us),
        "rows": counts(hand_in.counts.as_ref()),
    })
}

pub(super) fn link_row(row: &LinkRow) -> Value {
    json!({
        "line": row.line,
        "link": row.link,
        "case": row.case_number,
        "hand_in": (row.hand_in != 0).then_some(row.hand_in),
        "state": name(row.state().as_str_name(), "LINK_STATE_"),
        "verdict": name(row.verdict().as_str_name(), "VERDICT_"),
        "target": text(&row.target_id),
        "owner": text(&row.owner_agency_id),
        "basis": name(row.owner_basis().as_str_name(), "OWNER_BASIS_"),
        "stage": name(row.stage().as_str_name(), "STAGE_"),
        "round": (row.round != 0).then_some(row.round),
        "role": name(row.role().as_str_name(), "ROLE_"),
        "refusal": refusal(row.refusal.as_ref()),
        "handed_in_at": time(row.handed_in_at_us),
        "answered_at": time(row.answered_at_us),
    })
}

pub(super) fn hub(line: &HubLine) -> Value {
    let who = line.who_am_i.as_ref();
    json!({
        "address": line.address,
        "addresses": line.addresses.iter().map(hub_address).collect::<Vec<_>>(),
        "state": name(line.state().as_str_name(), "HUB_LINE_STATE_"),
        "since": time(line.since_us),
        "cause": name(line.cause().as_str_name(), "HUB_LINE_CAUSE_"),
        "detail": text(&line.detail),
        "refusal": refusal(line.refusal.as_ref()),
        "next_try_at": time(line.next_try_at_us),
        "last_answer_at": time(line.last_answer_at_us),
        "agency": who.and_then(|who| who.agency.as_ref()).map(agency),
        "hub_version": who.map(|who| who.hub_version.clone()),
        "clock_ahead_us": who.map(|_| line.clock_ahead_us),
        "certificate_not_after": time(line.certificate_not_after_us),
        "certificate_problem": text(&line.certificate_problem),
    })
}

fn hub_address(hub: &HubAddress) -> Value {
    json!({
        "address": hub.address,
        "state": name(hub.state().as_str_name(), "HUB_LINE_STATE_"),
        "since": time(hub.since_us),
        "cause": name(hub.cause().as_str_name(), "HUB_LINE_CAUSE_"),
        "detail": text(&hub.detail),
        "failures": hub.failures,
        "not_before": time(hub.not_before_us),
    })
}

pub(super) fn refused_submission(refused: &RefusedSubmission) -> Value {
    json!({
        "submission": refused.submission_id,
        "case": refused.case_number,
        "hand_in": refused.hand_in,
        "referrals": refused.referrals,
        "refusal": refusal(refused.refusal.as_ref()),
        "refused_at": time(refused.refused_at_us),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_things_are_null() {
        assert_eq!(time(0), Value::Null);
        assert_eq!(time(1_700_000_000_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(name("VERDICT_ALREADY_YOURS", "VERDICT_"), "already_yours");
        assert_eq!(name("VERDICT_UNSPECIFIED", "VERDICT_"), Value::Null);
        assert_eq!(hub(&HubLine::default())["clock_ahead_us"], Value::Null);
    }
}
