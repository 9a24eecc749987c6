//! Refusing an established connection by name.
//!
//! TLS has no alert for "you have enough connections". HTTP/2 has GOAWAY with ENHANCE_YOUR_CALM and a text
//! (RFC 9113 6.8), which any gRPC client shows.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::server::TlsStream;

/// What the refused side reads.
pub(crate) const TOO_MANY_CONNECTIONS: &[u8] = b"too many connections of this agency";

const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u32 = 0xb;
/// What a client has sent by now: its preface and first requests.
const DRAIN_BYTES: u64 = 1 << 20;

pub(crate) async fn too_many_connections<S>(mut stream: TlsStream<S>, limit: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut frames = frame(SETTINGS, &[]);
    let mut payload = 0u32.to_be_bytes().to_vec(); // no request was processed
    payload.extend(ENHANCE_YOUR_CALM.to_be_bytes());
    payload.extend(TOO_MANY_CONNECTIONS);
    frames.extend(frame(GOAWAY, &payload));
    // The refusal is a courtesy: a peer that does not take it is closed all the same.
    let _ = tokio::time::timeout(limit, async {
        stream.write_all(&frames).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection and could destroy what was just written.
        tokio::io::copy(&mut (&mut stream).take(DRAIN_BYTES), &mut tokio::io::sink()).await
    })
    .await;
}

/// A frame on stream 0 without flags (RFC 9113 4.1).
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("the frames here have a few dozen bytes").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, 0, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}
