//! The way to the desk: what the officer's commands, and a case management system beside them, connect with.

pub mod bulk;
pub mod gather;
pub mod intend;
pub mod rows;

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

use hyper_util::rt::TokioIo;
use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    node::v1::{
        desk_service_client::DeskServiceClient, liaison_desk_service_client::LiaisonDeskServiceClient,
    },
};
use tokio::net::UnixStream;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tower::service_fn;

use crate::{liaison::Token, text::Lang};

/// Largest answer of the desk.
const ANSWER_BYTES: usize = 4 * MESSAGE_BYTES;

/// The liaison desk's client.
pub type LiaisonDeskClient = LiaisonDeskServiceClient<InterceptedService<Channel, SignedIn>>;

/// The desk's client.
pub type DeskClient = DeskServiceClient<InterceptedService<Channel, InLang>>;

/// Asks for texts in a language.
#[derive(Debug, Clone, Copy)]
pub struct InLang(Lang);

/// Asks for texts in a language, under an officer's token if there is one.
#[derive(Debug, Clone)]
pub struct SignedIn {
    lang: InLang,
    token: Option<Token>,
}

/// Nobody answers at the desk's socket.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", socket.display())]
pub struct NoDaemon {
    /// The socket.
    pub socket: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Connects to the desk.
///
/// # Errors
/// If no daemon answers, or the socket may not be used.
pub async fn connect(socket: &Path, lang: Lang) -> Result<DeskClient, NoDaemon> {
    Ok(DeskServiceClient::with_interceptor(channel(socket).await?, InLang(lang))
        .max_decoding_message_size(ANSWER_BYTES)
        .max_encoding_message_size(ANSWER_BYTES))
}

/// Connects to the liaison desk, on the same socket.
///
/// # Errors
/// If no daemon answers, or the socket may not be used.
pub async fn connect_liaison(
    socket: &Path,
    lang: Lang,
    token: Option<Token>,
) -> Result<LiaisonDeskClient, NoDaemon> {
    let signed_in = SignedIn { lang: InLang(lang), token };
    Ok(LiaisonDeskServiceClient::with_interceptor(channel(socket).await?, signed_in)
        .max_decoding_message_size(ANSWER_BYTES)
        .max_encoding_message_size(ANSWER_BYTES))
}

async fn channel(socket: &Path) -> Result<Channel, NoDaemon> {
    let path = socket.to_owned();
    let connector = service_fn(move |_| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    // The address is never looked at: the connector knows the way.
    Endpoint::from_static("http://desk.invalid")
        .connect_with_connector(connector)
        .await
        .map_err(|error| NoDaemon { socket: socket.to_owned(), source: io_error(&error) })
}

impl Interceptor for SignedIn {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let mut request = self.lang.call(request)?;
        if let Some(token) = &self.token {
            token.put(request.metadata_mut());
        }
        Ok(request)
    }
}

impl Interceptor for InLang {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("accept-language", MetadataValue::from_static(self.0.tag()));
        Ok(request)
    }
}

/// The system's error inside tonic's.
fn io_error(error: &(dyn Error + 'static)) -> io::Error {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return io
                .raw_os_error()
                .map_or_else(|| io::Error::from(io.kind()), io::Error::from_raw_os_error);
        }
        next = error.source();
    }
    io::Error::other("no connection")
}
