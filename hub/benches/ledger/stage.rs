//! The hub's real binary, and one office that is connected to it.

use std::fs;

use crate::{
    common::workload::{CASE, statement_key},
    harness::Office,
    process::{Process, Site},
};

pub(crate) struct Stage {
    pub(crate) site: Site,
    pub(crate) hub: Process,
    pub(crate) office: Office,
}

impl Stage {
    /// Starts the hub and opens the case.
    pub(crate) async fn set() -> Self {
        let site = Site::new();
        // The tests' configuration logs everything, an operator's does not.
        let text = fs::read_to_string(site.config()).unwrap().replace("\"trace\"", "\"info\"");
        fs::write(site.config(), text).unwrap();
        let hub = site.serve().await;
        let office = site.office("de-nw-lka", &hub).await;
        office.open_case(CASE).await;
        Self { site, hub, office }
    }

    /// From now on the office has to sign.
    pub(crate) fn register_key(&self) {
        let vkey = statement_key(&self.office.agency).vkey().to_string();
        self.site.json(&["agency", "statement-key", "add", self.office.agency.as_str(), &vkey]);
    }

    /// Ends the hub; its files stay.
    pub(crate) async fn end(self) -> Site {
        drop(self.office);
        self.hub.terminate();
        let (status, log) = self.hub.ended().await;
        assert!(status.success(), "{log}");
        self.site
    }
}
