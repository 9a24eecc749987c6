//! Announces an intended notice, or asks for a hold.

use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Kind as LeafKind, Salt, statement_digest},
    limits::NOTE_CHARS,
    node::v1::{AnnounceRequest, AnnounceResponse},
    statement::{AnnouncementStatement, content_digest},
    v1::{
        self, Announcement, AnnouncementKind, AnnouncementState, Refusal, RefusalCode,
        liaison_service_client::LiaisonServiceClient, selector::Selector as Kind,
    },
};
use prost::Message as _;
use tonic::Request;

use super::call::{check_purpose, command, keep, optional};
use crate::{
    desk::{Caller, DeskError},
    liaison::{Token, named, selector},
    node::Node,
    store::{StoreError, Subject, Tx, Write},
    witness::{Promise, WitnessNow},
};

pub(super) async fn announce(
    node: &Node,
    caller: &Caller,
    token: &Token,
    request: AnnounceRequest,
) -> Result<AnnounceResponse, DeskError> {
    let plain = plain(node, &request)?;
    let full = v1::AnnounceRequest {
        announcement_id: node.random.command_id(node.clock.now_us()).to_string(),
        salt: node.random.bytes::<32>().to_vec(),
        ..plain.clone()
    };
    let kept = keep(node, caller, "announce", &plain, &full).await?;
    let message = kept.message.clone();
    let answer = command(node, &kept, async |channel| {
        let mut request = Request::new(message.clone());
        token.put(request.metadata_mut());
        LiaisonServiceClient::new(channel).announce(request).await
    })
    .await?;
    let (id, recorded_at_us) = (kept.message.announcement_id.clone(), answer.recorded_at_us);
    let announcement = Announcement {
        announcement_id: id.clone(),
        recorded_at_us,
        kind: request.kind,
        state: AnnouncementState::Received.into(),
        answer: String::new(),
    };
    let promise = promise(&node.config.agency, token, &kept.message, answer);
    // The hub tells of it as well; until then the list has what was said just now.
    let (command, witness) = (kept.id, node.witness_now());
    node.store.write(Announced { command, announcement, promise, witness }).await?;
    node.changed();
    Ok(AnnounceResponse { announcement_id: id, recorded_at_us })
}

/// What the hub promises by answering: a leaf that this office can write down itself. None: the token does not say in which name the
/// hub records it.
fn promise(
    agency: &AgencyId,
    token: &Token,
    said: &v1::AnnounceRequest,
    answer: v1::AnnounceResponse,
) -> Option<Promise> {
    let (issuer, officer) = named(token)?;
    let command: CommandId = said.announcement_id.parse().ok()?;
    let salt = Salt::from_slice(&said.salt)?;
    let body = v1::AnnounceRequest { salt: Vec::new(), ..said.clone() }.encode_to_vec();
    let mut bytes = Vec::new();
    AnnouncementStatement {
        agency: agency.to_string(),
        announcement: *command.as_bytes(),
        issuer,
        officer,
        purpose: said.purpose.clone().unwrap_or_default(),
        kind: said.kind(),
        state: AnnouncementState::Received,
        content: content_digest(&salt, &body),
    }
    .encode(&mut bytes);
    Some(Promise {
        subject: Subject::Announcement,
        command,
        kind: LeafKind::Announcement,
        recorded_us: answer.recorded_at_us,
        first_leaf: answer.leaf_index,
        statements: vec![statement_digest(&salt, &bytes)],
        receipt: answer.receipt,
    })
}

/// The message without id and salt.
fn plain(node: &Node, request: &AnnounceRequest) -> Result<v1::AnnounceRequest, DeskError> {
    let purpose = check_purpose(request.purpose.as_ref())?;
    optional("note", &request.note, NOTE_CHARS)?;
    if request.kind() == AnnouncementKind::Unspecified {
        return Err(DeskError::Field(Refusal::missing("kind")));
    }
    let selector = selector(&request.selector).map_err(|error| DeskError::Field(error.refusal()))?;
    if matches!(selector.selector, Some(Kind::ContentHash(_))) {
        let why = "must be a link or a canonical link's id";
        return Err(DeskError::Field(Refusal::at(RefusalCode::FieldInvalid, "selector", why)));
    }
    Ok(v1::AnnounceRequest {
        instance_id: node.store.instance_id().to_string(),
        purpose: Some(purpose),
        kind: request.kind,
        selector: Some(selector),
        at_us: request.at_us,
        note: request.note.clone(),
        ..v1::AnnounceRequest::default()
    })
}

struct Announced {
    command: i64,
    announcement: Announcement,
    promise: Option<Promise>,
    witness: WitnessNow,
}

impl Write for Announced {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let id: CommandId = self
            .announcement
            .announcement_id
            .parse()
            .map_err(|_| StoreError::Damaged("liaison_command.message"))?;
        tx.liaison_command_answered(self.command, self.witness.now_us).await?;
        tx.keep_announcement(id, None, &self.announcement, self.announcement.recorded_at_us).await?;
        let Some(promise) = &self.promise else { return Ok(()) };
        if let Some(receipt) = &promise.receipt {
            tx.keep_announcement_receipt(id, receipt).await?;
        }
        let keys = self.witness.known_keys(tx).await?;
        promise.keep(tx, &keys, self.witness.now_us).await
    }
}
