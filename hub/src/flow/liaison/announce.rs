//! A liaison body announces a notice of its own, or asks for a hold. It is recorded and told to the central office in the same way
//! whether the hub knows the link or not.

use meldeverbund_domain::{AgencyNo, liaison::Settings};
use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Digest, Kind, Salt, statement_digest},
    limits::{NOTE_CHARS, REFERENCE_CHARS},
    merkle::Span,
    statement::{AnnouncementStatement, content_digest},
    text,
    v1::{
        AnnounceRequest, AnnounceResponse, AnnouncementKind, AnnouncementState, Purpose, Receipt, Refusal,
        RefusalCode,
    },
};
use prost::Message as _;

use super::{
    Officer, Wanted,
    question::{RECORDED, one_leaf, read_ids, read_purpose},
};
use crate::{
    flow::{
        Command, Failure, Lane, Verdict,
        admit::{caller, central},
        once::{append_one, replay, said},
    },
    store::{AnnouncementRow, FeedKind, NewCommand, NewFeedRow, StoreError, Tx},
};

/// An announcement, ready to be recorded.
#[derive(Debug)]
pub struct Announce {
    caller: AgencyId,
    officer: Officer,
    id: CommandId,
    salt: Salt,
    purpose: Purpose,
    kind: AnnouncementKind,
    body: Vec<u8>,
    content: Digest,
}

impl Announce {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(
        caller: AgencyId,
        officer: Officer,
        request: AnnounceRequest,
        settings: &Settings,
    ) -> Result<Self, Refusal> {
        let (id, salt) =
            read_ids("announcement_id", &request.announcement_id, &request.salt, &request.instance_id)?;
        let purpose = read_purpose(request.purpose.clone(), settings)?;
        let kind = match AnnouncementKind::try_from(request.kind) {
            Ok(AnnouncementKind::Unspecified) => return Err(Refusal::missing("kind")),
            Ok(kind) => kind,
            Err(_) => return Err(Refusal::invalid("kind", "is not a value that this version knows")),
        };
        let selector = request.selector.as_ref().ok_or_else(|| Refusal::missing("selector"))?;
        match Wanted::read(selector, 0) {
            Wanted::Link(_) => {}
            Wanted::Content(_) => {
                return Err(Refusal::invalid("selector", "must be a link or the id of a canonical link"));
            }
            Wanted::Refused(refusal) => {
                let field = refusal.field.replacen("selectors[0]", "selector", 1);
                return Err(Refusal { field, ..refusal });
            }
        }
        if request.at_us < 0 {
            return Err(Refusal::invalid("at_us", "lies before 1970"));
        }
        text::check(&request.note, NOTE_CHARS).map_err(|error| error.at("note"))?;
        let body = AnnounceRequest { salt: Vec::new(), ..request }.encode_to_vec();
        let content = content_digest(&salt, &body);
        Ok(Self { caller, officer, id, salt, purpose, kind, body, content })
    }
}

impl Command for Announce {
    type Verdict = AnnounceResponse;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<AnnounceResponse, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_ask()?;
        let mut statement = Vec::new();
        AnnouncementStatement {
            agency: self.caller.to_string(),
            announcement: *self.id.as_bytes(),
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            kind: self.kind,
            state: AnnouncementState::Received,
            content: self.content,
        }
        .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        let response = |leaf: i64, recorded_at_us| AnnounceResponse {
            recorded_at_us,
            leaf_index: leaf.cast_unsigned(),
            receipt: None,
        };
        if let Some(known) = replay(tx, agency.no, self.id, &digest).await? {
            return Ok(response(known.first_leaf, known.recorded_at_us));
        }
        let leaf = append_one(tx, Kind::Announcement, agency.no, self.salt, &statement).await?;
        tx.add_announcement(&AnnouncementRow {
            leaf,
            agency: agency.no,
            id: self.id,
            recorded_at_us: tx.now_us(),
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            state: AnnouncementState::Received,
            body: self.body.clone(),
            answer: String::new(),
            answered_by: String::new(),
            answered_at_us: 0,
        })
        .await?;
        for row in tx.agencies().await?.iter().filter(|row| row.agency.is_central()) {
            let (agency, kind, body) = (row.agency.no, FeedKind::AnnouncementChanged, Vec::new());
            tx.tell(NewFeedRow { agency, kind, first_leaf: leaf, leaf_count: 1, body }).await?;
        }
        let (agency, id, verdict) = (agency.no, self.id, RECORDED.to_vec());
        tx.remember(NewCommand { agency, id, digest, first_leaf: leaf, leaf_count: 1, verdict }).await?;
        Ok(response(leaf, tx.now_us()))
    }
}

