//! The officers' socket: bound under another name first, so that it appears with its mode.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use meldeverbund_proto::{
    limits::MESSAGE_BYTES,
    node::v1::{
        desk_service_server::DeskServiceServer, liaison_desk_service_server::LiaisonDeskServiceServer,
    },
};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use super::{Desk, LiaisonDesk};
use crate::{config, node::Node};

/// A page of links or a chunk of rows, with room.
const DESK_MESSAGE_BYTES: usize = 4 * MESSAGE_BYTES;

/// One office's commands at once; one command needs one or two.
const STREAMS_PER_CONNECTION: u32 = 32;

/// The socket cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// It cannot be made.
    #[error("{}: the desk's socket cannot be made: {source}", path.display())]
    Bind {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Serving failed.
    #[error("the desk's socket failed")]
    Serve(#[from] tonic::transport::Error),
}

/// A bound socket; its file goes when this goes.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: Option<UnixListener>,
}

impl Socket {
    /// Binds the socket; a file that a killed daemon left behind is replaced. The caller holds the store's lock.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn bind(desk: &config::Desk) -> Result<Self, SocketError> {
        let path = desk.socket.clone();
        let listener = bind(&path, desk.socket_mode)
            .map_err(|source| SocketError::Bind { path: path.clone(), source })?;
        Ok(Self { path, listener: Some(listener) })
    }

    /// Serves the desk until `stop`, then lets running calls end.
    ///
    /// # Errors
    /// If serving fails.
    pub async fn serve(mut self, node: Arc<Node>, stop: CancellationToken) -> Result<(), SocketError> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let desk = Desk::new(node, stop.clone());
        let liaison = LiaisonDeskServiceServer::new(LiaisonDesk::new(desk.clone()))
            .max_decoding_message_size(DESK_MESSAGE_BYTES)
            .max_encoding_message_size(DESK_MESSAGE_BYTES);
        let service = DeskServiceServer::new(desk)
            .max_decoding_message_size(DESK_MESSAGE_BYTES)
            .max_encoding_message_size(DESK_MESSAGE_BYTES);
        Server::builder()
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .http2_keepalive_interval(Some(Duration::from_secs(30)))
            .add_service(service)
            .add_service(liaison)
            .serve_with_incoming_shutdown(UnixListenerStream::new(listener), stop.cancelled_owned())
            .await?;
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A socket without a daemon would only mislead; one that is gone already is fine.
        let _ = fs::remove_file(&self.path);
    }
}

fn bind(path: &Path, mode: u32) -> io::Result<UnixListener> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    if let Err(error) = fs::remove_file(&fresh)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(mode))?;
    fs::rename(&fresh, path)?;
    Ok(listener)
}
