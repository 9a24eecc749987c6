//! `check-config`: says whether the configuration can be used, without opening the database or a port.

use std::{path::Path, process::ExitCode};

use meldeverbund_certs::RegisteredKeys;
use serde_json::{Value, json};

use super::output::print;
use crate::{
    clock::Clock,
    rpc::PersonSettings,
    serve::{Config, load_tls},
};

pub(super) fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let clock = Clock::system();
    let state = load_tls(&config, RegisteredKeys::default(), clock.clone())?.state();
    let warnings: Vec<_> = state.warnings(clock.now()).iter().map(ToString::to_string).collect();
    let (listen, agency) = (config.listen.to_string(), config.agency.to_string());
    let persons: Vec<_> = config.persons.iter().map(persons_json).collect();
    let value =
        json!({ "ok": true, "listen": listen, "agency": agency, "persons": persons, "warnings": warnings });
    let warned: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    let persons: String = config.persons.iter().map(persons_text).collect();
    print(json, &value, &format!("{warned}{persons}The configuration can be used: {agency} on {listen}."))
}

fn persons_json(settings: &PersonSettings) -> Value {
    let acts = settings.explained().into_iter();
    let acts: Vec<_> = acts.map(|(act, roles)| json!({ "act": act.to_string(), "roles": roles })).collect();
    json!({ "agency": settings.agency, "acts": acts })
}

fn persons_text(settings: &PersonSettings) -> String {
    let mut text =
        format!("{}: these are a person's to decide, over gRPC with their ID token:\n", settings.agency);
    for (act, roles) in settings.explained() {
        let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        text += &format!("  {act} ({})\n", roles.join(", "));
    }
    text
}
