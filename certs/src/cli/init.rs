//! `init`: a new authority.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;

use super::{
    CliError,
    ca::{Ca, days},
    output::{Report, instant},
};
use crate::{
    TrustDomain,
    authority::{Authority, Curve, NewAuthority},
};

/// Make a new authority: its key, its certificate, an empty revocation list.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The federation's trust domain, e.g. meldeverbund.example.
    #[arg(long)]
    trust_domain: TrustDomain,
    #[command(flatten)]
    ca: Ca,
    /// The key's curve: p256 or p384.
    #[arg(long, default_value = "p384")]
    curve: Curve,
    /// How long the authority's certificate is valid.
    #[arg(long, default_value = "3650", value_parser = days)]
    days: Duration,
    /// How long a revocation list lasts before the next must follow.
    #[arg(long, default_value = "30", value_parser = days)]
    list_days: Duration,
}

impl Init {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let new = NewAuthority {
            curve: self.curve,
            validity: self.days,
            list_term: self.list_days,
            ..NewAuthority::new(self.trust_domain.clone())
        };
        let authority = Authority::init(&self.ca.ca, &new, now)?;
        let folder = self.ca.ca.display();
        let lines = vec![
            format!("authority for {} in {folder}", self.trust_domain),
            format!("valid until   {}", instant(now + self.days)),
            format!("trust anchor  {}", authority.certificate_file().display()),
            format!(
                "revocations   {}, next by {}",
                authority.revocations_file().display(),
                instant(now + self.list_days)
            ),
            "Hand out the trust anchor and the revocations; ca.key never leaves this folder.".to_owned(),
        ];
        let json = json!({
            "trust_domain": self.trust_domain, "folder": self.ca.ca, "serial": new.serial,
            "not_after": instant(now + self.days), "trust_anchor": authority.certificate_file(),
            "revocations": authority.revocations_file(), "next_update": instant(now + self.list_days),
        });
        Ok(Report::new(lines, json))
    }
}
