//! The node's binary: everything is in the library, so that examples and tests run the same code.

use std::process::ExitCode;

fn main() -> ExitCode {
    meldeverbund_node::cli::main()
}
