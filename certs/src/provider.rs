//! The one set of cryptographic parameters that both sides speak; `docs/certificates.md` gives the sources.

use std::sync::{Arc, LazyLock};

use rustls::{
    SignatureScheme, SupportedProtocolVersion,
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms,
        aws_lc_rs::{self, cipher_suite, kx_group},
    },
    version::TLS13,
};
use webpki::aws_lc_rs as verify;

/// TLS 1.3 and nothing else.
pub(crate) static VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13];

/// The protocol inside: gRPC speaks HTTP/2.
pub(crate) const ALPN: &[u8] = b"h2";

/// ECDSA on P-256 and P-384, in certificates and in the handshake.
pub(crate) static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        verify::ECDSA_P256_SHA256,
        verify::ECDSA_P256_SHA384,
        verify::ECDSA_P384_SHA256,
        verify::ECDSA_P384_SHA384,
    ],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP384_SHA384, &[verify::ECDSA_P384_SHA384]),
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[verify::ECDSA_P256_SHA256]),
    ],
};

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    Arc::new(CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_AES_256_GCM_SHA384, cipher_suite::TLS13_AES_128_GCM_SHA256],
        // Hybrid groups first; plain X25519 is left out (rustls' own default has it).
        kx_groups: vec![
            kx_group::SECP256R1MLKEM768,
            kx_group::X25519MLKEM768,
            kx_group::SECP384R1,
            kx_group::SECP256R1,
        ],
        signature_verification_algorithms: SIGNATURES,
        ..aws_lc_rs::default_provider()
    })
});

/// The provider with exactly our suites, groups and signature algorithms.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

/// Makes [`provider`] the process default, for libraries that ask for one. First thing in `main`; later calls do
/// nothing.
pub fn install_default() {
    let _ = CryptoProvider::clone(&PROVIDER).install_default();
}

pub(crate) fn fill_random(bytes: &mut [u8]) {
    PROVIDER
        .secure_random
        .fill(bytes)
        .expect("aws-lc's generator does not fail once the process has started");
}

#[cfg(test)]
mod tests {
    use rustls::{CipherSuite, NamedGroup};

    use super::*;

    #[test]
    fn suites_groups_and_signatures_are_exactly_these() {
        let provider = provider();
        let suites: Vec<_> = provider.cipher_suites.iter().map(|s| s.suite()).collect();
        assert_eq!(suites, [CipherSuite::TLS13_AES_256_GCM_SHA384, CipherSuite::TLS13_AES_128_GCM_SHA256]);
        let groups: Vec<_> = provider.kx_groups.iter().map(|g| g.name()).collect();
        assert_eq!(
            groups,
            [
                NamedGroup::secp256r1MLKEM768,
                NamedGroup::X25519MLKEM768,
                NamedGroup::secp384r1,
                NamedGroup::secp256r1
            ]
        );
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        assert_eq!(schemes, [SignatureScheme::ECDSA_NISTP384_SHA384, SignatureScheme::ECDSA_NISTP256_SHA256]);
        assert_eq!(VERSIONS.len(), 1);
    }
}
