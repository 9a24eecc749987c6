//! A small federation on loopback: an authority in a folder, a hub that echoes, and nodes.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::StreamExt as _;
use meldeverbund_certs::{
    AcceptLimits, ClientTls, Clock, ConnectError, ExpectedHub, Identity, ManualClock, Peer, PeerIo,
    RegisteredKeys, ServerTls, TlsFiles, TrustDomain,
    authority::{Authority, Curve, Host, NewAuthority, Order},
    incoming,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The instant at which all tests start.
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub(crate) fn domain() -> TrustDomain {
    "meldeverbund.example".parse().unwrap()
}

pub(crate) fn identity(agency: &str, node: &str) -> Identity {
    Identity { agency: agency.parse().unwrap(), node: node.parse().unwrap() }
}

pub(crate) struct Federation {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    pub(crate) clock: ManualClock,
    pub(crate) registered: RegisteredKeys,
    pub(crate) hub_files: TlsFiles,
}

/// A running hub: accepts, says hello, echoes.
pub(crate) struct Hub {
    pub(crate) address: SocketAddr,
    pub(crate) tls: ServerTls,
    peers: mpsc::UnboundedReceiver<Arc<Peer>>,
    /// What ended each connection, by agency.
    ends: mpsc::UnboundedReceiver<(String, std::io::Error)>,
    _stop: tokio_util::sync::DropGuard,
}

impl Federation {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority =
            Authority::init(&folder.path().join("ca"), &NewAuthority::new(domain()), start()).unwrap();
        let order = Order::hub(identity("de-bka", "hub"), vec![Host::Address([127, 0, 0, 1].into())]);
        let hub_files =
            authority.issue_into(&folder.path().join("hub"), &order, Curve::P256, start()).unwrap();
        Self {
            folder,
            authority,
            clock: ManualClock::new(start()),
            registered: RegisteredKeys::default(),
            hub_files,
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clock()
    }

    pub(crate) fn order(&self, agency: &str) -> Order {
        Order::node(identity(agency, "main"))
    }

    /// A node's files, of this authority.
    pub(crate) fn node_files(&self, agency: &str) -> TlsFiles {
        self.issue(agency, &self.order(agency))
    }

    pub(crate) fn issue(&self, folder: &str, order: &Order) -> TlsFiles {
        self.authority
            .issue_into(&self.folder.path().join(folder), order, Curve::P256, self.clock.now())
            .unwrap()
    }

    pub(crate) fn expected(&self) -> ExpectedHub {
        ExpectedHub {
            domain: domain(),
            agency: "de-bka".parse().unwrap(),
            registered: RegisteredKeys::default(),
        }
    }

    pub(crate) fn client(&self, files: &TlsFiles) -> ClientTls {
        ClientTls::load(files, self.expected(), self.clock()).unwrap()
    }

    pub(crate) async fn hub(&self) -> Hub {
        self.hub_with(AcceptLimits::default()).await
    }

    pub(crate) async fn hub_with(&self, limits: AcceptLimits) -> Hub {
        let tls = ServerTls::load(&self.hub_files, domain(), self.registered.clone(), self.clock()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut accepted = incoming(TcpListenerStream::new(listener), tls.clone(), limits, &stop);
        let (seen, peers) = mpsc::unbounded_channel();
        let (ended, ends) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(io)) = accepted.next().await {
                let _ = seen.send(Arc::clone(io.peer()));
                let ended = ended.clone();
                tokio::spawn(async move {
                    let agency = io.peer().agency.to_string();
                    let error = echo(io).await.err();
                    let _ =
                        ended.send((agency, error.unwrap_or_else(|| std::io::Error::other("by the peer"))));
                });
            }
        });
        Hub { address, tls, peers, ends, _stop: stop.drop_guard() }
    }
}

async fn echo(mut io: PeerIo<TcpStream>) -> std::io::Result<()> {
    io.write_all(b"hello").await?;
    io.flush().await?;
    let mut buffer = [0; 256];
    loop {
        let n = io.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        io.write_all(&buffer[..n]).await?;
        io.flush().await?;
    }
}

/// A test that waits in vain fails; nothing here takes this long.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(15), future).await.expect("must happen soon")
}

impl Hub {
    /// The next peer that was let in.
    pub(crate) async fn arrived(&mut self) -> Arc<Peer> {
        soon(self.peers.recv()).await.unwrap()
    }

    /// The next connection that ended: its agency, and why.
    pub(crate) async fn ended(&mut self) -> (String, std::io::Error) {
        soon(self.ends.recv()).await.unwrap()
    }

    pub(crate) fn uri(&self) -> http::Uri {
        format!("https://{}", self.address).parse().unwrap()
    }

    pub(crate) async fn connect(&self, client: &ClientTls) -> Result<PeerIo<TcpStream>, ConnectError> {
        let mut io = client.connector().connect(&self.uri()).await?;
        let mut hello = [0; 5];
        io.read_exact(&mut hello).await.map_err(ConnectError::Tls)?;
        Ok(io)
    }
}

/// The connection still works, both ways.
pub(crate) async fn is_alive(io: &mut PeerIo<TcpStream>) -> bool {
    let mut answer = [0; 4];
    io.write_all(b"ping").await.is_ok()
        && io.flush().await.is_ok()
        && io.read_exact(&mut answer).await.is_ok()
}

/// Waits until the other side has closed the connection.
pub(crate) async fn closed(mut io: PeerIo<TcpStream>) {
    let mut rest = Vec::new();
    // A cut connection ends without TLS' farewell: an error here, and at any rate an end.
    let _ = soon(io.read_to_end(&mut rest)).await;
}
