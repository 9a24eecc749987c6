//! Reads an agency's feed: rows of the store become events of the wire.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo};
use meldeverbund_proto::{
    CommandId, InstanceId,
    limits::REFERRALS_PER_SUBMISSION,
    statement::{CaseClosedStatement, CaseOpenedStatement, ReferralDecision, ReferralStatement},
    v1::{
        CaseClosed, CaseOpened, FollowResponse, RecordedReferral, Redacted, ReferralsRecorded, TargetsJoined,
        follow_response::Event,
    },
};

use super::{
    liaison::{announced, disclosure_changed, liaison_asked},
    submit::{answer, owner},
    views::Views,
};
use crate::store::{AgencyRow, Connection, EventRow, FeedKind, FeedRow, Head, StoreError, TargetIds};

/// Feed rows that are read at once.
pub const FEED_PAGE: i64 = 8;

/// Referrals in one page, unless a single row has more: a page is never larger than the largest submission, however
/// many followers hold one while they wait for slow lines.
const PAGE_REFERRALS: i64 = REFERRALS_PER_SUBMISSION as i64;

/// The events after a cursor, at most [`FEED_PAGE`]; none only if there are none. What the reading instance handed in
/// itself comes without its referrals: it has them.
///
/// # Errors
/// If the engine fails, or a stored value is none that this version knows.
pub async fn read_feed(
    connection: &mut Connection,
    views: &Views,
    agency: AgencyNo,
    instance: InstanceId,
    after: i64,
) -> Result<Vec<FollowResponse>, StoreError> {
    let target_ids = &views.target_ids;
    let epoch = Head::read(connection).await?.epoch;
    let rows = FeedRow::after(connection, agency, after, FEED_PAGE).await?;
    let mut events = Vec::with_capacity(rows.len());
    let mut referrals = 0;
    for row in rows {
        // A row of decisions has 8 bytes for each of its targets.
        referrals += row.leaf_count.max(i64::try_from(row.body.len() / 8).unwrap_or(i64::MAX));
        if referrals > PAGE_REFERRALS && !events.is_empty() {
            break;
        }
        let event = match row.kind {
            FeedKind::CaseOpened => case_opened(connection, &row).await?,
            FeedKind::CaseClosed => case_closed(connection, &row).await?,
            FeedKind::ReferralsRecorded => recorded(connection, views, agency, instance, &row).await?,
            FeedKind::TargetsJoined => joined(connection, target_ids, &row).await?,
            FeedKind::TargetsChanged => {
                Event::TargetsChanged(views.changed(connection, agency, &row.body).await?)
            }
            FeedKind::LiaisonAsked => {
                liaison_asked(connection, target_ids, &row).await?.unwrap_or_else(|| redacted(&row))
            }
            FeedKind::DisclosureChanged => disclosure_changed(connection, target_ids, agency, &row)
                .await?
                .unwrap_or_else(|| redacted(&row)),
            FeedKind::AnnouncementChanged => {
                announced(connection, &row).await?.unwrap_or_else(|| redacted(&row))
            }
        };
        let sequence = row.sequence.cast_unsigned();
        events.push(FollowResponse {
            sequence,
            recorded_at_us: row.recorded_at_us,
            event: Some(event),
            epoch,
        });
    }
    Ok(events)
}

const BODY: StoreError = StoreError::Value { column: "feed.body" };
const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
const DECISION: StoreError = StoreError::Value { column: "event.decision" };

async fn case_opened(connection: &mut Connection, row: &FeedRow) -> Result<Event, StoreError> {
    let Some(event) = EventRow::range(connection, row.first_leaf, 1).await?.pop() else {
        return Ok(redacted(row));
    };
    let case = CaseOpenedStatement::decode(&event.statement).map_err(|_| STATEMENT)?;
    Ok(Event::CaseOpened(CaseOpened { case: Some(case) }))
}

async fn case_closed(connection: &mut Connection, row: &FeedRow) -> Result<Event, StoreError> {
    let Some(event) = EventRow::range(connection, row.first_leaf, 1).await?.pop() else {
        return Ok(redacted(row));
    };
    let (number, _) = CaseClosedStatement::decode(&event.statement).map_err(|_| STATEMENT)?;
    Ok(Event::CaseClosed(CaseClosed { number }))
}

