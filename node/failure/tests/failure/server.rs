//! A PostgreSQL server with a standby that confirms each COMMIT, at an address that goes with whoever takes writes.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use meldeverbund_pgtest::{Cluster, USER};

use crate::proxy::{Place, Proxy, Quality};

/// The database that every cluster has.
const NAME: &str = "postgres";

/// The name of a cluster's socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// How long a slow disk takes to write. A commit is one write at least, and a hub waits 15 s for it.
const SLOW_WRITE: Duration = Duration::from_millis(150);

pub(crate) struct Server {
    primary: Cluster,
    standby: Cluster,
    /// A link to the folder with the socket of whoever takes writes.
    place: PathBuf,
    /// The line by which all hubs but the first reach it.
    line: Proxy,
}

impl Server {
    pub(crate) fn start(root: &Path) -> Self {
        let primary = Cluster::start_with_a_disk();
        let standby = primary.with_standby();
        let place = root.join("server");
        let line = Proxy::to(Place::Socket(place.join(SOCKET)));
        let server = Self { primary, standby, place, line };
        server.point();
        server
    }

    /// Where the database is, whoever takes writes.
    pub(crate) fn url(&self) -> String {
        let place = self.place.to_str().expect("temporary folders have plain names");
        format!("postgres://{USER}@{}:5432/{NAME}", place.replace('/', "%2F"))
    }

    /// The same to whoever is on another machine than the first hub: over a line that can fail.
    pub(crate) fn url_by_line(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{NAME}?sslmode=disable", self.line.port())
    }

    /// Changes the line from now on.
    pub(crate) fn set_line(&self, quality: Quality) {
        self.line.set(quality);
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

    pub(crate) fn start_again(&self) {
        self.primary.start_again();
    }

    /// It is there, and says nothing.
    pub(crate) fn pause(&self) {
        self.primary.pause();
    }

    pub(crate) fn go_on(&self) {
        self.primary.go_on();
    }

    /// Nothing of it can grow.
    pub(crate) fn fill_disk(&self) {
        self.primary.fill_disk();
    }

    /// Whatever it writes takes its time.
    pub(crate) fn slow_disk(&self) {
        self.primary.slow_disk(SLOW_WRITE);
    }

    pub(crate) fn heal_disk(&self) {
        self.primary.heal_disk();
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
