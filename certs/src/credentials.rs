//! Credentials in use: taken up from disk, replaced as a whole, and applied to live connections too.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use arc_swap::ArcSwap;
use rustls::{
    CertificateError,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::{
    Clock, CutReason, Identity, Peer, TlsError, TlsFiles, TlsState, TooManyConnections, TrustDomain,
    files::RawFiles,
    live::{Entry, Live, Place},
    material::{Material, Usage},
    verifier::Recheck,
};

/// The side of the connection that the credentials serve.
pub(crate) trait Side: Send + Sync + 'static {
    /// rustls' configuration of this side.
    type Config: Send + Sync + 'static;
    /// What the own certificate is for.
    const USAGE: Usage;

    fn domain(&self) -> &TrustDomain;

    /// The configuration and the verifier inside it.
    fn build(&self, files: &TlsFiles, material: &Material, clock: &Clock) -> Result<Built<Self>, TlsError>;
}

pub(crate) struct Built<S: Side + ?Sized> {
    pub(crate) config: Arc<S::Config>,
    pub(crate) verifier: Arc<dyn Recheck>,
}

pub(crate) struct Credentials<S: Side> {
    side: S,
    files: TlsFiles,
    pub(crate) clock: Clock,
    current: ArcSwap<Current<S>>,
    last_failure: Mutex<Option<String>>,
    /// Two reloads at once would let the older files win.
    reloading: Mutex<()>,
    live: Arc<Live>,
}

struct Current<S: Side> {
    digest: [u8; 32],
    built: Built<S>,
    material: Material,
    taken_up_at: SystemTime,
}

/// A peer is not let in although its handshake succeeded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unadmitted {
    #[error("the peer's certificate does not stand any more: {0}")]
    Certificate(rustls::Error),
    #[error(transparent)]
    TooMany(#[from] TooManyConnections),
}

impl From<Unadmitted> for io::Error {
    fn from(error: Unadmitted) -> Self {
        match error {
            Unadmitted::Certificate(error) => Self::new(io::ErrorKind::InvalidData, error),
            Unadmitted::TooMany(error) => Self::other(error),
        }
    }
}

impl<S: Side> Credentials<S> {
    pub(crate) fn load(side: S, files: TlsFiles, clock: Clock) -> Result<Self, TlsError> {
        let raw = RawFiles::read(&files)?;
        let material = Material::parse(&files, &raw, side.domain(), S::USAGE, clock.now())?;
        let built = side.build(&files, &material, &clock)?;
        let current = Current { digest: raw.digest(), built, material, taken_up_at: clock.now() };
        Ok(Self {
            side,
            files,
            clock,
            current: ArcSwap::from_pointee(current),
            last_failure: Mutex::default(),
            reloading: Mutex::default(),
            live: Arc::default(),
        })
    }

    pub(crate) fn config(&self) -> Arc<S::Config> {
        Arc::clone(&self.current.load().built.config)
    }

    /// The own certificate and key in use.
    pub(crate) fn own(&self) -> Arc<rustls::sign::CertifiedKey> {
        Arc::clone(&self.current.load().material.own)
    }

    pub(crate) fn side(&self) -> &S {
        &self.side
    }

    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Takes up what is on disk if it changed and is good, and looks at every live connection again in any case:
    /// time passes even where files do not change.
    pub(crate) fn reload(&self) -> Result<bool, TlsError> {
        let result = self.take_up();
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) =
            result.as_ref().err().map(ToString::to_string);
        self.recheck();
        result
    }

    fn take_up(&self) -> Result<bool, TlsError> {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let raw = RawFiles::read(&self.files)?;
        let digest = raw.digest();
        let current = self.current.load();
        if digest == current.digest {
            return Ok(false);
        }
        let material = Material::parse(&self.files, &raw, self.side.domain(), S::USAGE, self.clock.now())?;
        self.check_replacement(&current.material, &material)?;
        let built = self.side.build(&self.files, &material, &self.clock)?;
        self.current.store(Arc::new(Current { digest, built, material, taken_up_at: self.clock.now() }));
        Ok(true)
    }

    /// A replacement must not make things worse: same name, valid now, no older revocation list.
    fn check_replacement(&self, old: &Material, new: &Material) -> Result<(), TlsError> {
        let path = self.files.certificate.clone();
        if let Some(was) = &old.identity
            && old.identity != new.identity
        {
            let is = new.identity.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
            return Err(TlsError::IdentityChanged { path, was: was.clone(), is });
        }
        let fault = if old.facts != new.facts && new.revoked {
            Some("revoked")
        } else if new.valid_now || (old.facts == new.facts && !old.is_valid_at(self.clock.now())) {
            None
        } else if self.clock.now() < new.facts.not_before {
            Some("not valid yet")
        } else {
            Some("expired")
        };
        if let Some(fault) = fault {
            return Err(TlsError::NotNow { path, fault });
        }
        for list in &new.lists {
            let in_use = old.lists.iter().find(|other| other.issuer == list.issuer);
            if in_use.is_some_and(|in_use| list.is_older_than(in_use)) {
                let path = self.files.revocations.clone().unwrap_or_default();
                return Err(TlsError::ListOlder { path, issuer: list.facts.issuer.clone() });
            }
        }
        Ok(())
    }

    /// Looks at each live connection's certificate again and cuts those that no longer stand.
    pub(crate) fn recheck(&self) {
        for entry in self.live.entries() {
            if let Err(error) = self.recheck_one(&entry) {
                entry.cut(cut_reason(&error));
            }
        }
    }

    fn recheck_one(&self, entry: &Entry) -> Result<(), rustls::Error> {
        let identity = self.verify(&entry.chain, entry.server_name.as_ref())?;
        if identity == entry.peer.identity() {
            Ok(())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify(
        &self,
        chain: &[CertificateDer<'static>],
        server_name: Option<&ServerName<'static>>,
    ) -> Result<Identity, rustls::Error> {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        let now = UnixTime::since_unix_epoch(now.map_err(|_| rustls::Error::FailedToGetCurrentTime)?);
        self.current.load().built.verifier.recheck(chain, server_name, now)
    }

    /// Lets a peer in after its handshake.
    ///
    /// The certificate is verified once more, and again after the place is taken: credentials or registered keys
    /// that changed during the handshake would otherwise miss this connection.
    pub(crate) fn admit(
        &self,
        chain: Vec<CertificateDer<'static>>,
        server_name: Option<ServerName<'static>>,
        address: Option<SocketAddr>,
        limit: usize,
    ) -> Result<Place, Unadmitted> {
        let identity = self.verify(&chain, server_name.as_ref()).map_err(Unadmitted::Certificate)?;
        let peer = Peer::new(identity, &chain[0], address)
            .map_err(|_| Unadmitted::Certificate(CertificateError::BadEncoding.into()))?;
        let entry = Entry { peer: Arc::new(peer), chain, server_name, cut: Default::default() };
        let place = self.live.enter(entry, limit)?;
        self.recheck_one(&place.entry).map_err(Unadmitted::Certificate)?;
        Ok(place)
    }

    pub(crate) fn state(&self) -> TlsState {
        let current = self.current.load();
        let last_failure = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        TlsState::of(&current.material, current.taken_up_at, last_failure)
    }
}

impl<S: Side> fmt::Debug for Credentials<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("files", &self.files)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

fn cut_reason(error: &rustls::Error) -> CutReason {
    let rustls::Error::InvalidCertificate(error) = error else { return CutReason::NoLongerTrusted };
    match error {
        CertificateError::Revoked => CutReason::Revoked,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. }
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => CutReason::Expired,
        _ => CutReason::NoLongerTrusted,
    }
}
