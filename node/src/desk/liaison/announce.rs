//! Announces an intended notice, or asks for a hold.

use meldeverbund_proto::{
    CommandId,
    limits::NOTE_CHARS,
    node::v1::{AnnounceRequest, AnnounceResponse},
    v1::{
        self, Announcement, AnnouncementKind, AnnouncementState, Refusal, RefusalCode,
        liaison_service_client::LiaisonServiceClient, selector::Selector as Kind,
    },
};
use tonic::Request;

use super::call::{check_purpose, command, keep, optional};
use crate::{
    desk::{Caller, DeskError},
    liaison::{Token, selector},
    node::Node,
    store::{StoreError, Tx, Write},
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
    let id = kept.message.announcement_id.clone();
    let announcement = Announcement {
        announcement_id: id.clone(),
        recorded_at_us: answer.recorded_at_us,
        kind: request.kind,
        state: AnnouncementState::Received.into(),
        answer: String::new(),
    };
    // The hub tells of it as well; until then the list has what was said just now.
    node.store.write(Announced { announcement }).await?;
    node.changed();
    Ok(AnnounceResponse { announcement_id: id, recorded_at_us: answer.recorded_at_us })
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
    announcement: Announcement,
}

impl Write for Announced {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let id: CommandId = self
            .announcement
            .announcement_id
            .parse()
            .map_err(|_| StoreError::Damaged("liaison_command.message"))?;
        tx.keep_announcement(id, None, &self.announcement, self.announcement.recorded_at_us).await
    }
}
