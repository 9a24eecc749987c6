//! A PostgreSQL server with a standby that confirms each COMMIT, at an address that goes with whoever takes writes.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use meldeverbund_pgtest::{Cluster, USER};

/// The database that every cluster has.
const NAME: &str = "postgres";

pub(crate) struct Server {
    primary: Cluster,
    standby: Cluster,
    /// A link to the folder with the socket of whoever takes writes.
    place: PathBuf,
}

impl Server {
    pub(crate) fn start(root: &Path) -> Self {
        let primary = Cluster::start_with("");
        let standby = primary.with_standby();
        let server = Self { primary, standby, place: root.join("server") };
        server.point();
        server
    }

    /// Where the database is, whoever takes writes.
    pub(crate) fn url(&self) -> String {
        let place = self.place.to_str().expect("temporary folders have plain names");
        format!("postgres://{USER}@{}:5432/{NAME}", place.replace('/', "%2F"))
    }

    /// `kill -9`, and started again on its files.
    pub(crate) fn kill(&self) {
        self.primary.kill();
        self.primary.start_again();
    }

    /// It is stopped, and refuses connections.
    pub(crate) fn stop(&self) {
        self.primary.stop();
    }

    pub(crate) fn go_on(&self) {
        self.primary.start_again();
    }

    /// The server is lost, and its standby takes its place; a new standby is made.
    pub(crate) fn fail_over(&mut self) {
        self.primary.kill();
        self.standby.promote();
        let standby = self.standby.with_standby();
        self.primary = std::mem::replace(&mut self.standby, standby);
        self.point();
    }

    fn point(&self) {
        // A rename replaces the old link at one instant.
        let new = self.place.with_extension("new");
        symlink(self.primary.socket_folder(), &new).unwrap();
        fs::rename(new, &self.place).unwrap();
    }
}
