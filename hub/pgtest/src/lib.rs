//! PostgreSQL for tests: clusters of their own, made from the installed server programs, gone with the process that
//! started them however it ends.
//!
//! A test process shares one cluster; each test has a database of its own in it ([`TestDatabase`]). Who wants to stop or kill
//! a server starts a [`Cluster`] for itself.

mod cluster;
mod disk;
mod programs;
mod test_database;

pub use cluster::Cluster;
pub use test_database::TestDatabase;

/// The one user of every cluster.
pub const USER: &str = "meldeverbund";
