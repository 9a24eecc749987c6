//! TLS for people's browsers: the hub's own certificate, whichever it is at the time, and no client certificate.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    ServerTls, TlsError,
    provider::{VERSIONS, provider},
};

impl ServerTls {
    /// The configuration for a listener that browsers use. Who they are is found out by other means; a reloaded
    /// certificate is taken up with the next handshake.
    ///
    /// # Errors
    /// If rustls takes none of our versions, which it does.
    pub fn for_browsers(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(self.0.clock.clone()))
            .with_protocol_versions(VERSIONS)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Newest(self.clone())));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.ignore_client_order = true;
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Arc::new(config))
    }
}

#[derive(Debug)]
struct Newest(ServerTls);

impl ResolvesServerCert for Newest {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.0.own())
    }
}
