//! Who sits at the desk: the socket's peer, mapped to a person in the configuration.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use tonic::{Request, transport::server::UdsConnectInfo};

use super::DeskError;
use crate::{
    config::{Config, Officer},
    text::Lang,
};

/// Who calls, and in which language.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The officer's name.
    pub officer: String,
    /// The language of texts.
    pub lang: Lang,
}

/// The officers; a changed configuration file is taken up without a restart.
#[derive(Debug)]
pub struct Officers {
    file: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    officers: Vec<Officer>,
    read_from: Option<Version>,
}

/// Tells one state of the file from another.
type Version = (SystemTime, u64);

impl Officers {
    /// The officers of a configuration.
    pub fn new(config: &Config) -> Self {
        let known = Known { officers: config.officers.clone(), read_from: version(&config.file) };
        Self { file: config.file.clone(), known: Mutex::new(known) }
    }

    /// Who calls.
    ///
    /// # Errors
    /// If the socket's peer is not mapped to a person.
    pub fn caller<T>(&self, request: &Request<T>) -> Result<Caller, DeskError> {
        let uid = request
            .extensions()
            .get::<UdsConnectInfo>()
            .and_then(|info| info.peer_cred)
            .ok_or(DeskError::NoPeer)?
            .uid();
        let officer = self
            .name_of(uid)
            .ok_or_else(|| DeskError::NotAnOfficer { uid, file: self.file.display().to_string() })?;
        Ok(Caller { officer, lang: lang(request) })
    }

    fn name_of(&self, uid: u32) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = version(&self.file);
        if now.is_some() && now != known.read_from {
            match Config::load(&self.file) {
                Ok(config) => known.officers = config.officers,
                Err(error) => tracing::warn!(error = %error, "desk.officers_not_taken_up"),
            }
            known.read_from = now;
        }
        known.officers.iter().find(|officer| officer.uid == uid).map(|officer| officer.name.clone())
    }
}

/// The language that the caller asks for.
pub(super) fn lang<T>(request: &Request<T>) -> Lang {
    let asked = request.metadata().get("accept-language").and_then(|value| value.to_str().ok());
    asked.and_then(|tag| tag.parse().ok()).unwrap_or_default()
}

fn version(file: &std::path::Path) -> Option<Version> {
    let meta = std::fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}
