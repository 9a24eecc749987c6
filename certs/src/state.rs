//! What readiness, status and metrics can say about the credentials in use.

use std::time::{Duration, SystemTime};

use crate::{CertificateFacts, Identity, RevocationListFacts, material::Material};

/// Renewal takes people; two weeks leave room for a holiday.
const CERTIFICATE_NOTICE: Duration = Duration::from_secs(14 * 24 * 3600);
/// Changing an authority touches every agency.
const ANCHOR_NOTICE: Duration = Duration::from_secs(90 * 24 * 3600);
/// Of a revocation list's term, this part may pass before a new one is asked for.
const LIST_TERM_USED: f64 = 2.0 / 3.0;

/// The credentials in use.
#[derive(Debug, Clone)]
pub struct TlsState {
    /// The own name, where the certificate carries one.
    pub identity: Option<Identity>,
    /// The own certificate.
    pub certificate: CertificateFacts,
    /// The own certificate and the intermediate ones with it are valid up to this instant.
    pub chain_not_after: SystemTime,
    /// The own certificate stands on one of the revocation lists.
    pub revoked: bool,
    /// Everyone on the machine can read the private key.
    pub key_is_exposed: bool,
    /// The first instant at which a trust anchor's own validity ends.
    pub anchors_not_after: SystemTime,
    /// The revocation lists, empty where none are configured.
    pub revocation_lists: Vec<RevocationListFacts>,
    /// When the credentials in use were taken up.
    pub taken_up_at: SystemTime,
    /// Why the files on disk cannot be taken up, if they cannot.
    pub last_failure: Option<String>,
}

/// Something an operator should look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsWarning {
    /// The own certificate is not valid yet: it is new, or the clock is wrong.
    #[error("the certificate is not valid yet (or the clock is behind)")]
    NotYetValid,
    /// The own certificate ran out.
    #[error("the certificate has expired")]
    Expired,
    /// The own certificate runs out soon.
    #[error("the certificate expires soon")]
    ExpiresSoon,
    /// The own certificate is revoked.
    #[error("the certificate is revoked")]
    Revoked,
    /// Everyone on the machine can read the private key.
    #[error("the private key's file can be read by everyone on this machine")]
    KeyIsExposed,
    /// A trust anchor runs out soon, or has.
    #[error("a trust anchor expires soon or has expired")]
    AnchorExpires,
    /// There are no revocation lists: a stolen key stays good until its certificate ends.
    #[error("no revocation lists are configured")]
    NoRevocationLists,
    /// A revocation list should be replaced by its next issue.
    #[error("the revocation list of \"{0}\" is due for its next issue")]
    ListDue(String),
    /// A revocation list's next issue is overdue.
    #[error("the revocation list of \"{0}\" is overdue")]
    ListOverdue(String),
    /// The files on disk cannot be taken up; the earlier ones are in use.
    #[error("the files on disk are not in use: {0}")]
    NotTakenUp(String),
}

impl TlsWarning {
    /// Whether connections fail because of it, now.
    pub fn stops_connections(&self) -> bool {
        matches!(self, Self::NotYetValid | Self::Expired | Self::Revoked)
    }
}

impl TlsState {
    pub(crate) fn of(material: &Material, taken_up_at: SystemTime, last_failure: Option<String>) -> Self {
        Self {
            identity: material.identity.clone(),
            certificate: material.facts.clone(),
            chain_not_after: material.not_after,
            revoked: material.revoked,
            key_is_exposed: material.key_is_exposed,
            anchors_not_after: material.anchors_not_after,
            revocation_lists: material.lists.iter().map(|list| list.facts.clone()).collect(),
            taken_up_at,
            last_failure,
        }
    }

    /// The own certificate can be used up to this instant.
    pub fn not_after(&self) -> SystemTime {
        self.chain_not_after
    }

    /// When the first revocation list is due to be replaced, if any says.
    pub fn next_update(&self) -> Option<SystemTime> {
        self.revocation_lists.iter().filter_map(|list| list.next_update).min()
    }

    /// What an operator should look at, at `now`.
    pub fn warnings(&self, now: SystemTime) -> Vec<TlsWarning> {
        let mut warnings = Vec::new();
        let (not_before, not_after) = (self.certificate.not_before, self.chain_not_after);
        if now < not_before {
            warnings.push(TlsWarning::NotYetValid);
        }
        if now > not_after {
            warnings.push(TlsWarning::Expired);
        } else if now + notice(not_before, not_after) > not_after {
            warnings.push(TlsWarning::ExpiresSoon);
        }
        if self.revoked {
            warnings.push(TlsWarning::Revoked);
        }
        if self.key_is_exposed {
            warnings.push(TlsWarning::KeyIsExposed);
        }
        if now + ANCHOR_NOTICE > self.anchors_not_after {
            warnings.push(TlsWarning::AnchorExpires);
        }
        if self.revocation_lists.is_empty() {
            warnings.push(TlsWarning::NoRevocationLists);
        }
        warnings.extend(self.revocation_lists.iter().filter_map(|list| list_warning(list, now)));
        warnings.extend(self.last_failure.clone().map(TlsWarning::NotTakenUp));
        warnings
    }
}

/// A short-lived certificate would otherwise expire "soon" all its life: a third of the term at most.
fn notice(not_before: SystemTime, not_after: SystemTime) -> Duration {
    let term = not_after.duration_since(not_before).unwrap_or_default();
    CERTIFICATE_NOTICE.min(term / 3)
}

fn list_warning(list: &RevocationListFacts, now: SystemTime) -> Option<TlsWarning> {
    let next = list.next_update?;
    let term = next.duration_since(list.this_update).unwrap_or_default();
    if now >= next {
        Some(TlsWarning::ListOverdue(list.issuer.clone()))
    } else if now >= list.this_update + term.mul_f64(LIST_TERM_USED) {
        Some(TlsWarning::ListDue(list.issuer.clone()))
    } else {
        None
    }
}
