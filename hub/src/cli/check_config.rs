//! `check-config`: says whether the configuration can be used, without opening the database or a port.

use std::{path::Path, process::ExitCode};

use meldeverbund_certs::RegisteredKeys;

use super::output::print;
use crate::{
    clock::Clock,
    serve::{Config, load_tls},
};

pub(super) fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let clock = Clock::system();
    let state = load_tls(&config, RegisteredKeys::default(), clock.clone())?.state();
    let warnings: Vec<_> = state.warnings(clock.now()).iter().map(ToString::to_string).collect();
    let (listen, agency) = (config.listen.to_string(), config.agency.to_string());
    let value = serde_json::json!({ "ok": true, "listen": listen, "agency": agency, "warnings": warnings });
    let warned: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    print(json, &value, &format!("{warned}The configuration can be used: {agency} on {listen}."))
}
