//! What verbs print.

use std::process::ExitCode;

use serde::Serialize;

/// Prints a value as one JSON object or as text for people.
pub(super) fn print(json: bool, value: &impl Serialize, text: &str) -> anyhow::Result<ExitCode> {
    if json {
        println!("{}", serde_json::to_string(value)?);
    } else {
        println!("{}", text.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// An error with its causes, in one line; a cause that its error has named already is not said twice.
pub(super) fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |line, cause| match line.as_str() {
        "" => cause,
        said if said.contains(&cause) => line,
        said => format!("{said}: {cause}"),
    })
}

/// Prints why a verb failed: the error and its causes, in one line.
pub(super) fn failed(json: bool, error: &anyhow::Error) -> ExitCode {
    let line = causes(error);
    if json {
        println!("{}", serde_json::json!({ "error": line }));
    } else {
        eprintln!("error: {line}");
    }
    ExitCode::FAILURE
}
