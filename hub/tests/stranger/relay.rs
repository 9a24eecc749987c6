//! A relay that reads what the hub's first handshake message says in the clear: suite and group.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// The `key_share` extension (RFC 8446 4.2.8).
const KEY_SHARE: u16 = 51;

/// What a connection agreed on, by IANA's numbers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    pub(crate) group: u16,
    pub(crate) suite: u16,
}

/// Passes one connection on.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    hello: oneshot::Receiver<Vec<u8>>,
}

impl Relay {
    pub(crate) async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, hello) = oneshot::channel();
        tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut hub = TcpStream::connect(to).await.unwrap();
            let (mut from_client, mut to_client) = client.split();
            let (mut from_hub, mut to_hub) = hub.split();
            let down = async {
                let mut record = vec![0; 5];
                from_hub.read_exact(&mut record).await?;
                record.resize(5 + usize::from(u16::from_be_bytes([record[3], record[4]])), 0);
                from_hub.read_exact(&mut record[5..]).await?;
                to_client.write_all(&record).await?;
                let _ = sender.send(record);
                copy(&mut from_hub, &mut to_client).await?;
                to_client.shutdown().await
            };
            let up = async {
                copy(&mut from_client, &mut to_hub).await?;
                to_hub.shutdown().await
            };
            // The client may go without a farewell; what it came for is checked elsewhere.
            let _ = tokio::join!(down, up);
        });
        Self { address, hello }
    }

    /// What the connection agreed on.
    pub(crate) async fn negotiated(self) -> Negotiated {
        let record = self.hello.await.unwrap();
        assert_eq!((record[0], record[5]), (22, 2), "a handshake record with a ServerHello");
        // Record (5), handshake (4), version (2) and random (32) come first; then the session id (RFC 8446 4.1.3).
        let rest = &record[43..];
        let rest = &rest[1 + usize::from(rest[0])..];
        let suite = number(rest);
        let mut extensions = &rest[2 + 1 + 2..];
        while number(extensions) != KEY_SHARE {
            extensions = &extensions[4 + usize::from(number(&extensions[2..]))..];
        }
        Negotiated { group: number(&extensions[4..]), suite }
    }
}

fn number(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}
