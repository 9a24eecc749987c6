//! `migrate`: brings the database's schema up to this version's.

use std::{path::Path, process::ExitCode};

use super::output::print;
use crate::{
    serve::Config,
    store::{SCHEMA_VERSION, Store},
};

pub(super) async fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let migrated = Store::migrate(&config.database).await?;
    let value = serde_json::json!({ "schema": SCHEMA_VERSION, "migrated": migrated });
    let text = match migrated {
        true => format!("{} has schema {SCHEMA_VERSION} now", config.database),
        false => format!("{} has schema {SCHEMA_VERSION} already", config.database),
    };
    print(json, &value, &text)
}
