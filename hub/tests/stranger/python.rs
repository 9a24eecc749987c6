//! Runs the examples of `docs/examples` with the interpreter that `.ci/python` makes.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// What a program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) success: bool,
    pub(crate) output: String,
    #[expect(dead_code, reason = "shown where a test fails")]
    errors: String,
}

impl Run {
    /// The lines of one step, without its name.
    pub(crate) fn all(&self, step: &str) -> Vec<Value> {
        let lines = self.output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut lines: Vec<_> = lines.filter(|line| line["step"] == step).collect();
        lines.iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("step")));
        lines
    }

    /// The only line of a step.
    pub(crate) fn one(&self, step: &str) -> Value {
        let mut lines = self.all(step);
        assert_eq!(lines.len(), 1, "{step}: {self:?}");
        lines.remove(0)
    }
}

/// Runs an example to its end.
pub(crate) async fn example(name: &str, arguments: Vec<String>) -> Run {
    example_with(name, arguments, None, "").await
}

/// Runs an example under an officer's token, with something to read.
pub(crate) async fn example_with(
    name: &str,
    arguments: Vec<String>,
    token: Option<&str>,
    input: &'static str,
) -> Run {
    let mut command = Command::new(interpreter());
    command.current_dir(root()).arg(Path::new("docs/examples").join(name)).args(arguments);
    // The work tree stays as it is, and no proxy stands between the test and loopback.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("no_grpc_proxy", "127.0.0.1");
    if let Some(token) = token {
        command.env("MELDEVERBUND_TOKEN", token);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = move || {
        let mut child = command.spawn()?;
        // What is read to its end ends here.
        child.stdin.take().unwrap().write_all(input.as_bytes())?;
        child.wait_with_output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    Run {
        success: output.status.success(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
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
