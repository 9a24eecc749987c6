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
    output: String,
    #[expect(dead_code, reason = "shown where a test fails")]
    errors: String,
}

/// Verifies folder after folder in one process, and says of each whether all holds.
const MANY: &str = "\
import contextlib, io, pathlib, sys
sys.path.insert(0, 'docs/verify')
import verify
keys = int(sys.argv[1])
pinned, folders = sys.argv[2 : 2 + keys], sys.argv[2 + keys :]
hub = [key for key in pinned if '/ledger+' in key]
for folder in folders:
    with contextlib.redirect_stdout(io.StringIO()):
        problems = verify.run(pathlib.Path(folder), hub, [key for key in pinned if key not in hub])
    print('wrong' if problems else 'holds')
";

/// Runs a program to its end.
pub(crate) fn run(name: &str, arguments: &[&OsStr]) -> Run {
    let mut command = Command::new(interpreter());
    command.current_dir(root()).arg(Path::new("docs/verify").join(name)).args(arguments);
    end(command)
}

/// Whether each export holds, to verify.py with these keys.
pub(crate) fn verdicts(folders: &[&Path], keys: &[String]) -> Vec<bool> {
    let mut command = Command::new(interpreter());
    command.current_dir(root()).args(["-c", MANY]).arg(keys.len().to_string()).args(keys).args(folders);
    let run = end(command);
    assert!(run.success, "{run:?}");
    run.output.lines().map(|line| line == "holds").collect()
}

fn end(mut command: Command) -> Run {
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
