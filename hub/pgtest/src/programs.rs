//! The installed server programs, run as somebody whom they accept.

use std::{
    env,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::geteuid;

/// Where Debian keeps them, a folder a version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where the server programs are, and who runs them.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Programs {
    /// Finds them.
    ///
    /// # Panics
    /// If they are not installed: a missing service fails the run, it does not skip it.
    pub(crate) fn find() -> Self {
        let paths = env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = env::split_paths(&paths).collect();
        let mut versions: Vec<PathBuf> = std::fs::read_dir(DEBIAN)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
        folders.extend(versions);
        let all = |folder: &PathBuf| {
            ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file())
        };
        let folder = folders.into_iter().find(all).expect(
            "these tests start PostgreSQL clusters of their own and need its server programs: apt-get install postgresql",
        );
        // Where links lead to lie others that have no link.
        let postgres = folder.join("postgres").canonicalize().expect("it is a file");
        let folder = postgres.parent().expect("a file has a folder").to_owned();
        // They refuse to run as root.
        let user = geteuid().is_root().then(somebody_else);
        Self { folder, user }
    }

    /// One of them.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A program, to be run as whoever may run them.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // What the environment says of other servers is not about this one.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").current_dir("/");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a folder to who runs them.
    pub(crate) fn give(&self, folder: &Path) {
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may give a folder away");
        }
    }
}

fn version(path: &Path) -> u32 {
    let folder = path.parent().and_then(Path::file_name);
    folder.and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}

/// The server's own user, or nobody.
fn somebody_else() -> (u32, u32) {
    const NOBODY: (u32, u32) = (65_534, 65_534);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |line: &str| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    users.lines().find_map(ids).unwrap_or(NOBODY)
}
