//! The ledger's files over the connection that is there: GET, bounded in size and time.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use meldeverbund_proto::{
    leaf::LEAF_BYTES,
    note::{NOTE_BYTES, VerifierKey},
    tile::{FULL_WIDTH, Tile, TileKind},
};
use serde::Deserialize;
use tonic::{body::Body, transport::Channel};
use tower::{Service as _, ServiceExt as _};

use super::as_hex;

/// How long one file may take: the largest is smaller than a submission.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most bytes of an event: a decision on 1,000 targets with its statement, in hexadecimal.
const EVENT_BYTES: usize = 8 << 20;

/// Most bytes of an envelope: 1,000 digests of 32 bytes, in base64.
const ENVELOPE_BYTES: usize = 128 << 10;

/// Most bytes of the list of keys: some hundred agencies with some keys each.
const KEYS_BYTES: usize = 4 << 20;

/// A file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The line or the hub failed; it may be tried again.
    #[error("the hub does not hand over {path}: {why}")]
    Line {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// What came is not such a file.
    #[error("{path} is not as the ledger's files are: {why}")]
    Form {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
}

/// The files of the ledger.
#[derive(Debug, Clone)]
pub struct Files(Channel);

/// What a leaf commits to, in hexadecimal where it is bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct Event {
    /// The leaf's index.
    pub index: u64,
    /// Its kind's number.
    pub kind: u16,
    /// Its time.
    pub recorded_at_us: u64,
    /// Who stated it.
    #[serde(default)]
    pub agency: String,
    /// The salt, 32 bytes.
    #[serde(with = "as_hex")]
    pub salt: [u8; 32],
    /// The canonical statement.
    #[serde(with = "as_hex")]
    pub statement: Vec<u8>,
    /// The canonical decision; may be empty.
    #[serde(with = "as_hex")]
    pub decision: Vec<u8>,
}

/// The keys that the hub names. They are hints until leaves say so.
#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    /// Keys of the hub.
    pub hub: Vec<HubKeyEntry>,
}

/// A key of the hub and the leaf that put it in office.
#[derive(Debug, Clone, Deserialize)]
pub struct HubKeyEntry {
    /// The key.
    pub vkey: VerifierKey,
    /// The leaf.
    pub since_leaf: u64,
}

impl Files {
    /// The files of the hub at the other end.
    pub fn new(channel: &Channel) -> Self {
        Self(channel.clone())
    }

    /// The keys that the hub names; none: the hub has no such file.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn keys(&self) -> Result<Option<Keys>, FileError> {
        self.json("/ledger/keys", KEYS_BYTES).await
    }

    /// The newest published checkpoint, as a note.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn checkpoint(&self) -> Result<Option<String>, FileError> {
        let path = "/ledger/checkpoint";
        let Some(bytes) = self.fetch(path, NOTE_BYTES).await? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|error| form(path, error))
    }

    /// What a leaf commits to; none: it is not for this office, or its retention has ended.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn event(&self, index: u64) -> Result<Option<Event>, FileError> {
        let path = format!("/ledger/event/{index}");
        let event: Option<Event> = self.json(&path, EVENT_BYTES).await?;
        match event {
            Some(event) if event.index != index => Err(form(&path, "it is another leaf's")),
            event => Ok(event),
        }
    }

    /// The signed envelope of a batch, as DSSE.
    ///
    /// # Errors
    /// See [`FileError`].
    pub async fn envelope(&self, first_leaf: u64) -> Result<Option<serde_json::Value>, FileError> {
        self.json(&format!("/ledger/envelope/{first_leaf}"), ENVELOPE_BYTES).await
    }

    /// A tile.
    ///
    /// # Errors
    /// See [`FileError`]; a tile that is not there is one.
    pub async fn tile(&self, tile: Tile) -> Result<Vec<u8>, FileError> {
        let unit = if tile.kind == TileKind::Entries { LEAF_BYTES + 2 } else { 32 };
        let bytes = usize::from(tile.width) * unit;
        let mut path = format!("/ledger/{tile}");
        let mut found = self.fetch(&path, bytes).await?;
        if found.is_none() && tile.width < FULL_WIDTH {
            // A log need not keep a partial tile once there is the full one.
            let full = Tile { width: FULL_WIDTH, ..tile };
            path = format!("/ledger/{full}");
            found = self.fetch(&path, usize::from(FULL_WIDTH) * unit).await?;
            if let Some(found) = &mut found {
                found.truncate(bytes);
            }
        }
        match found {
            Some(found) if found.len() == bytes => Ok(found),
            Some(found) => Err(form(&path, format!("{} bytes instead of {bytes}", found.len()))),
            None => Err(form(&path, "it is not there")),
        }
    }

    async fn json<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        most_bytes: usize,
    ) -> Result<Option<T>, FileError> {
        let Some(bytes) = self.fetch(path, most_bytes).await? else { return Ok(None) };
        // What stands at which place may be a person's: the error says where, never what.
        let place = |error: serde_json::Error| {
            form(path, format!("line {}, column {}", error.line(), error.column()))
        };
        serde_json::from_slice(&bytes).map(Some).map_err(place)
    }

    /// The file; none if there is none.
    async fn fetch(&self, path: &str, most_bytes: usize) -> Result<Option<Vec<u8>>, FileError> {
        let line = |why: String| FileError::Line { path: path.to_owned(), why };
        match tokio::time::timeout(PATIENCE, self.whole(path, most_bytes)).await {
            Ok(answer) => answer,
            Err(_) => Err(line("it takes too long".into())),
        }
    }

    async fn whole(&self, path: &str, most_bytes: usize) -> Result<Option<Vec<u8>>, FileError> {
        let line = |why: String| FileError::Line { path: path.to_owned(), why };
        let request = Request::builder().method(Method::GET).uri(path).body(Body::empty());
        let request = request.map_err(|error| form(path, error))?;
        let mut channel = self.0.clone();
        let ready = channel.ready().await.map_err(|error| line(error.to_string()))?;
        let answer = ready.call(request).await.map_err(|error| line(error.to_string()))?;
        // A hub without these files answers as to an unknown call.
        if answer.status() == StatusCode::NOT_FOUND || answer.headers().contains_key("grpc-status") {
            return Ok(None);
        }
        if answer.status() != StatusCode::OK {
            return Err(line(format!("status {}", answer.status().as_u16())));
        }
        match Limited::new(answer.into_body(), most_bytes).collect().await {
            Ok(body) => Ok(Some(body.to_bytes().to_vec())),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(form(path, format!("more than {most_bytes} bytes")))
            }
            Err(error) => Err(line(error.to_string())),
        }
    }
}

fn form(path: &str, why: impl ToString) -> FileError {
    FileError::Form { path: path.to_owned(), why: why.to_string() }
}
