//! What notices to providers say of the agency and of the law, and which providers are known by name.
//!
//! All of it may be absent: a node works without it, and what writes notices says what it lacks.

use std::collections::BTreeMap;

use meldeverbund_proto::CanonicalLink;
use serde::Deserialize;

use crate::notice::{Provider, limits::LETTER_LINKS};

/// Days that a provider has to answer unless the configuration says otherwise.
const REPLY_BY_DAYS: u32 = 14;

/// Notices to providers. Texts about the law are the administration's own, printed word for word.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notices {
    /// The agency's name as it is written on letters.
    pub agency: String,
    /// Its postal address, line by line.
    pub address: Vec<String>,
    /// The unit (Dienststelle).
    pub unit: String,
    /// The mailbox that answers go to.
    pub email: String,
    /// How to reach the unit on duty.
    pub contact: String,
    /// Who hears complaints about a notice, and how to reach them.
    pub complaints: String,
    /// What the provider is asked about telling its user.
    pub user_notice: String,
    /// Days from the letter's date to the answer that is asked for.
    pub reply_by_days: u32,
    /// Links that a letter prints.
    pub letter_links: usize,
    /// Why content is illegal, by offence class.
    pub reasons: Reasons,
    /// Texts by the code of the legal basis.
    pub legal_bases: BTreeMap<String, LegalBasis>,
}

/// Why content of an offence class is illegal, with the provision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reasons {
    /// StGB § 184b.
    pub stgb_184b: String,
    /// StGB § 184c.
    pub stgb_184c: String,
    /// StGB § 176e.
    pub stgb_176e: String,
    /// Another offence.
    pub other: String,
}

/// The texts of one legal basis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LegalBasis {
    /// Its words.
    pub text: String,
    /// What effect a request has.
    pub effect: String,
    /// What is said of the decisions that orders carry; may be empty.
    pub decision: String,
    /// Where an order applies.
    pub scope: String,
    /// The remedies against an order.
    pub remedies: String,
}

/// A provider that is known by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderEntry {
    /// Its name as it is written on letters.
    pub name: String,
    /// Its postal or electronic address, line by line.
    #[serde(default)]
    pub address: Vec<String>,
    /// Hosts, or registrable domains with all their hosts.
    pub hosts: Vec<String>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            agency: String::new(),
            address: Vec::new(),
            unit: String::new(),
            email: String::new(),
            contact: String::new(),
            complaints: String::new(),
            user_notice: String::new(),
            reply_by_days: REPLY_BY_DAYS,
            letter_links: LETTER_LINKS,
            reasons: Reasons::default(),
            legal_bases: BTreeMap::new(),
        }
    }
}

impl ProviderEntry {
    /// Whether each of its hosts is one.
    pub(super) fn is_sound(&self) -> bool {
        !self.name.trim().is_empty() && self.hosts.iter().all(|host| spelling(host).is_some())
    }

    /// The provider with its hosts in the spelling of canonical links.
    pub fn to_provider(&self) -> Provider {
        let hosts = self.hosts.iter().filter_map(|host| spelling(host)).collect();
        Provider { name: self.name.clone(), address: self.address.clone(), hosts }
    }
}

/// A host in the spelling of canonical links; none: it is no host, or more than one.
fn spelling(host: &str) -> Option<String> {
    let in_link = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if host.contains(['/', '@', '?', '#', '[', ' ']) {
        return None;
    }
    let link = CanonicalLink::parse(&format!("https://{in_link}/")).ok()?;
    Some(crate::notice::provider::host(&link).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_spelled_as_links_spell_them() {
        for (host, is) in [
            ("Files.EXAMPLE", Some("files.example")),
            ("müller.example", Some("xn--mller-kva.example")),
            ("192.0.2.1", Some("192.0.2.1")),
            ("2001:DB8::1", Some("2001:db8::1")),
            ("files.example/path", None),
            ("https://files.example", None),
            ("files.example:8080", None),
            ("a b.example", None),
            ("", None),
        ] {
            assert_eq!(spelling(host).as_deref(), is, "{host}");
        }
    }
}
