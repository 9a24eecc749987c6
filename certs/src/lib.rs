//! Who is on the other end: names in certificates, TLS 1.3 both ways, reload, revocation, issuing.
//!
//! The hub takes [`ServerTls`] and [`incoming`], a node takes [`ClientTls`] and its [`Connector`]; both find the
//! other end as a [`Peer`]. Certificates for development and for a small federation come from [`authority`].

mod accept;
pub mod authority;
mod browsers;
pub mod cli;
mod client;
mod clock;
mod connector;
mod credentials;
mod error;
mod explain;
mod facts;
mod farewell;
mod files;
mod fingerprint;
mod first_bytes;
mod greet;
mod identity;
mod limits;
mod live;
mod material;
mod own_path;
mod peer;
mod peer_io;
mod provider;
mod proxy;
mod publish;
mod registered;
mod revocation;
mod serial;
mod server;
mod state;
mod trust_domain;
mod verifier;
mod watch;

pub use accept::{Incoming, incoming};
pub use client::{ClientTls, ExpectedHub};
pub use clock::{Clock, ManualClock};
pub use connector::{ConnectError, Connector};
pub use error::TlsError;
pub use explain::{ConnectFailure, explain};
pub use facts::CertificateFacts;
pub use files::{OverdueRevocations, TlsFiles};
pub use fingerprint::{FingerprintError, KeyFingerprint};
pub use identity::{Identity, IdentityError};
pub use limits::{AcceptLimits, ConnectionAge, ConnectionAgeError};
pub use live::{CutReason, TooManyConnections};
pub use peer::Peer;
pub use peer_io::{PeerIo, Transport};
pub use provider::{install_default, provider};
pub use proxy::{Proxy, ProxyAddressError, ProxyError};
pub use registered::RegisteredKeys;
pub use revocation::RevocationListFacts;
pub use serial::{Serial, SerialError};
pub use server::ServerTls;
pub use state::{TlsState, TlsWarning};
pub use trust_domain::{TrustDomain, TrustDomainError};
