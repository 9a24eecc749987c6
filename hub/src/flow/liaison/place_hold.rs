//! The central office places the hold that a liaison body asks for, and tells it so: both or neither, and both once.
//!
//! The hold is the ordinary decision ([`Decide`]). Its id follows from the announcement, so that who does not know what became of
//! it may give the command again: the same hold is answered as it was, and no second one can come of it.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::Salt,
    v1::{
        AnnounceRequest, AnnouncementKind, AnnouncementState, DecideRequest, Decided, Refusal, RefusalCode,
        TargetAnswer,
    },
};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::{AnswerAnnouncement, Wanted, look::look};
use crate::{
    flow::{Command, Decide, Failure, Lane, Policies, StatementKeys, Verdict, salt_of},
    store::{AnnouncementRow, TargetIds, Tx},
};

/// What the liaison body is told.
const PLACED: &str = "the hold is placed";

/// What it is told where a notice had been begun before: that one may leave.
const PLACED_LATE: &str = "the hold is placed; a notice was under way before, and is not held back by it";

/// What is told where the body may know of no referral of the link: placed or not, nothing else is said of such a link, which
/// may be hidden from it as well as unknown.
pub const SEEN_TO: &str = "the central office has seen to it";

/// Before what the id of an announcement's hold is made of.
const HOLD: &[u8] = b"meldeverbund hold for announcement v1\0";

/// Before what the id of the answer to it is made of.
const ANSWER: &[u8] = b"meldeverbund answer with a hold v1\0";

/// The hold that an announcement asks for, ready to be placed.
#[derive(Debug)]
pub struct PlaceAskedHold {
    caller: AgencyId,
    wanted: Wanted,
    request: DecideRequest,
    decide: Decide,
    target_ids: TargetIds,
    answer: AnswerAnnouncement,
}

/// The hold, and what the liaison body is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedHold {
    /// What was decided.
    pub decided: Decided,
    /// The leaf of the answer to the announcement.
    pub answer_leaf: i64,
}

impl Verdict for AskedHold {}

impl PlaceAskedHold {
    /// The id of the hold that an announcement asks for: the same each time, and of no use to whoever made the announcement's.
    pub fn id(announcement: &AnnouncementRow) -> CommandId {
        id(HOLD, announcement)
    }

    /// Reads the decision, whose id must be [`PlaceAskedHold::id`]; `salt` is that of the answer's leaf.
    ///
    /// # Errors
    /// The field for which the decision is refused, or that the announcement asks for no hold.
    pub fn parse(
        caller: AgencyId,
        announcement: &AnnouncementRow,
        request: DecideRequest,
        target_ids: TargetIds,
        salt: Salt,
    ) -> Result<Self, Refusal> {
        if request.command_id != Self::id(announcement).to_string() {
            return Err(Refusal::invalid("command_id", "must be the one of the announcement's hold"));
        }
        let asked = AnnounceRequest::decode(&announcement.body[..]).unwrap_or_default();
        if asked.kind() != AnnouncementKind::HoldAsked {
            let reason = "this announcement is of a notice and asks for no hold; answer it in words";
            return Err(Refusal::of(RefusalCode::NothingToDo, reason));
        }
        let decide = read(caller.clone(), request.clone(), &target_ids)?;
        // Whether the hold comes late is known once it is placed.
        let (state, words, officer) = (AnnouncementState::Done, PLACED.to_owned(), request.officer.clone());
        let id = id(ANSWER, announcement);
        let answer = AnswerAnnouncement { announcement: announcement.leaf, state, words, officer, id, salt };
        let wanted = Wanted::read(&asked.selector.unwrap_or_default(), 0);
        Ok(Self { caller, wanted, request, decide, target_ids, answer })
    }

    /// The hold as it was placed before, if the announcement was answered with it.
    async fn again(
        &self,
        tx: &mut Tx<'_>,
        central: AgencyNo,
        answered: Refusal,
    ) -> Result<AskedHold, Failure> {
        if tx.command(central, self.decide.id()).await?.is_none() {
            return Err(answered.into());
        }
        // The statement's salt is made anew each time; under that of then the same words have the same digest.
        let salt = salt_of(tx.reading(), &self.caller, self.decide.id()).await?;
        let salt = salt.map_or_else(|| self.request.salt.clone(), |salt| salt.as_bytes().to_vec());
        let request = DecideRequest { salt, signature: None, ..self.request.clone() };
        let decided = read(self.caller.clone(), request, &self.target_ids)?.run(tx).await?;
        let answer_leaf = decided.leaf_index.cast_signed() + 1;
        Ok(AskedHold { decided, answer_leaf })
    }

    /// Whether the body would be answered a hit if it asked now.
    async fn is_reportable(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let next_target = tx.next_target();
        let sightings = look(tx.reading(), std::slice::from_ref(&self.wanted), i64::MAX, next_target).await?;
        Ok(sightings.iter().flatten().any(|sighting| sighting.reportable().is_some()))
    }
}

impl Command for PlaceAskedHold {
    type Verdict = AskedHold;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<AskedHold, Failure> {
        let answering = self.answer.read(tx).await?;
        if let Err(answered) = answering.waits() {
            return self.again(tx, answering.central, answered).await;
        }
        // As if, first: what is refused leaves nothing behind, and may be asked for in another way.
        let as_if = self.decide.take(tx, true).await?;
        if let Some(refusal) = as_if.answers.iter().find_map(|answer: &TargetAnswer| answer.refusal.clone()) {
            return Err(refusal.into());
        }
        let decided = self.decide.take(tx, false).await?;
        let is_late = decided.answers.iter().any(|answer| answer.under_way_since_us != 0);
        let words = match (self.is_reportable(tx).await?, is_late) {
            (false, _) => SEEN_TO,
            (true, false) => PLACED,
            (true, true) => PLACED_LATE,
        };
        let answer = AnswerAnnouncement { words: words.to_owned(), ..self.answer.clone() };
        let answer_leaf = answer.record(tx, &answering).await?;
        Ok(AskedHold { decided, answer_leaf })
    }
}

fn id(tag: &[u8], announcement: &AnnouncementRow) -> CommandId {
    let digest = Sha256::new()
        .chain_update(tag)
        .chain_update(announcement.leaf.to_be_bytes())
        .chain_update(announcement.id.as_bytes())
        .finalize();
    let millis = (announcement.recorded_at_us / 1_000).unsigned_abs();
    let mut rest = [0; 10];
    rest.copy_from_slice(&digest[..10]);
    CommandId::from_bytes(*uuid::Builder::from_unix_timestamp_millis(millis, &rest).as_uuid().as_bytes())
}

fn read(caller: AgencyId, request: DecideRequest, target_ids: &TargetIds) -> Result<Decide, Refusal> {
    if request.target_ids.len() != 1 || request.dry_run {
        return Err(Refusal::of(RefusalCode::FieldInvalid, "a hold that is asked for is one, on one target"));
    }
    Decide::parse(caller, request, &StatementKeys::default(), target_ids.clone(), Policies::default())
}
