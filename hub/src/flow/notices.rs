//! Notices by where they stand and by provider, for the central office: what failed, what is overdue, who is silent.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::{Life, NoticeKind, NoticeStanding, Takedown},
    policy::hours_us,
};
use meldeverbund_proto::{
    AgencyId, CommandId, TargetId,
    leaf::Kind,
    statement::DecisionStatement,
    v1::{Intend, Refusal, RefusalCode, decide_request::Decision},
};

use super::{
    Failure, Views, admit,
    states::{Members, states},
};
use crate::store::{CommandRow, Connection, EventRow, StoreError, with_notice};

/// Entries of one page.
const ENTRIES: usize = 50;

/// Targets that are looked at for one page: a provider may be rare, and nobody waits for a whole list.
const LOOKED_AT: usize = 1_000;

/// Targets that are read together.
const CHUNK: i64 = 100;

/// What is sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoughtNotices {
    /// Where it stands.
    pub standing: NoticeStanding,
    /// Part of the recipient's name or address, whatever the case of its letters; empty: any.
    pub provider: String,
    /// Behind which place, as the page before named it.
    pub after: Option<String>,
}

/// A target's notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeEntry {
    /// The target.
    pub target: String,
    /// Who is responsible for it.
    pub owner: String,
    /// The round.
    pub round: u32,
    /// First, reminder, recall, or one that left without an intent.
    pub kind: NoticeKind,
    /// How many have left in this round.
    pub sent: usize,
    /// Since when it stands so, microseconds since 1970 UTC.
    pub since_us: i64,
    /// When somebody has to see to it; none: nothing is waited for. What failed or is in doubt waits for a person now.
    pub due_us: Option<i64>,
    /// Who gets it; none: that was redacted.
    pub recipient: Option<String>,
    /// By which way; empty: not said.
    pub channel: String,
}

/// A page of notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePage {
    /// The notices, the one that is due first first.
    pub entries: Vec<NoticeEntry>,
    /// The place behind which the next page begins; none: nothing more was found.
    pub next: Option<String>,
}

/// A page of notices that stand so.
///
/// # Errors
/// If the caller is not the central office, the place is none, or the engine fails.
pub async fn notices(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    sought: &SoughtNotices,
) -> Result<NoticePage, Failure> {
    if !admit(connection, caller).await?.agency.is_central() {
        return Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may see this").into());
    }
    let place = sought.after.as_deref().map_or(Some((i64::MIN, TargetNo(0))), |text| place(views, text));
    let mut place = place.ok_or_else(|| Refusal::invalid("after", "is no place in the list"))?;
    let members = Members::read(connection, &views.policies).await?;
    let silence_us = hours_us(members.policy.terms.silence_hours);
    let wanted = sought.provider.trim().to_lowercase();
    let (mut entries, mut looked_at) = (Vec::new(), 0);
    loop {
        let rows = with_notice(connection, sought.standing, place, CHUNK).await?;
        let numbers: Vec<_> = rows.iter().map(|(_, number)| *number).collect();
        let states = states(connection, &members, &numbers).await?;
        for row in &rows {
            let full = entries.len() == ENTRIES || looked_at == LOOKED_AT;
            if full {
                let next = Some(format!("{}.{}", place.0, views.target_ids.id(place.1)));
                return Ok(NoticePage { entries, next });
            }
            (place, looked_at) = (*row, looked_at + 1);
            let Some(state) = states.get(&row.1) else { continue };
            let said = said(connection, state.owner(), &state.life).await?;
            let recipient = said.as_ref().map(|said| said.recipient.clone());
            let is_wanted = |name: &String| name.to_lowercase().contains(&wanted);
            if !wanted.is_empty() && !recipient.as_ref().is_some_and(is_wanted) {
                continue;
            }
            entries.push(NoticeEntry {
                target: views.target_ids.id(row.1).to_string(),
                owner: members.id(state.owner()),
                round: state.target.round,
                kind: kind(&state.life),
                sent: state.life.thread.len(),
                since_us: since_us(&state.life, row.0),
                due_us: due_us(sought.standing, row.0, silence_us),
                recipient,
                channel: said.map(|said| said.channel).unwrap_or_default(),
            });
        }
        if i64::try_from(rows.len()).is_ok_and(|read| read < CHUNK) {
            return Ok(NoticePage { entries, next: None });
        }
    }
}

fn place(views: &Views, text: &str) -> Option<(i64, TargetNo)> {
    let (us, id) = text.split_once('.')?;
    Some((us.parse().ok()?, views.target_ids.number(id.parse::<TargetId>().ok()?)?))
}

fn kind(life: &Life) -> NoticeKind {
    let last = life.thread.last().map(|notice| notice.kind);
    life.intent().map(|intent| intent.kind).or(last).unwrap_or(NoticeKind::First)
}

fn since_us(life: &Life, place_us: i64) -> i64 {
    life.intent().map_or(place_us, |intent| intent.since_us)
}

fn due_us(standing: NoticeStanding, place_us: i64, silence_us: i64) -> Option<i64> {
    match standing {
        NoticeStanding::UnderWay | NoticeStanding::Failed | NoticeStanding::InDoubt => Some(place_us),
        NoticeStanding::Silent => Some(place_us.saturating_add(silence_us)),
        NoticeStanding::Answered => None,
    }
}

/// What was said when the newest notice was intended; none: it is redacted, or left without an intent that is known here.
async fn said(
    connection: &mut Connection,
    owner: AgencyNo,
    life: &Life,
) -> Result<Option<Intend>, StoreError> {
    let by_intent = match &life.takedown {
        Takedown::UnderWay(intent) | Takedown::Unresolved(intent, _) => {
            Some((owner, CommandId::from_u128(intent.id.0)))
        }
        _ => None,
    };
    let (agency, intent) = match (by_intent, life.thread.last()) {
        (Some(known), _) => known,
        (None, None) => return Ok(None),
        (None, Some(notice)) => match decision(connection, notice.leaf).await? {
            Some((agency, Decision::ReportSent(sent))) => match sent.intent_id.parse() {
                Ok(id) => (agency, id),
                Err(_) => return Ok(None),
            },
            Some((agency, Decision::ResolveIntent(resolved))) => match resolved.intent_id.parse() {
                Ok(id) => (agency, id),
                Err(_) => return Ok(None),
            },
            // It left without an intent: whoever recorded it said to whom.
            Some((_, Decision::ReportIncident(incident))) => {
                return Ok(Some(Intend { recipient: incident.recipient, ..Intend::default() }));
            }
            _ => return Ok(None),
        },
    };
    let intended = CommandRow::by_id(connection, agency, intent).await?;
    // A decision that was refused as a whole made no leaf.
    let Some(intended) = intended.filter(|known| known.leaf_count > 0) else { return Ok(None) };
    Ok(match decision(connection, intended.first_leaf).await? {
        Some((_, Decision::Intend(said))) => Some(said),
        _ => None,
    })
}

/// The decision that a leaf recorded, and whose it is; none: it is redacted, or no decision.
async fn decision(
    connection: &mut Connection,
    leaf: i64,
) -> Result<Option<(AgencyNo, Decision)>, StoreError> {
    let event = EventRow::range(connection, leaf, 1).await?.pop();
    let Some(event) = event.filter(|event| event.kind == Kind::Decision) else { return Ok(None) };
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    let request = DecisionStatement::decode(&event.statement).map_err(unreadable)?;
    Ok(request.decision.map(|decision| (event.agency, decision)))
}
