//! Fetches what is missing of an epoch's set. What is fetched is the same for every asker and says nothing of what is asked.

use std::{io, path::Path};

use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    v1::{
        BlindEpoch, FetchSetRequest, ShowEpochsRequest, ShowEpochsResponse,
        blind_service_client::BlindServiceClient, fetch_set_response::Piece,
    },
};
use tonic::{Request, Status, transport::Channel};

use super::{BlindSet, SetError, SetFiles};
use crate::liaison::Token;

/// Largest filter that is taken: 200 million entries.
const FILTER_BYTES: usize = 540 * 1_024 * 1_024;

/// The set cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The hub or the line said so.
    #[error("the hub does not send the set")]
    Hub(#[from] Box<Status>),
    /// What came is not the set.
    #[error(transparent)]
    Set(#[from] SetError),
    /// It cannot be kept.
    #[error("the set cannot be kept in the data folder")]
    File(#[from] io::Error),
}

/// The epochs that can be asked.
///
/// # Errors
/// The hub's or the line's status.
pub async fn epochs(channel: &Channel, token: &Token) -> Result<ShowEpochsResponse, Box<Status>> {
    let mut request = Request::new(ShowEpochsRequest {});
    token.put(request.metadata_mut());
    let answer = BlindServiceClient::new(channel.clone()).show_epochs(request).await;
    answer.map(tonic::Response::into_inner).map_err(Box::new)
}

/// The set of an epoch as of its newest increment: from the data folder, and from the hub what is missing there.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(
    channel: &Channel,
    token: &Token,
    data_dir: &Path,
    epoch: &BlindEpoch,
) -> Result<BlindSet, FetchError> {
    let files = SetFiles::of(data_dir, epoch.epoch);
    let (at_hand, named) = (files.clone(), epoch.clone());
    // Reading a large filter takes its time, and no other call waits for it.
    let known =
        tokio::task::spawn_blocking(move || at_hand.load(&named)).await.map_err(io::Error::other)??;
    let mut set = match known {
        Some(set) if set.newest_increment() >= epoch.newest_increment => return Ok(set),
        known => known,
    };
    let mut request = Request::new(FetchSetRequest {
        epoch: epoch.epoch,
        without_filter: set.is_some(),
        after_increment: set.as_ref().map_or(0, BlindSet::newest_increment),
    });
    token.put(request.metadata_mut());
    let mut client = BlindServiceClient::new(channel.clone()).max_decoding_message_size(MESSAGE_BYTES);
    let mut pieces = client.fetch_set(request).await.map_err(Box::new)?.into_inner();
    let mut filter = Vec::new();
    while let Some(piece) = pieces.message().await.map_err(Box::new)? {
        match (piece.piece, &mut set) {
            (Some(Piece::Filter(bytes)), None) if filter.len() + bytes.len() <= FILTER_BYTES => {
                filter.extend(bytes);
            }
            (Some(Piece::Increment(increment)), at_hand) => {
                let set = match at_hand {
                    Some(set) => set,
                    None => at_hand.insert(whole(epoch, &files, std::mem::take(&mut filter)).await?),
                };
                set.add(increment.number, &increment.tags)?;
                files.keep_increment(increment.number, &increment.tags)?;
            }
            _ => return Err(SetError::Digest.into()),
        }
    }
    match set {
        Some(set) => Ok(set),
        None => whole(epoch, &files, filter).await,
    }
}

/// A filter that has come as a whole: what the epoch names is kept, anything else is not.
async fn whole(epoch: &BlindEpoch, files: &SetFiles, filter: Vec<u8>) -> Result<BlindSet, FetchError> {
    let (epoch, files) = (epoch.clone(), files.clone());
    let made = tokio::task::spawn_blocking(move || {
        let set = BlindSet::of_filter(&epoch, filter.clone())?;
        files.keep_filter(&filter)?;
        Ok::<_, FetchError>(set)
    });
    made.await.map_err(io::Error::other)?
}
