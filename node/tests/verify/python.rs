//! Runs the programs of `docs/verify` with the interpreter that `.ci/python` makes.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// What a program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) success: bool,
    #[expect(dead_code, reason = "shown where a test fails")]
    output: String,
    pub(crate) errors: String,
}

/// Runs a program to its end.
pub(crate) fn run(name: &str, arguments: &[&OsStr]) -> Run {
    let mut command = Command::new(interpreter());
    command.current_dir(root()).arg(Path::new("docs/verify").join(name)).args(arguments);
    // The work tree stays as it is.
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    Run {
        success: output.status.success(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn interpreter() -> PathBuf {
    let made = root().join("target/python/bin/python");
    let python = env::var_os("MELDEVERBUND_PYTHON").map_or(made, PathBuf::from);
    assert!(
        python.is_file(),
        "{} is not there: run .ci/python, or name an interpreter with docs/examples/requirements.txt in \
         MELDEVERBUND_PYTHON",
        python.display()
    );
    python
}
