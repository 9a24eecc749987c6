//! Applies events of the feed; what cannot be applied is set aside and shown, never skipped.

use std::collections::HashMap;

use meldeverbund_proto::{
    CanonicalLink, CommandId, InstanceId, TargetId,
    node::v1::{ChangedTargets, ElsewhereReferrals, JoinedTargets, watch_response::What},
    v1::{
        AgencyCard, CaseClosed, CaseOpened, CaseState, DueKind, FollowResponse, MergedTarget, OwnerBasis,
        RecordedReferral, ReferralsRecorded, Role, Stage, TargetView, TargetsChanged, TargetsJoined,
        follow_response::Event,
    },
};
use prost::Message as _;

use super::{
    answer::{parse_answers, with_owners},
    liaison,
};
use crate::{
    desk::{case_row, parked_event},
    store::{
        Answered, AtHub, LinkKey, NewReferral, NewSubmission, Parked, StoreError, Told, ToldView, Tx, Write,
    },
};

/// The ledger's first epoch; hubs and cursors that say none are in it.
const FIRST_EPOCH: u32 = 1;

/// Applies events in their order.
#[derive(Debug)]
pub(super) struct ApplyEvents {
    pub(super) events: Vec<FollowResponse>,
    pub(super) own_instance: InstanceId,
    pub(super) now_us: i64,
}

/// What became of them.
pub(super) struct Applied {
    /// What happened, for watchers.
    pub(super) happenings: Vec<What>,
    /// An event is missing before one of them; it and those behind it were not applied.
    pub(super) gap: bool,
}

