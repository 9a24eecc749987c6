//! Whom this office believes about the ledger.

use std::collections::HashMap;

use meldeverbund_certs::TrustDomain;
use meldeverbund_proto::{
    AgencyId,
    note::{Algorithm, VerifierKey, ledger_key_name, witness_key_name},
};
use serde::Deserialize;

/// Most witnesses that can be pinned: as many as a note has room for.
const WITNESSES: usize = 64;

/// Keys that are pinned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// Keys of the hub; none: the first one that it shows is kept.
    pub hub_keys: Vec<VerifierKey>,
    /// Witness keys of the agencies whose word makes a checkpoint final; one vote an agency.
    pub witnesses: Vec<VerifierKey>,
}

impl Ledger {
    /// Whether each key is one of the hub that signs checkpoints.
    pub(super) fn has_hub_keys_of(&self, domain: &TrustDomain) -> bool {
        let name = ledger_key_name(domain.as_str());
        self.hub_keys.iter().all(|key| key.algorithm() == Algorithm::Ed25519 && key.name() == name)
    }

    /// Whether each public key stands under one name: what a witness signs does not say under which.
    pub(super) fn has_each_witness_once(&self) -> bool {
        let names: HashMap<_, _> = self.witnesses.iter().map(|key| (key.public_key(), key.name())).collect();
        self.witnesses.iter().all(|key| names[&key.public_key()] == key.name())
    }

    /// Whether each key is a witness key of an agency of this federation.
    pub(super) fn has_witnesses_of(&self, domain: &TrustDomain) -> bool {
        let fits = |key: &VerifierKey| {
            key.algorithm() == Algorithm::CosignatureV1
                && witness_agency(key).is_some_and(|id| witness_key_name(domain.as_str(), &id) == key.name())
        };
        self.witnesses.len() <= WITNESSES && self.witnesses.iter().all(fits)
    }
}

/// Whose witness key it is.
pub(crate) fn witness_agency(key: &VerifierKey) -> Option<AgencyId> {
    key.name().rsplit_once("/witness/").and_then(|(_, agency)| agency.parse().ok())
}
