//! `list` and `crl`: what was issued, and what is revoked.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::{Value, json};

use super::{
    CliError,
    ca::{Ca, days, status},
    folder,
    output::{Report, seconds_instant},
};
use crate::authority::Record;

/// List what the authority issued.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    ca: Ca,
}

/// Sign the revocation list anew, before its next update is due.
#[derive(Debug, Args)]
pub(super) struct Crl {
    #[command(flatten)]
    ca: Ca,
    /// How long this list lasts; by default as `init` was told.
    #[arg(long, value_parser = days)]
    days: Option<Duration>,
}

impl List {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let records = self.ca.open()?.records()?;
        let line = |record: &Record| {
            let Record { serial, agency, node, hub, not_after_s, .. } = record;
            let (role, until) = (if *hub { "hub " } else { "node" }, seconds_instant(*not_after_s));
            format!("{serial}  {role}  until {until}  {:<8}  {agency}/{node}", status(record, now))
        };
        let lines = records.iter().map(line).collect();
        let items: Vec<Value> = records
            .iter()
            .map(|record| {
                let mut item = json!(record);
                item["status"] = status(record, now).into();
                item
            })
            .collect();
        Ok(Report::new(lines, json!({ "certificates": items })))
    }
}

impl Crl {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let authority = self.ca.open()?;
        authority.publish_list_for(self.days, now)?;
        let path = authority.revocations_file();
        super::show::report(&[(path.clone(), folder::read(&path)?)], now)
    }
}
