//! Writes a made-up list of links, for trying things and for benchmarks.
//!
//! `cargo run --release --example sample_list -- --lines 310199 --seed 7 --output list.txt`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Parser;
use meldeverbund_node::sample::SampleList;

/// Writes a made-up list of links; the same seed gives the same list for ever.
#[derive(Parser)]
struct Arguments {
    /// How many lines.
    #[arg(long, default_value_t = 48_000)]
    lines: u64,
    /// Where all choices come from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Lines of a thousand that are no links.
    #[arg(long, default_value_t = 0)]
    junk: u32,
    /// Lines of a thousand that are defanged (hxxps://, [.]).
    #[arg(long, default_value_t = 0)]
    defanged: u32,
    /// Write a table as German Excel does, with more columns than the link.
    #[arg(long)]
    csv: bool,
    /// The file; standard output if none is named.
    #[arg(long)]
    output: Option<PathBuf>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let list = SampleList {
        junk_per_mille: arguments.junk,
        defanged_per_mille: arguments.defanged,
        ..SampleList::new(arguments.seed, arguments.lines)
    };
    let out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stdout().lock()),
    };
    let out = BufWriter::new(out);
    let written = if arguments.csv { list.write_csv(out) } else { list.write_text(out) };
    written?;
    eprintln!("{} lines, {} links, {} of them different", list.lines, list.links(), list.distinct());
    Ok(())
}
