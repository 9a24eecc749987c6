//! The data folder, its disk, and the store in it.

use std::{io, os::unix::fs::MetadataExt as _};

use super::Findings;
use crate::{
    config::Config,
    store::{Disk, Store, StoreError},
    text::{self, say},
};

/// Below this a seizure may not fit any more: ten times what 310,000 links take.
const LOW_BYTES: u64 = 2 << 30;

pub(super) async fn check(config: &Config, findings: &mut Findings) {
    let lang = findings.lang;
    let folder = &config.data_dir;
    let shown = folder.display();
    match probe(config) {
        Ok(()) => findings.ok("folder", shown.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = say(
                lang,
                format!("{shown} gibt es nicht; serve legt ihn an"),
                format!("{shown} does not exist; serve makes it"),
            );
            findings.warning("folder", "folder_missing", text);
            return;
        }
        Err(error) => {
            let owner = std::fs::metadata(folder).map_or(0, |meta| meta.uid());
            let text = say(
                lang,
                format!("{shown} ist für dieses Konto nicht beschreibbar ({error}); er gehört uid {owner}"),
                format!("{shown} cannot be written by this account ({error}); it belongs to uid {owner}"),
            );
            findings.fault("folder", "folder_not_writable", text);
        }
    }
    disk(config, findings);
    store(config, findings).await;
}

/// Whether this account can make a file in the folder.
fn probe(config: &Config) -> io::Result<()> {
    std::fs::metadata(&config.data_dir)?;
    let path = config.data_dir.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&path, b"doctor")?;
    std::fs::remove_file(&path)
}

fn disk(config: &Config, findings: &mut Findings) {
    let lang = findings.lang;
    match Disk::look(&config.data_dir, &config.store_path()) {
        Err(error) => findings.fault("disk", "disk_unknown", error.to_string()),
        Ok(Disk { free_bytes, .. }) => {
            let free = text::bytes(lang, free_bytes);
            let text = say(lang, format!("{free} frei"), format!("{free} free"));
            if free_bytes < config.desk.min_free_mib << 20 {
                findings.fault("disk", "disk_full", text);
            } else if free_bytes < LOW_BYTES {
                findings.warning("disk", "disk_low", text);
            } else {
                findings.ok("disk", text);
            }
        }
    }
}

async fn store(config: &Config, findings: &mut Findings) {
    let lang = findings.lang;
    let path = config.store_path();
    if !path.exists() {
        let text = say(lang, "noch keiner; serve legt ihn an", "none yet; serve makes it");
        return findings.warning("store", "store_missing", text);
    }
    match Store::inspect(&path, &config.agency).await {
        Ok(schema) => findings.ok("store", format!("{} (schema {schema})", path.display())),
        Err(error) => {
            let cause = match &error {
                StoreError::Newer { .. } => "schema_newer",
                StoreError::OtherAgency { .. } => "other_agency",
                StoreError::File(_) => "store_unreadable",
                _ => "store_damaged",
            };
            findings.fault("store", cause, crate::sync::chain(&error));
        }
    }
}
