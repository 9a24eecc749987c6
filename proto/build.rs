//! Compiles the contract without a system protoc: protox parses, prost writes the messages, tonic the stubs.

use std::{env, path::PathBuf};

use prost::Message as _;

const FILES: [&str; 10] =
    ["agency", "blind", "case", "common", "decision", "feed", "ledger", "liaison", "referral", "target"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files: Vec<String> = FILES.iter().map(|name| format!("meldeverbund/v1/{name}.proto")).collect();
    for desk in ["desk", "liaison_desk"] {
        files.push(format!("meldeverbund/node/v1/{desk}.proto"));
    }
    println!("cargo::rerun-if-changed=meldeverbund");

    let descriptors = protox::compile(&files, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;

    let rpc = env::var_os("CARGO_FEATURE_RPC").is_some();
    tonic_prost_build::configure()
        .build_client(rpc)
        .build_server(rpc)
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}