async fn recorded(
    connection: &mut Connection,
    views: &Views,
    agency: AgencyNo,
    reader: InstanceId,
    row: &FeedRow,
) -> Result<Event, StoreError> {
    let target_ids = &views.target_ids;
    let (submission, rest) = row.body.split_first_chunk::<16>().ok_or(BODY)?;
    let (instance, case) = rest.split_first_chunk::<16>().ok_or(BODY)?;
    let instance = InstanceId::from_bytes(*instance);
    let case = CaseNo(i64::from_be_bytes(case.try_into().map_err(|_| BODY)?));
    let submission_id = CommandId::from_bytes(*submission).to_string();
    let case_number = crate::store::case_number(connection, case).await?;
    let (mut referrals, mut gone) = (Vec::new(), 0);
    if instance != reader {
        let agencies = AgencyRow::all(connection).await?;
        let events = EventRow::range(connection, row.first_leaf, row.leaf_count).await?;
        // Without its number the case is none that a reader could find.
        if events.is_empty() && row.leaf_count > 0 || case_number.is_none() {
            return Ok(redacted(row));
        }
        gone = row.leaf_count - i64::try_from(events.len()).unwrap_or(i64::MAX);
        let decisions = events.iter().map(|event| ReferralDecision::decode(&event.decision));
        let decisions = decisions.collect::<Result<Vec<_>, _>>().map_err(|_| DECISION)?;
        let numbers: Vec<_> =
            decisions.iter().filter_map(|decision| target_ids.number(decision.target)).collect();
        let (now, names) = crate::store::resolved(connection, &numbers).await?;
        let targets = crate::store::targets_by_number(connection, now).await?;
        let targets: HashMap<_, _> = targets.into_iter().map(|target| (target.no, target)).collect();
        let links = decisions.iter().map(|decision| decision.link);
        let own = crate::store::targets_by_link(connection, links).await?;
        let own: HashMap<_, _> = own.into_iter().map(|(link, own, target)| (link, (own, target))).collect();
        let target = |decision: &ReferralDecision| match own.get(&decision.link) {
            Some((own, target)) => Some((*own, target)),
            // A link that went when its retention ended is none that anything could be parted from.
            None => {
                let number = target_ids.number(decision.target)?;
                let target = targets.get(names.get(&number).unwrap_or(&number))?;
                Some((target.no, target))
            }
        };
        let numbers: Vec<_> =
            own.values().map(|(_, target)| target.no).chain(targets.keys().copied()).collect();
        let roles = views.roles(connection, agency, &numbers).await?;
        for (event, decision) in events.iter().zip(decisions) {
            let (_, referral) =
                ReferralStatement::decode(&event.statement, &event.salt).map_err(|_| STATEMENT)?;
            let (own, target) = target(&decision).ok_or(DECISION)?;
            let owner = &owner(&agencies, target)?.agency.id;
            let role = roles.get(&target.no).copied().unwrap_or_default();
            let answer = answer(decision.verdict, target, (own, decision.link), owner, role, target_ids);
            referrals.push(RecordedReferral { referral: Some(referral), answer: Some(answer) });
        }
    }
    let instance_id = instance.to_string();
    let (case_number, redacted) = (case_number.unwrap_or_default(), u32::try_from(gone).unwrap_or(u32::MAX));
    Ok(Event::ReferralsRecorded(ReferralsRecorded {
        submission_id,
        instance_id,
        case_number,
        referrals,
        redacted,
    }))
}

fn redacted(row: &FeedRow) -> Event {
    let (first_leaf_index, leaf_count) = (row.first_leaf.cast_unsigned(), row.leaf_count.cast_unsigned());
    Event::Redacted(Redacted { first_leaf_index, leaf_count })
}

async fn joined(
    connection: &mut Connection,
    target_ids: &TargetIds,
    row: &FeedRow,
) -> Result<Event, StoreError> {
    let numbers = row
        .body
        .chunks_exact(8)
        .map(|chunk| i64::from_be_bytes(chunk.try_into().expect("a chunk of exactly 8 bytes")));
    let numbers: Vec<i64> = numbers.collect();
    let (joiner, numbers) = numbers.split_first().ok_or(BODY)?;
    let joiner = AgencyNo(*joiner);
    let numbers: Vec<_> = numbers.iter().copied().map(TargetNo).collect();
    let (numbers, _) = crate::store::resolved(connection, &numbers).await?;
    let target_ids = numbers.into_iter().map(|number| target_ids.id(number).to_string()).collect();
    let agencies = AgencyRow::all(connection).await?;
    let agency = agencies.into_iter().find(|row| row.agency.no == joiner).ok_or(BODY)?.card;
    Ok(Event::TargetsJoined(TargetsJoined { agency: Some(agency), target_ids }))
}