/// Why one event was not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotApplied {
    /// The event does not fit what this node has; it is set aside.
    #[error("{0}")]
    Unfit(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Write for ApplyEvents {
    type Out = Applied;

    async fn run(&self, tx: &mut Tx) -> Result<Applied, StoreError> {
        let (mut epoch, mut cursor) = tx.feed_place().await?;
        let mut happenings = Vec::new();
        for event in &self.events {
            let moved = if event.epoch > epoch.max(FIRST_EPOCH) {
                epoch = event.epoch;
                tx.feed_goes_on(event.epoch, event.sequence).await?
            } else if event.sequence <= cursor {
                continue;
            } else {
                tx.advance_feed(event.sequence).await?
            };
            if !moved {
                return Ok(Applied { happenings, gap: true });
            }
            cursor = event.sequence;
            tx.savepoint().await?;
            match apply_event(tx, event, self.own_instance).await {
                Ok(happening) => {
                    tx.release().await?;
                    happenings.extend(happening);
                }
                Err(NotApplied::Store(error)) => return Err(error),
                Err(NotApplied::Unfit(reason)) => {
                    tx.undo().await?;
                    happenings.push(What::Parked(parked_event(self.park(tx, event, reason).await?)));
                }
            }
        }
        Ok(Applied { happenings, gap: false })
    }
}

/// Applies one event.
pub(super) async fn apply_event(
    tx: &mut Tx,
    event: &FollowResponse,
    own_instance: InstanceId,
) -> Result<Option<What>, NotApplied> {
    match &event.event {
        None => Err(NotApplied::Unfit("an event of a kind that this version does not know")),
        Some(Event::LiaisonAsked(asked)) => liaison::liaison_asked(tx, asked).await,
        Some(Event::DisclosureChanged(changed)) => {
            liaison::disclosure_changed(tx, changed, event.recorded_at_us).await
        }
        Some(Event::AnnouncementChanged(changed)) => {
            liaison::announcement_changed(tx, changed, event.recorded_at_us).await
        }
        Some(Event::CaseOpened(opened)) => case_opened(tx, opened, event.recorded_at_us).await,
        Some(Event::CaseClosed(closed)) => case_closed(tx, closed).await,
        Some(Event::ReferralsRecorded(recorded)) => {
            recorded_elsewhere(tx, recorded, own_instance, event.recorded_at_us).await
        }
        Some(Event::TargetsChanged(changed)) => targets_changed(tx, changed, event.recorded_at_us).await,
        Some(Event::TargetsJoined(joined)) => targets_joined(tx, joined, event.recorded_at_us).await,
        Some(Event::Redacted(_)) => Ok(None),
    }
}

impl ApplyEvents {
    async fn park(&self, tx: &mut Tx, event: &FollowResponse, reason: &str) -> Result<Parked, StoreError> {
        tracing::warn!(sequence = event.sequence, reason, "sync.event_parked");
        let parked = Parked { sequence: event.sequence, reason: reason.to_owned(), parked_us: self.now_us };
        tx.park(&parked).await?;
        Ok(parked)
    }
}

async fn case_opened(tx: &mut Tx, opened: &CaseOpened, recorded_us: i64) -> Result<Option<What>, NotApplied> {
    let case = opened.case.as_ref().ok_or(NotApplied::Unfit("a case without its fields"))?;
    match tx.case_by_number(&case.number).await? {
        // Opened here: the answer to the command says the rest.
        Some(found) if found.at_hub == AtHub::Open => Ok(None),
        Some(found) => {
            tx.set_case_at_hub(found.id, AtHub::Open).await?;
            Ok(None)
        }
        None => {
            let id = tx.put_case(case, AtHub::Open, recorded_us, "").await?;
            Ok(Some(What::Case(case_row(tx.case_by_id(id).await?, tx.case_sums(id).await?))))
        }
    }
}

async fn case_closed(tx: &mut Tx, closed: &CaseClosed) -> Result<Option<What>, NotApplied> {
    let found =
        tx.case_by_number(&closed.number).await?.ok_or(NotApplied::Unfit("a case that is not known here"))?;
    tx.set_case_state(found.id, CaseState::Closed).await?;
    tx.set_case_at_hub(found.id, AtHub::Closed).await?;
    Ok(Some(What::Case(case_row(tx.case_by_id(found.id).await?, tx.case_sums(found.id).await?))))
}

/// Referrals of another node of this agency come with their answers; those of this node are here already.
async fn recorded_elsewhere(
    tx: &mut Tx,
    recorded: &ReferralsRecorded,
    own_instance: InstanceId,
    recorded_us: i64,
) -> Result<Option<What>, NotApplied> {
    let id: CommandId =
        recorded.submission_id.parse().map_err(|_| NotApplied::Unfit("a submission without an id"))?;
    let known = tx.has_submission(id).await?;
    if recorded.instance_id == own_instance.to_string() {
        let lost =
            "a submission of this node that its store does not have: it was restored from an older copy";
        return if known { Ok(None) } else { Err(NotApplied::Unfit(lost)) };
    }
    if known || recorded.referrals.is_empty() {
        return Ok(None);
    }
    let case = tx.case_by_number(&recorded.case_number).await?;
    let case = case.ok_or(NotApplied::Unfit("a case that is not known here"))?;
    let mut referrals = Vec::with_capacity(recorded.referrals.len());
    let mut answers = Vec::with_capacity(recorded.referrals.len());
    for RecordedReferral { referral, answer } in &recorded.referrals {
        let referral =
            referral.as_ref().ok_or(NotApplied::Unfit("a recorded referral without its fields"))?;
        let link = CanonicalLink::parse(&referral.link)
            .map_err(|_| NotApplied::Unfit("a link that is none here"))?;
        let place = referrals.len() as u64 + 1;
        referrals.push(NewReferral {
            row: place,
            line: place,
            link_key: LinkKey::of(link.id()),
            host: link.host().to_owned(),
            message: referral.encode_to_vec(),
        });
        answers.push(answer.clone().ok_or(NotApplied::Unfit("a recorded referral without its answer"))?);
    }
    let owners: Vec<AgencyCard> = owners(&answers);
    let parsed = parse_answers(answers, &owners).map_err(NotApplied::Unfit)?;
    let submission = NewSubmission {
        submission_id: id,
        case_file: case.id,
        hand_in: None,
        composed_us: recorded_us,
        urgent: false,
        referrals: &referrals,
    };
    let submission = tx.put_submission(&submission).await?;
    let answers = with_owners(tx, &owners, &parsed).await?;
    tx.apply_answers(&Answered { submission, answers, recorded_us }).await?;
    let elsewhere = ElsewhereReferrals {
        case_number: recorded.case_number.clone(),
        referrals: recorded.referrals.len() as u64,
    };
    Ok(Some(What::Elsewhere(elsewhere)))
}

/// The owners by id alone: the feed does not repeat their names.
fn owners(answers: &[meldeverbund_proto::v1::ReferralAnswer]) -> Vec<AgencyCard> {
    let mut ids: Vec<&str> = answers.iter().map(|answer| answer.owner_agency_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| AgencyCard { agency_id: id.to_owned(), ..AgencyCard::default() }).collect()
}

/// Targets as they are now, decided on by whomever, this node included.
pub(super) async fn targets_changed(
    tx: &mut Tx,
    changed: &TargetsChanged,
    recorded_us: i64,
) -> Result<Option<What>, NotApplied> {
    let mut owners = HashMap::new();
    for card in &changed.agencies {
        owners.insert(card.agency_id.as_str(), tx.keep_agency(card).await?);
    }
    let mut views = Vec::with_capacity(changed.targets.len());
    for view in &changed.targets {
        let id = view.owner_agency_id.as_str();
        let owner = match owners.get(id) {
            Some(row) => Some(*row),
            None if id.is_empty() => None,
            None => {
                let card = AgencyCard { agency_id: id.to_owned(), ..AgencyCard::default() };
                let row = tx.keep_agency(&card).await?;
                owners.insert(id, row);
                Some(row)
            }
        };
        views.push(told(view, owner).map_err(NotApplied::Unfit)?);
    }
    let gone = ids(&changed.gone_target_ids)?;
    let mut names = Vec::with_capacity(changed.merged.len());
    for MergedTarget { target_id, into_target_id } in &changed.merged {
        names.push((id(target_id)?, id(into_target_id)?));
    }
    tx.keep_told(Told { views, names, gone }, recorded_us).await?;
    Ok(Some(What::Changed(ChangedTargets {
        what: changed.what.clone(),
        agency_id: changed.agency_id.clone(),
        target_ids: changed.targets.iter().map(|view| view.target_id.clone()).collect(),
    })))
}

fn ids(texts: &[String]) -> Result<Vec<TargetId>, NotApplied> {
    texts.iter().map(|text| id(text)).collect()
}

fn id(text: &str) -> Result<TargetId, NotApplied> {
    text.parse().map_err(|_| NotApplied::Unfit("a target's id that is none"))
}

/// A view that this version understands as a whole; half of one would mislead.
fn told(view: &TargetView, owner: Option<i64>) -> Result<ToldView, &'static str> {
    let known = Stage::try_from(view.stage).is_ok_and(|stage| stage != Stage::Unspecified)
        && Role::try_from(view.role).is_ok()
        && OwnerBasis::try_from(view.owner_basis).is_ok()
        && view.due.iter().all(|due| DueKind::try_from(due.kind).is_ok());
    if !known {
        return Err("a target in a state that this version does not know");
    }
    let intent = view.intent.as_ref().map(|intent| intent.intent_id.parse());
    Ok(ToldView {
        target_id: view.target_id.parse().map_err(|_| "a target's id that is none")?,
        owner,
        intent: intent.transpose().map_err(|_| "an intent's id that is none")?,
        view: view.clone(),
    })
}

async fn targets_joined(
    tx: &mut Tx,
    joined: &TargetsJoined,
    recorded_us: i64,
) -> Result<Option<What>, NotApplied> {
    let agency = joined.agency.as_ref().ok_or(NotApplied::Unfit("a join without its agency"))?;
    let ids = ids(&joined.target_ids)?;
    let row = tx.keep_agency(agency).await?;
    tx.keep_joined(row, &ids, recorded_us).await?;
    Ok(Some(What::Joined(JoinedTargets {
        agency: Some(agency.clone()),
        target_ids: joined.target_ids.clone(),
    })))
}
