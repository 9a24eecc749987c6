//! Ending a refused connection so that the other side learns why.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::server::TlsStream;

/// What the other side reads when its agency has enough connections.
const TOO_MANY_CONNECTIONS: &str = "too many connections of this agency";

/// Two round trips on a slow line; the connection still counts as an unfinished handshake.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a client has sent by now: its certificate, its preface, its first requests.
const DRAIN_BYTES: u64 = 1 << 20;

const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u32 = 0xb;

/// Closes after an alert was sent.
///
/// Closing with unread bytes resets the connection, and a reset can overtake the alert: the other side would see a
/// broken line instead of the reason.
pub(crate) async fn linger<S>(mut io: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A farewell is a courtesy: a peer that does not take it is closed all the same.
    let _ = tokio::time::timeout(PATIENCE, async {
        io.shutdown().await?;
        tokio::io::copy(&mut (&mut io).take(DRAIN_BYTES), &mut tokio::io::sink()).await
    })
    .await;
}

/// TLS has no alert for "you have enough connections". HTTP/2 has GOAWAY with ENHANCE_YOUR_CALM and a text
/// (RFC 9113 6.8), which a gRPC client shows.
pub(crate) async fn too_many_connections<S>(mut stream: TlsStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, stream.write_all(&too_many_connections_frames())).await
    {
        linger(stream).await;
    }
}

/// Whether a hub's first bytes are this refusal, and not the beginning of a conversation.
pub(crate) fn is_too_many_connections(first_bytes: &[u8]) -> bool {
    first_bytes == too_many_connections_frames()
}

fn too_many_connections_frames() -> Vec<u8> {
    let mut frames = frame(SETTINGS, &[]);
    let mut payload = 0u32.to_be_bytes().to_vec(); // no request was processed
    payload.extend(ENHANCE_YOUR_CALM.to_be_bytes());
    payload.extend(TOO_MANY_CONNECTIONS.as_bytes());
    frames.extend(frame(GOAWAY, &payload));
    frames
}

/// A frame on stream 0 without flags (RFC 9113 4.1).
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("the frames here have a few dozen bytes").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, 0, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}
