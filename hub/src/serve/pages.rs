//! The central office's pages beside the wire, where this build has them.

use std::{future::Future, sync::Arc};

use meldeverbund_certs::{ServerTls, TrustDomain};
use meldeverbund_people::Issuers;
use meldeverbund_proto::AgencyId;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{ConsoleSettings, FigureSettings, ServeError};
use crate::flow::Hub;

/// Whose pages they are, and who may sign in.
#[cfg_attr(
    not(feature = "console"),
    expect(dead_code, reason = "a build without pages shows them to nobody")
)]
pub(super) struct House<'h> {
    pub(super) hub: &'h Hub,
    pub(super) issuers: Arc<Issuers>,
    pub(super) agency: &'h AgencyId,
    pub(super) trust_domain: &'h TrustDomain,
    pub(super) tls: &'h ServerTls,
    pub(super) figures: &'h FigureSettings,
}

/// Serves browsers until `stop`.
#[cfg(feature = "console")]
pub(super) fn serve(
    house: House<'_>,
    settings: &ConsoleSettings,
    listener: TcpListener,
    stop: &CancellationToken,
) -> Result<impl Future<Output = ()> + Send + 'static, ServeError> {
    use crate::console::{self, Console};
    let House { hub, issuers, agency, trust_domain, tls, figures } = house;
    let key = settings.statement_key(trust_domain, agency)?;
    let console = Console::new(hub.clone(), issuers, agency.clone(), settings, key, figures)?;
    let (tls, follow, stop) = (tls.for_browsers()?, console.clone().follow(stop.clone()), stop.clone());
    Ok(async move {
        tokio::join!(console::serve(listener, tls, console.router(), stop), follow);
    })
}

/// Says that there are none.
#[cfg(not(feature = "console"))]
pub(super) fn serve(
    _: House<'_>,
    _: &ConsoleSettings,
    _: TcpListener,
    _: &CancellationToken,
) -> Result<impl Future<Output = ()> + Send + 'static, ServeError> {
    Err::<std::future::Ready<()>, _>(ServeError::NoConsole)
}