/// The central office answers an announcement.
#[derive(Debug, Clone)]
pub struct AnswerAnnouncement {
    /// Its leaf.
    pub announcement: i64,
    /// Done or declined.
    pub state: AnnouncementState,
    /// In which words.
    pub words: String,
    /// The person, as the central office names them.
    pub officer: String,
    /// The command's id.
    pub id: CommandId,
    /// The salt of its leaf.
    pub salt: Salt,
}

impl Command for AnswerAnnouncement {
    /// Its leaf.
    type Verdict = i64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Failure> {
        let answering = self.read(tx).await?;
        if let Some(known) = replay(tx, answering.central, self.id, &answering.digest).await? {
            return Ok(known.first_leaf);
        }
        answering.waits()?;
        Ok(self.record(tx, &answering).await?)
    }
}

/// An announcement, and what the central office says to it.
pub(super) struct Answering {
    pub(super) central: AgencyNo,
    row: AnnouncementRow,
    statement: Vec<u8>,
    digest: Digest,
}

impl Answering {
    /// Whether it is still to be answered.
    pub(super) fn waits(&self) -> Result<(), Refusal> {
        if self.row.answered_at_us == 0 { Ok(()) } else { Err(nothing_waits()) }
    }
}

fn nothing_waits() -> Refusal {
    Refusal::of(RefusalCode::NothingToDo, "there is no such announcement that waits")
}

impl AnswerAnnouncement {
    /// The announcement, answered or not.
    pub(super) async fn read(&self, tx: &mut Tx<'_>) -> Result<Answering, Failure> {
        said("officer", &self.officer, REFERENCE_CHARS)?;
        text::check(&self.words, NOTE_CHARS).map_err(|error| error.at("answer"))?;
        let central = central(tx, "answers announcements").await?.agency;
        let row = AnnouncementRow::by_leaf(tx.reading(), self.announcement).await?;
        let row = row.ok_or_else(nothing_waits)?;
        let mut statement = Vec::new();
        AnnouncementStatement {
            agency: central.id.to_string(),
            announcement: *row.id.as_bytes(),
            issuer: String::new(),
            officer: self.officer.clone(),
            purpose: Purpose::default(),
            kind: AnnouncementKind::Unspecified,
            state: self.state,
            content: content_digest(&self.salt, self.words.as_bytes()),
        }
        .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        Ok(Answering { central: central.no, row, statement, digest })
    }

    /// Writes the answer, and tells both sides. Its leaf.
    pub(super) async fn record(
        &self,
        tx: &mut Tx<'_>,
        Answering { central, row, statement, digest }: &Answering,
    ) -> Result<i64, StoreError> {
        let leaf = append_one(tx, Kind::Announcement, *central, self.salt, statement).await?;
        tx.answer_announcement(row.leaf, self.state, &self.words, &self.officer).await?;
        for agency in [row.agency, *central] {
            let (kind, body) = (FeedKind::AnnouncementChanged, Vec::new());
            tx.tell(NewFeedRow { agency, kind, first_leaf: row.leaf, leaf_count: 1, body }).await?;
        }
        let (agency, id, digest, verdict) = (*central, self.id, *digest, RECORDED.to_vec());
        tx.remember(NewCommand { agency, id, digest, first_leaf: leaf, leaf_count: 1, verdict }).await?;
        Ok(leaf)
    }
}

impl Verdict for AnnounceResponse {
    fn unproven(&self) -> Option<Span> {
        one_leaf(self.leaf_index.cast_signed(), self.receipt.as_ref())
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}
