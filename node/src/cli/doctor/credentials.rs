//! Certificate, key, trust anchors and revocation lists.

use meldeverbund_certs::{ClientTls, TlsError, TlsWarning};

use super::Findings;
use crate::{
    clock::Clock,
    config::Config,
    sync::expected_hub,
    text::{self, say},
};

/// Looks at the files; true: a connection can be tried with them.
pub(super) fn check(config: &Config, clock: &Clock, findings: &mut Findings) -> bool {
    let lang = findings.lang;
    let tls = match ClientTls::load(&config.tls, expected_hub(config), clock.for_certificates()) {
        Ok(tls) => tls,
        Err(error) => {
            findings.fault("certificate", cause(&error), error.to_string());
            return false;
        }
    };
    let state = tls.state();
    let mut whole = true;
    if let Some(identity) = &state.identity
        && identity.agency != config.agency
    {
        whole = false;
        let (named, own) = (&identity.agency, &config.agency);
        let text = say(
            lang,
            format!("das Zertifikat nennt {named}, die Konfiguration {own}"),
            format!("the certificate names {named}, the configuration {own}"),
        );
        findings.fault("certificate", "wrong_agency", text);
    }
    for warning in state.warnings(clock.now()) {
        let cause = match &warning {
            TlsWarning::NotYetValid => "not_yet_valid",
            TlsWarning::Expired => "expired",
            TlsWarning::ExpiresSoon => "expires_soon",
            TlsWarning::Revoked => "revoked",
            TlsWarning::AnchorExpires => "anchor_expires",
            TlsWarning::NoRevocationLists => "no_revocation_lists",
            TlsWarning::ListDue(_) => "revocations_due",
            TlsWarning::ListOverdue(_) => "revocations_overdue",
            _ => "not_taken_up",
        };
        if warning.stops_connections() {
            whole = false;
            findings.fault("certificate", cause, in_words(lang, &warning));
        } else {
            findings.warning("certificate", cause, in_words(lang, &warning));
        }
    }
    if whole {
        let end = state.not_after().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        let end = text::time(lang, i64::try_from(end.as_micros()).unwrap_or(i64::MAX));
        let name = state.identity.map_or_else(String::new, |identity| identity.to_string());
        findings.ok(
            "certificate",
            say(lang, format!("{name} gilt bis {end}"), format!("{name} valid until {end}")),
        );
    }
    // Even a certificate that cannot work is tried: what the hub says may be another fault.
    true
}

/// The cause for programs.
fn cause(error: &TlsError) -> &'static str {
    match error {
        TlsError::Read { .. } => "file_unreadable",
        TlsError::KeyMismatch { .. } => "key_mismatch",
        TlsError::EncryptedKey { .. } => "key_encrypted",
        TlsError::Algorithm { .. } => "key_algorithm",
        TlsError::Chain { .. } => "unknown_authority",
        TlsError::Name { .. } => "wrong_name",
        TlsError::List { .. }
        | TlsError::ListSignature { .. }
        | TlsError::ListMissing { .. }
        | TlsError::ListOlder { .. } => "revocations_unusable",
        _ => "file_unusable",
    }
}

fn in_words(lang: crate::text::Lang, warning: &TlsWarning) -> String {
    let german = match warning {
        TlsWarning::NotYetValid => "gilt noch nicht (oder die Uhr geht nach)".to_owned(),
        TlsWarning::Expired => "ist abgelaufen".to_owned(),
        TlsWarning::ExpiresSoon => "läuft bald ab".to_owned(),
        TlsWarning::Revoked => "ist gesperrt".to_owned(),
        TlsWarning::AnchorExpires => "ein Vertrauensanker läuft bald ab oder ist abgelaufen".to_owned(),
        TlsWarning::NoRevocationLists => "es sind keine Sperrlisten eingetragen".to_owned(),
        TlsWarning::ListDue(issuer) => format!("die Sperrliste von „{issuer}“ sollte erneuert werden"),
        TlsWarning::ListOverdue(issuer) => format!("die Sperrliste von „{issuer}“ ist überfällig"),
        other => other.to_string(),
    };
    say(lang, german, warning.to_string())
}
